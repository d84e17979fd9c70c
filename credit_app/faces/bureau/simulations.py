"""A draft tried on a real year: ordered, watched, cancelled, read, taken along. Schools and grades, never a name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from credit_app import clock
from credit_app.errors import DomainError
from credit_app.extensions import db, queue
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.reach import own_district_ids
from credit_app.faces.downloads import attachment
from credit_app.faces.explaining import explain_award, explain_frozen
from credit_app.faces.formatting import grade_range
from credit_app.faces.guards import requires, this_user
from credit_app.faces.titles import category_titles
from credit_app.ledger import trials
from credit_app.ledger.changes import SimulatedChange, Simulation
from credit_app.ledger.figures import SIDES, Figures, Group
from credit_app.ledger.simulation import is_as_if
from credit_app.organisations.queries import school_names
from credit_app.people.actions import record_access
from credit_app.progress.simulation_export import (
    About,
    Changed,
    SimulationWorkbook,
    named_groups,
    side_title,
)
from credit_app.rule_books.models import RuleBookDraft
from credit_app.rule_books.queries import book_named, draft_for_bureau
from credit_app.rules.book import Book, BookError, load_book
from credit_app.rules.calendar import academic_year, first_calendar_year, year_label

PAGE = 50
PROBLEMS_SHOWN = 10
YEARS_OFFERED = 3
EXPORT_CHUNK = 1000
FIELDS = "school,grade,participation,credits"


@dataclass(frozen=True, slots=True)
class Row:
    """A group for chart and table. Units: the shares are tenths of a percent of half the chart's width."""

    name: str
    group: Group
    gained_share: int
    lost_share: int


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a page of changed awards stands among all of them."""

    page: int
    total: int

    @property
    def pages(self) -> int:
        return -(-self.total // PAGE)


@blueprint.app_template_global("simulation_years")
def simulation_years() -> list[str]:
    """The years on which a draft can be tried: this one and those before it."""
    first = first_calendar_year(clock.today())
    return [year_label(first - back) for back in range(YEARS_OFFERED)]


@blueprint.get("/rules/drafts/<public_id>/simulate")
@requires("bureau_officer")
def rule_simulations(public_id: str) -> Any:
    """The draft's simulations so far, and the way to a new one."""
    return _show_all(_own_draft(public_id))


@blueprint.post("/rules/drafts/<public_id>/simulate")
@requires("bureau_officer")
def rule_simulation_start(public_id: str) -> Any:
    """The draft as it stands is queued to be tried on the year that was chosen."""
    draft = _own_draft(public_id)
    year = request.form.get("year", "")
    try:
        asked = trials.ask_simulation(db.session, draft=draft, year=year, asked_by=this_user(), now=clock.now())
    except BookError as error:
        db.session.rollback()
        return _show_all(_own_draft(public_id), problems=_told(error), year=year), 422
    except DomainError as refusal:
        db.session.rollback()
        return _show_all(_own_draft(public_id), refusal=refusal.message, year=year), refusal.status
    address = url_for("bureau.rule_simulation", public_id=asked.public_id)
    db.session.commit()
    queue.wake("work_off_rule_changes")
    return redirect(address)


@blueprint.get("/rules/simulations/<public_id>")
@requires("bureau_officer")
def rule_simulation(public_id: str) -> Any:
    """How far it is; once it is done, who gains, who loses, and the awards that would change."""
    simulation = _own(public_id)
    figures = Figures.from_json(simulation.result)
    page = max(1, request.args.get("page", 1, type=int))
    changes: list[SimulatedChange] = []
    if simulation.changed and simulation.state == "done":
        _note_access(simulation)
        changes = trials.simulated_changes(db.session, simulation=simulation, skip=(page - 1) * PAGE, most=PAGE)
    book = book_of(simulation.text)
    names = _names(figures, book)
    return render_template(
        "bureau/simulation.html",
        simulation=simulation,
        book=book,
        figures=figures,
        sides=[(side, side_title(side), _rows(figures, side, names[side])) for side in SIDES],
        changes=changes,
        pages=Pages(page, simulation.changed),
        categories=names["category"],
        outdated=trials.sha256_of(simulation.draft.text) != simulation.sha256,
        as_if=is_as_if(book, simulation.academic_year),
    )


@blueprint.get("/rules/simulations/<public_id>/progress")
@requires("bureau_officer")
def rule_simulation_progress(public_id: str) -> Any:
    """How far it is, for the script that moves the bar."""
    simulation = _own(public_id)
    running = simulation.state in trials.OPEN
    return jsonify(done=simulation.done, in_all=simulation.in_all, running=running, state=simulation.state)


@blueprint.post("/rules/simulations/<public_id>/cancel")
@requires("bureau_officer")
def rule_simulation_cancel(public_id: str) -> Response:
    """The simulation stops; nothing is lost, since nothing was written."""
    simulation = _own(public_id)
    if not trials.cancel_simulation(db.session, simulation=simulation, now=clock.now()):
        flash(_("模拟已经结束，没有可以取消的。"), "info")
    db.session.commit()
    return redirect(url_for("bureau.rule_simulation", public_id=public_id))


