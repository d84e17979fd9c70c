"""The examples beside a book, run for a page: which come out, and where the others differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flask_babel import get_locale
from flask_babel import gettext as _

import credit_app.rules
from credit_app.errors import NotFound
from credit_app.faces.explaining import reason_text
from credit_app.faces.formatting import credits
from credit_app.rules.book import Book, load_book
from credit_app.rules.examples import Case, Cases, Tried, try_case
from credit_app.rules.wording import REASONS

_SHIPPED = Path(credit_app.rules.__file__).parent / "books"
_SUFFIX = ".cases.yaml"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where one participation of an example departs from what was expected."""

    on: date
    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One example: it came out when there are no differences."""

    name: str
    differences: list[Difference]


def results_of(cases: Cases, book: Book) -> list[CaseResult]:
    """Every example, run; those that differ first."""
    english = str(get_locale() or "zh").startswith("en")
    results = [
        CaseResult(case.name_en if english and case.name_en else case.name, list(_differences_of(case, book)))
        for case in cases.cases
    ]
    return sorted(results, key=lambda result: not result.differences)


def shipped(book_id: str, *, is_draft: bool) -> list[str]:
    """The books of the program whose examples can be run: the book's own; for a draft, which may be a copy, all."""
    names = sorted(path.name.removesuffix(_SUFFIX) for path in _SHIPPED.glob(f"*{_SUFFIX}"))
    return [name for name in names if is_draft or name == book_id]


def shipped_text(name: str) -> str:
    """The examples that stand beside the program's book of this name. Raises: NotFound."""
    if name not in shipped("", is_draft=True):
        raise NotFound
    return (_SHIPPED / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def in_term_of(name: str, book: Book) -> Book:
    """`book` with the term of the program's book of this name: a copy for next year is compared clause by clause."""
    other = load_book((_SHIPPED / f"{name}.yaml").read_text(encoding="utf-8"))
    return book.model_copy(update={"effective_on": other.effective_on, "until": other.until})


def _differences_of(case: Case, book: Book) -> Iterator[Difference]:
    for tried in try_case(case, book):
        for name in tried.differences:
            yield Difference(tried.fact.occurred_on, *_said(name, tried))


def _said(name: str, tried: Tried) -> tuple[str, str, str]:
    """What differs, what was expected, what came out."""
    expected, award = tried.expected, tried.award
    if name == "error" or award is None:
        wanted = _("没有规则集") if expected.error else _("能够认定")
        return _("有效期"), wanted, _("没有规则集") if award is None else _("能够认定")
    if name == "earns":
        return _("学分"), credits(expected.earns or 0), credits(award.centicredits)
    if name == "state":
        states = {"awarded": _("已认定"), "refused": _("未认定"), "pending": _("待认定")}
        return _("状态"), states[expected.state], states[award.state]
    if name == "reason":
        return _("原因"), _reason(expected.reason), _reason(award.reason)
    wanted = ", ".join(expected.missing or ())
    return _("提示"), wanted or _("没有"), ", ".join(step.code for step in award.missing) or _("没有")


def _reason(code: str | None) -> str:
    if code is None:
        return _("没有")
    return reason_text(code) if code in REASONS else code
