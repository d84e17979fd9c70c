"""试算: what a rule set gives for participations that an officer makes up, and whether its examples come out.

Nothing is stored: the views only read, whatever is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from credit_app import clock
from credit_app.errors import InvalidInput
from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.draft_forms import address
from credit_app.faces.bureau.draft_reading import told
from credit_app.faces.bureau.reach import own_district_ids, own_draft
from credit_app.faces.bureau.tried_cases import CaseResult, in_term_of, results_of, shipped, shipped_text
from credit_app.faces.bureau.trying_forms import CasesForm, TryForm, first_row, next_row
from credit_app.faces.explaining import Explanation, explain_award
from credit_app.faces.guards import only_reads, requires
from credit_app.faces.refusals import show_at_field
from credit_app.rule_books.drafting import text_of_bytes
from credit_app.rule_books.queries import book_for_bureau, book_named
from credit_app.rules.book import Book, BookError, load_book
from credit_app.rules.examples import Case, load_cases, try_case
from credit_app.rules.yaml_text import MAX_BYTES


@dataclass(frozen=True, slots=True)
class Result:
    """What one participation earned; `explanation` None when the rule set does not cover the day."""

    on: Any
    centicredits: int
    explanation: Explanation | None


@blueprint.route("/rules/drafts/<public_id>/try", methods=["GET", "POST"])
@only_reads
@requires("bureau_officer")
def rule_draft_try(public_id: str) -> Any:
    """The stored draft, tried; while it is no book yet, the page says so."""
    draft = own_draft(public_id)
    back = (address("", public_id), _("草稿"))
    try:
        book = load_book(draft.text)
    except BookError as error:
        return render_template("bureau/rule_try.html", book=None, back=back, problem_count=len(error.problems))
    return _page(book, back, here=address("_try", public_id), is_draft=True)


@blueprint.route("/rules/<rule_set>/try", methods=["GET", "POST"])
@only_reads
@requires("bureau_officer")
def rule_set_try(rule_set: str) -> Any:
    """A published rule set, tried. Raises: NotFound for another district's."""
    row = book_for_bureau(db.session, rule_set=rule_set, district_ids=own_district_ids())
    book = book_named(db.session, row.rule_set)
    here = url_for("bureau.rule_set_try", rule_set=book.id)
    return _page(book, (url_for("bureau.rule_set", rule_set=book.id), _("规则集")), here=here, is_draft=False)


def _page(book: Book, back: tuple[str, str], *, here: str, is_draft: bool) -> Any:
    """The page for `book`, by the button pressed: one more row, one less, the rows tried, or examples run."""
    step = request.form.get("step", "") if request.method == "POST" else ""
    locale = str(get_locale() or "zh")
    form, cases_form = _rows(book, step), CasesForm() if step == "cases" else CasesForm(formdata=None)
    form.offer(book, locale)
    results: dict[int, list[Result]] = {}
    outcome: list[CaseResult] | None = None
    problems: list[dict[str, Any]] = []
    status = 200
    if step == "try":
        results, status = (_tried(form, book), 200) if form.validate() else ({}, 422)
    elif step in ("cases", "shipped"):
        try:
            outcome = _cases(cases_form, book, step)
        except BookError as error:
            problems, status = [told(problem) for problem in error.problems], 422
        except InvalidInput as refusal:
            show_at_field(cases_form, refusal)
            status = refusal.status
    return (
        render_template(
            "bureau/rule_try.html",
            book=book,
            back=back,
            here=here,
            is_draft=is_draft,
            form=form,
            results=results,
            total=sum(each.centicredits for row in results.values() for each in row),
            cases_form=cases_form,
            outcome=outcome,
            problems=problems,
            own_term=_other_term(book, step),
            shipped=shipped(book.id, is_draft=is_draft),
        ),
        status,
    )


def _rows(book: Book, step: str) -> TryForm:
    """The rows as they were sent; with one more or one less where a button asks for it."""
    if step in ("", "cases", "shipped"):
        return TryForm(formdata=None, data={"participations": [first_row(book, clock.today())]})
    form = TryForm()
    rows: list[dict[str, Any]] = form.participations.data
    if step == "add" and len(rows) < (form.participations.max_entries or 0):
        return TryForm(formdata=None, data={"participations": [*rows, next_row(rows[-1])]})
    name, _dash, number = step.partition("-")
    if name == "remove" and number.isdecimal() and len(number) < 3 and len(rows) > 1:
        kept = [row for at, row in enumerate(rows) if at != int(number)]
        return TryForm(formdata=None, data={"participations": kept})
    return form


def _tried(form: TryForm, book: Book) -> dict[int, list[Result]]:
    """What each row earned, judged one after the other in the order of time."""
    stated = [row.form.stated() for row in form.participations]
    case = Case(name=_("试算"), participations=tuple(stated))
    at = {id(expected): number for number, expected in enumerate(case.participations)}
    results: dict[int, list[Result]] = {}
    for each in try_case(case, book):
        explained = explain_award(each.award, book) if each.award is not None else None
        earned = each.award.centicredits if each.award is not None else 0
        results.setdefault(at[id(each.expected)], []).append(Result(each.fact.occurred_on, earned, explained))
    return results


def _other_term(book: Book, step: str) -> str:
    """The program's book for which the examples that were run are written, if that is another one."""
    name = request.form.get("shipped", "") if step == "shipped" else ""
    return name if name != book.id else ""


def _cases(form: CasesForm, book: Book, step: str) -> list[CaseResult]:
    """The examples of the form, run. Raises: BookError with the problems of their text; InvalidInput at the field."""
    if step == "shipped":
        name = request.form.get("shipped", "")
        form.cases.data = shipped_text(name)
        return results_of(load_cases(form.cases.data), book if name == book.id else in_term_of(name, book))
    uploaded = form.cases_file.data
    if isinstance(uploaded, FileStorage) and uploaded.filename:
        try:
            form.cases.data = text_of_bytes(uploaded.stream.read(MAX_BYTES + 1))
        except InvalidInput as refusal:
            raise InvalidInput(refusal.message, field="cases_file") from refusal
    if not form.cases.data.strip():
        raise InvalidInput(_("请粘贴算例，或者选择一个文件。"), field="cases")
    return results_of(load_cases(form.cases.data), book)