@blueprint.get("/rules/simulations/<public_id>/changes/<participation>")
@requires("bureau_officer")
def rule_simulation_change(public_id: str, participation: str) -> Any:
    """One award that would change: how it was judged and how the draft judges it, side by side."""
    simulation = _own(public_id)
    change = trials.simulated_change(db.session, simulation=simulation, participation=participation)
    _note_access(simulation)
    both = trials.side_by_side(db.session, simulation=simulation, change=change)
    past, book = both.standing, both.trial.change.book
    award_book = book
    if both.award is not None and both.award.rule_set != book.id:
        award_book = book_named(db.session, both.award.rule_set)
    standing_book = book_named(db.session, past.rule_set)
    return render_template(
        "bureau/simulation_change.html",
        simulation=simulation,
        change=change,
        before=explain_frozen(past.fact, past.trace, past.clause, standing_book),
        after=explain_award(both.award, award_book) if both.award else None,
        same_book=award_book.id == past.rule_set,
        moved=past.net != change.before_centicredits
        or both.award is None
        or both.award.centicredits != change.after_centicredits,
        category=book_of(simulation.text).category_title(change.category, _locale()),
    )


@blueprint.get("/rules/simulations/<public_id>/export.xlsx")
@requires("bureau_officer")
def rule_simulation_workbook(public_id: str) -> Response:
    """The whole result as a workbook."""
    simulation = _own(public_id)
    _note_access(simulation)
    figures, book = Figures.from_json(simulation.result), book_of(simulation.text)
    names = _names(figures, book)
    about = About(book.id, simulation.district.name, simulation.academic_year, simulation.asked_at, _note(simulation))
    workbook = SimulationWorkbook(about)
    for skip in range(0, simulation.changed, EXPORT_CHUNK):
        rows = trials.simulated_changes(db.session, simulation=simulation, skip=skip, most=EXPORT_CHUNK)
        workbook.add(_exported(row, names["category"]) for row in rows)
    title = _("规则模拟 %(id)s %(year)s", id=book.id, year=simulation.academic_year)
    return attachment(workbook.content(figures, names), name=title, suffix="xlsx")


@lru_cache(maxsize=8)
def book_of(text: str) -> Book:
    """The book that a simulation froze; reading it strictly takes longer than the rest of a page."""
    return load_book(text)


def _own(public_id: str) -> Simulation:
    return trials.simulation_for_bureau(db.session, public_id=public_id, district_ids=own_district_ids())


def _own_draft(public_id: str) -> RuleBookDraft:
    return draft_for_bureau(db.session, public_id=public_id, district_ids=own_district_ids())


def _note_access(simulation: Simulation) -> None:
    scope = f"simulation:{simulation.public_id}"
    record_access(user_id=this_user().id, scope=scope, fields=FIELDS, now=clock.now())


def _show_all(draft: RuleBookDraft, *, problems: Any = (), refusal: Any = None, year: str = "") -> str:
    return render_template(
        "bureau/simulations.html",
        draft=draft,
        simulations=trials.simulations_of(db.session, draft=draft),
        sha256=trials.sha256_of(draft.text),
        problems=problems,
        refusal=refusal,
        chosen=year or academic_year(clock.today()),
    )


def _told(error: BookError) -> list[tuple[int, str]]:
    """(line, what is wrong and what to write instead) of the first problems."""
    return [
        (problem.line, f"{problem.what_in(_)} {problem.instead_in(_)}") for problem in error.problems[:PROBLEMS_SHOWN]
    ]


def _rows(figures: Figures, side: str, names: dict[str, str]) -> list[Row]:
    groups = named_groups(figures, side, names)
    largest = max((max(group.gained, group.lost) for _name, group in groups), default=0) or 1
    return [Row(name, group, group.gained * 1000 // largest, group.lost * 1000 // largest) for name, group in groups]


def _names(figures: Figures, book: Book) -> dict[str, dict[str, str]]:
    """What the groups of each side are called."""
    categories = dict(category_titles(db.session))
    categories |= {category: book.category_title(category, _locale()) for category in book.category_ids}
    return {
        "school": school_names(db.session, school_ids=[int(key) for key in figures.sides["school"]]),
        "grade": {key: grade_range(int(key), int(key)) for key in figures.sides["grade"]},
        "category": categories,
    }


def _exported(row: SimulatedChange, categories: dict[str, str]) -> Changed:
    return Changed(
        school=row.school.name,
        grade=row.grade,
        category=categories.get(row.category, row.category),
        occurred_on=row.occurred_on,
        account=row.account_id,
        participation=row.participation,
        before=row.before_centicredits,
        after=row.after_centicredits,
    )


def _note(simulation: Simulation) -> str:
    """What a reader of the workbook must know of it."""
    notes = []
    if is_as_if(book_of(simulation.text), simulation.academic_year):
        notes.append(_("草稿的有效期不含这一学年：这里按“假如全学年都适用”计算，发布后不会改动这一学年的学分。"))
    if simulation.changed and not trials.simulated_changes(db.session, simulation=simulation, skip=0, most=1):
        notes.append(_("单条明细已经清理。"))
    return " ".join(notes)


def _locale() -> str:
    return str(get_locale() or "zh")
