"""``flask rules simulate`` and ``flask rules replay``: a change of rules tried, and carried out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import click
from flask_babel import gettext as _

from credit_app import clock
from credit_app.commands.rules import group, not_a_book, text_of
from credit_app.errors import DomainError, NotFound
from credit_app.extensions import db
from credit_app.jobs.rule_changes import advance_replay
from credit_app.ledger import replay as replays
from credit_app.ledger.changes import Replay
from credit_app.ledger.figures import SIDES, Figures
from credit_app.ledger.rebooking import accounts_in_all
from credit_app.ledger.simulation import Judged, Trial, read_chunk, trial_of
from credit_app.organisations.models import District
from credit_app.organisations.queries import district_coded, school_names
from credit_app.progress.queries.figures import venue_attendances_by_account
from credit_app.progress.simulation_export import About, Changed, SimulationWorkbook, named_groups, side_title
from credit_app.rule_books.queries import every_book, published_book
from credit_app.rules.book import Book, BookError, load_book
from credit_app.rules.wording import credits_text
from credit_app.storage import reading

CHUNK = 200  # accounts

_DISTRICT = click.option("--district", "district_code", help="Code of one district; left out, the whole city.")


@group.command("simulate")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--year", required=True, help='The academic year to try it on, such as "2026-2027".')
@_DISTRICT
@click.option("--xlsx", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write a workbook too.")
def simulate(path: Path, year: str, district_code: str | None, xlsx: Path | None) -> None:
    """Try the rule set at PATH on a real year: who gains, who loses. Nothing is written to the database."""
    try:
        book = load_book(text_of(path))
    except BookError as error:
        raise not_a_book(path, error) from error
    with reading():
        district = _district(district_code)
        try:
            trial = trial_of(db.session(), book=book, district_id=district.id if district else None, year=year)
        except ValueError as error:
            raise click.BadParameter(_("学年要写成 2026-2027 这样。"), param_hint="--year") from error
        scope = district.name if district else _("全市")
        note = _("有效期不含这一学年，按假如全学年适用计算。") if trial.as_if else ""
        workbook = SimulationWorkbook(About(book.id, scope, year, clock.now(), note)) if xlsx else None
        figures = _judge_all(trial, book, workbook)
        names = _names(figures, book)
    _show(figures, names, f"{book.id} · {scope} · {year}", note)
    if workbook is not None and xlsx is not None:
        xlsx.write_bytes(workbook.content(figures, names))
        click.echo(str(xlsx))


@group.command("replay")
@click.argument("rule_set")
@_DISTRICT
def replay(rule_set: str, district_code: str | None) -> None:
    """Apply the published RULE_SET to what other rule sets had awarded on its days.

    Ctrl-C stops between batches; the same command goes on where it was. Running it again posts nothing new.
    """
    session = db.session()
    try:
        row = published_book(session, rule_set=rule_set)
        district = _district(district_code)
    except NotFound as error:
        raise click.ClickException(_("没有发布过规则集 %(id)s。", id=rule_set)) from error
    district_id = district.id if district else row.district_id
    if row.district_id not in (None, district_id):
        raise click.ClickException(_("规则集 %(id)s 不是这个区的。", id=rule_set))
    order = replays.start_replay(session, rule_book=row, district_id=district_id, asked_by=None, now=clock.now())
    session.commit()
    try:
        _carry_out(order)
    except KeyboardInterrupt:
        session.rollback()
        replays.stop_replay(session, replay=order)
        session.commit()
        raise click.ClickException(
            _("已停下，做到 %(done)s / %(in_all)s 人。再次运行同一命令会接着做。", done=order.done, in_all=order.in_all)
        ) from None
    if order.state != "done":
        raise click.ClickException(
            _("重新认定没有完成：%(state)s %(problem)s", state=order.state, problem=order.problem)
        )
    click.echo(_told(order))


def _carry_out(order: Replay) -> None:
    with click.progressbar(length=max(order.in_all, 1), label=order.rule_book.rule_set) as bar:
        order_id = order.id
        while advance_replay(order_id, now=clock.now()):
            bar.update(order.done - bar.pos)
        bar.update(order.done - bar.pos)


def _told(order: Replay) -> str:
    return _(
        "重新认定完成：%(accounts)s 人，调整 %(entries)s 条，增加 %(gained)s，减少 %(lost)s；"
        "补认定 %(credited)s 条；已结算未动 %(settled)s 条。",
        accounts=order.done,
        entries=order.entries,
        gained=credits_text(order.gained_centicredits),
        lost=credits_text(order.lost_centicredits),
        credited=order.credited,
        settled=order.settled,
    )


def _judge_all(trial: Trial, book: Book, workbook: SimulationWorkbook | None) -> Figures:
    session, figures, after = db.session(), Figures(), ""
    books = {published.id: published for published in every_book(session)}
    in_all = accounts_in_all(session, district_id=trial.district_id)
    with click.progressbar(length=max(in_all, 1), label=trial.year) as bar:
        while pupils := read_chunk(session, trial, after=after, most=CHUNK):
            accounts = [pupil.held.account_id for pupil in pupils]
            venues = venue_attendances_by_account(session, accounts, trial.year)
            for pupil in pupils:
                figures.add(pupil, trial, books, venue_attendances=venues.get(pupil.held.account_id, 0))
            changed = [item for pupil in pupils for item in pupil.judged if item.shown and item.difference]
            if workbook is not None:
                workbook.add(_exported(changed, book))
            after = pupils[-1].held.account_id
            bar.update(len(pupils))
            session.rollback()  # no long snapshot: a city takes a while, and others write meanwhile
    return figures


def _exported(changed: Iterable[Judged], book: Book) -> list[Changed]:
    items = list(changed)
    schools = school_names(db.session(), school_ids={item.school_id for item in items if item.school_id is not None})
    return [
        Changed(
            school=schools.get(str(item.school_id), ""),
            grade=item.grade,
            category=book.category_title(item.category),
            occurred_on=item.occurred_on,
            account=item.account_id,
            participation=item.participation,
            before=item.before,
            after=item.after,
        )
        for item in items
    ]


def _names(figures: Figures, book: Book) -> dict[str, dict[str, str]]:
    return {
        "school": school_names(db.session(), school_ids=[int(key) for key in figures.sides["school"]]),
        "grade": {key: _("%(grade)s 年级", grade=key) for key in figures.sides["grade"]},
        "category": {key: book.category_title(key) for key in figures.sides["category"]},
    }


def _show(figures: Figures, names: Mapping[str, Mapping[str, str]], title: str, note: str) -> None:
    every = figures.every
    click.echo(title)
    if note:
        click.echo(note)
    lines = [
        (_("学分增加的学生"), str(every.pupils_gaining)),
        (_("学分减少的学生"), str(every.pupils_losing)),
        (_("学分不变的学生"), str(every.pupils_unchanged)),
        (_("有变动的认定"), f"{every.changed} / {every.participations}"),
        (_("现行规则下的学分"), credits_text(every.before)),
        (_("新规则下的学分"), credits_text(every.after)),
        (_("达到目标的学生"), f"{figures.reach.before} → {figures.reach.after}"),
        (_("已结算、不再变动的认定"), str(figures.settled)),
        (_("其他学年或其他区的变动"), str(figures.beyond.changed)),
    ]
    for label, value in lines:
        click.echo(f"  {label}  {value}")
    for side in SIDES:
        click.echo(f"{side_title(side)}  " + _("（增加／减少／不变人数，现行 → 新学分）"))
        for name, each in named_groups(figures, side, names[side]):
            counts = f"{each.pupils_gaining} / {each.pupils_losing} / {each.pupils_unchanged}"
            click.echo(f"  {name}  {counts}  {credits_text(each.before)} → {credits_text(each.after)}")


def _district(code: str | None) -> District | None:
    try:
        return district_coded(db.session(), code) if code is not None else None
    except DomainError as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
