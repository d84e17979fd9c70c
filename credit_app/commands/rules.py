"""``flask rules``: check a rule set, try it on examples, publish it; the schema for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from credit_app import clock
from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.organisations.queries import district_coded
from credit_app.rule_books.actions import publish_book
from credit_app.rules.book import Book, BookError, load_book
from credit_app.rules.examples import Cases, Tried, load_cases, try_case
from credit_app.rules.schema import book_schema, cases_schema
from credit_app.rules.trace import Award
from credit_app.rules.wording import credits_text

group = AppGroup("rules", help="Rule sets.")

_BOOK = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@group.command("check")
@_BOOK
def check(path: Path) -> None:
    """Read the rule set at PATH strictly. Exit code 1 with every problem, its line, and what to write instead."""
    text = text_of(path)
    try:
        book = load_book(text)
    except BookError as error:
        raise not_a_book(path, error) from error
    click.echo(_summary(book))


@group.command("try")
@_BOOK
@click.argument("cases_path", metavar="CASES", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def try_cases(path: Path, cases_path: Path) -> None:
    """Run the examples of CASES through the rule set at PATH. Exit code 1 when one differs, with what differs."""
    try:
        book = load_book(text_of(path))
    except BookError as error:
        raise not_a_book(path, error) from error
    try:
        cases = load_cases(text_of(cases_path))
    except BookError as error:
        raise not_a_book(cases_path, error) from error
    different = _run(cases, book)
    if different:
        raise click.ClickException(_("%(count)s 例中有 %(wrong)s 例不符。", count=len(cases.cases), wrong=different))
    click.echo(_("%(count)s 例全部相符。", count=len(cases.cases)))


@group.command("schema")
@click.option("--cases", is_flag=True, help="The schema of the examples beside a book instead.")
def schema(cases: bool) -> None:
    """Print the JSON Schema of a rule set, for editors that help as one types."""
    click.echo(json.dumps(cases_schema() if cases else book_schema(), ensure_ascii=False, indent=2))


@group.command("publish")
@_BOOK
@click.option("--district", "district_code", help="Code of the district it is for; left out, it is for the whole city.")
@click.option("--replaces", metavar="ID", multiple=True, help="A rule set that it takes days from; can be repeated.")
def publish(path: Path, district_code: str | None, replaces: tuple[str, ...]) -> None:
    """Publish the rule set at PATH. Once published it is never changed; nothing is stored when it has a problem."""
    text = text_of(path)
    session = db.session()
    try:
        district = district_coded(session, district_code) if district_code is not None else None
        published = publish_book(session, text=text, now=clock.now(), district=district, replaces=replaces)
    except BookError as error:
        raise not_a_book(path, error) from error
    except DomainError as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    session.commit()
    click.echo(_summary(load_book(published.text)))
    scope = district.name if district is not None else _("全市")
    click.echo(_("已发布，适用范围：%(scope)s。", scope=scope))


def _run(cases: Cases, book: Book) -> int:
    """Each example is told with what differs; how many differ."""
    different = 0
    for case in cases.cases:
        wrong = [tried for tried in try_case(case, book) if tried.differences]
        click.echo(f"{'≠' if wrong else '='} {case.name}")
        for tried in wrong:
            click.echo(f"    {tried.fact.occurred_on.isoformat()}  {_difference(tried)}")
        different += bool(wrong)
    return different


def _difference(tried: Tried) -> str:
    """What an example says and what came out, where the two differ, by the names of the expectation."""
    said = tried.expected
    wanted = {"earns": credits_text(said.earns or 0), "state": said.state, "reason": said.reason, "error": said.error}
    found = _found(tried.award)
    missing = ", ".join(said.missing or ())
    return "; ".join(
        f"{name}: {({**wanted, 'missing': missing}[name]) or '-'} ≠ {found[name] or '-'}" for name in tried.differences
    )


def _found(award: Award | None) -> dict[str, str | None]:
    """What came out, by the names of the expectation."""
    if award is None:
        return {"earns": None, "state": None, "reason": None, "missing": None, "error": "no_rule_set"}
    return {
        "earns": credits_text(award.centicredits),
        "state": award.state,
        "reason": award.reason,
        "missing": ", ".join(step.code for step in award.missing),
        "error": None,
    }


def text_of(path: Path) -> str:
    """The text of a file in UTF-8. Raises: ClickException when it is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        # An editor on Windows may have saved it in GBK; guessing would put wrong words into a law-like text.
        told = _("%(path)s 不是 UTF-8 文本，请另存为 UTF-8 编码后再试。", path=path.name)
        raise click.ClickException(told) from error


def not_a_book(path: Path, error: BookError) -> click.ClickException:
    """Every problem with its line and what to write instead, as what the command ends with."""
    lines = [
        f"{path.name}:{problem.line}:{problem.column}  {problem.what_in(_)} {problem.instead_in(_)}"
        for problem in error.problems
    ]
    lines.append(_("共 %(count)s 处问题，没有保存任何内容。", count=len(error.problems)))
    return click.ClickException("\n".join(lines))


def _summary(book: Book) -> str:
    return _(
        "规则集 %(id)s 没有问题：%(title)s，%(first)s 至 %(last)s，%(categories)s 个类别，%(clauses)s 条条款。",
        id=book.id,
        title=book.title,
        first=book.effective_on.isoformat(),
        last=book.until.isoformat(),
        categories=len(book.categories),
        clauses=len(book.clauses),
    )
