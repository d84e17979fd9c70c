"""On which days a book really holds, now that later books took days from it, and what a draft would change.

Who holds can only change on a day on which a term begins, or after one on which a term ends: only those are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.rule_books.models import RuleBook, RuleBookDraft
from credit_app.rule_books.queries import books_in_order, holders, id_is_taken
from credit_app.rules.book import Book, BookError, Problem, load_book
from credit_app.rules.terms import Shelf, TermProblem
from credit_app.rules.yaml_text import read_yaml

DAY = timedelta(days=1)
StandingState = Literal["in_force", "upcoming", "over", "replaced"]


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included, on which one book holds."""

    first_on: date
    last_on: date
    rule_set: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a published book stands for a district: on which days it holds, and who holds on the rest of its term."""

    state: StandingState
    spans: list[Span]
    replaced: list[Span]

    @property
    def days(self) -> list[Span]:
        """Who holds on the days of its term, in order of time."""
        return sorted([*self.spans, *self.replaced], key=lambda span: span.first_on)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What publishing a book would do to a district."""

    replaces: list[str]
    """The district's own rule sets that would lose days: the second officer confirms exactly these."""
    instead_of_city: list[str]
    """The city's rule sets that hold for the district on some of these days, and would no longer."""
    gaps: list[TermProblem]
    """Days beside its term that no book would cover."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A draft's text as the loader sees it: either a book and what it would change, or problems."""

    book: Book | None
    problems: list[Problem]
    prospect: Prospect | None


def spans_of(books: Sequence[Book], *, first_on: date, last_on: date) -> list[Span]:
    """Who holds from `first_on` to `last_on`, in order of time; `books` in the order in which they go first."""
    turns = {first_on, *(book.effective_on for book in books), *(book.until + DAY for book in books)}
    days = sorted(day for day in turns if first_on <= day <= last_on)
    spans: list[Span] = []
    for day, following in zip(days, [*days[1:], last_on + DAY], strict=True):
        holding = next((book.id for book in books if book.covers(day)), None)
        if holding is None:
            continue
        if spans and spans[-1].rule_set == holding and spans[-1].last_on + DAY == day:
            spans[-1] = Span(spans[-1].first_on, following - DAY, holding)
        else:
            spans.append(Span(day, following - DAY, holding))
    return spans


def standing(*, book: Book, shelf: Sequence[Book], today: date) -> Standing:
    """How the published `book` stands for the district whose books, in the order in which they go first, `shelf` is."""
    found = spans_of(shelf, first_on=book.effective_on, last_on=book.until)
    spans = [span for span in found if span.rule_set == book.id]
    return Standing(_state(book, spans, today), spans, [span for span in found if span.rule_set != book.id])


def _state(book: Book, spans: Sequence[Span], today: date) -> StandingState:
    if any(span.first_on <= today <= span.last_on for span in spans):
        return "in_force"
    if book.until < today:
        return "over"
    return "upcoming" if spans and today < book.effective_on else "replaced"


def prospect(session: Session, *, book: Book, district_id: int) -> Prospect:
    """What publishing `book` for the district would do."""
    shelf = books_in_order(session, district_id=district_id)
    replaces = holders(session, district_id=district_id, first_on=book.effective_on, last_on=book.until)
    holding = spans_of(shelf, first_on=book.effective_on, last_on=book.until)
    gaps = [
        problem
        for problem in Shelf([*(each for each in shelf if each.id != book.id), book]).problems()
        if problem.kind == "gap" and book.id in (problem.earlier, problem.later)
    ]
    city = [rule_set for rule_set in dict.fromkeys(span.rule_set for span in holding) if rule_set not in replaces]
    return Prospect(replaces, city, gaps)


def read_draft(session: Session, *, text: str, district_id: int) -> Reading:
    """`text` read as a book of the district; that its id was used before is one more problem. It raises nothing."""
    try:
        book = load_book(text)
    except BookError as error:
        return Reading(None, error.problems, None)
    problems = []
    if id_is_taken(session, book.id):
        problems.append(Problem(*read_yaml(text).place_of(("id",)), "id_taken", {"id": book.id}))
    return Reading(book, problems, prospect(session, book=book, district_id=district_id))


def base_of(session: Session, *, book: Book | None, district_id: int, today: date) -> RuleBook | None:
    """The published book that a draft is compared with: who holds on the first day of its term on which any holds.

    `book` None, a text that cannot be read yet: who holds today.
    """
    shelf = books_in_order(session, district_id=district_id)
    first_on, last_on = (book.effective_on, book.until) if book else (today, today)
    spans = spans_of(shelf, first_on=first_on, last_on=last_on)
    return session.scalar(select(RuleBook).filter_by(rule_set=spans[0].rule_set)) if spans else None


def drafts_for_bureau(session: Session, *, district_ids: Collection[int]) -> list[RuleBookDraft]:
    """The drafts of these districts that are worked on, waiting or put aside, the latest edited first."""
    return list(
        session.scalars(
            select(RuleBookDraft)
            .where(RuleBookDraft.district_id.in_(district_ids), RuleBookDraft.state != "published")
            .order_by(RuleBookDraft.edited_at.desc(), RuleBookDraft.id.desc())
        )
    )
