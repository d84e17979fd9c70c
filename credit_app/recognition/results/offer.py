"""Which categories of results can be entered for a day, and with which levels: the book is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from credit_app.rule_books.queries import books_by_day, every_book
from credit_app.rules.book import Book
from credit_app.rules.calendar import LOCAL
from credit_app.rules.clauses.by_level import ByLevel
from credit_app.rules.clauses.listed import Listed
from credit_app.rules.clauses.reviewed import EvidenceApproved
from credit_app.rules.facts import Fact
from credit_app.rules.wording import TERMS

NOON = time(12)
"""A document tells the day, not the hour: a result takes place at noon, whatever came in first."""


@dataclass(frozen=True, slots=True)
class OfferedCategory:
    """A category whose participations are proved by a document. `levels` is empty where the book knows none."""

    id: str
    title: str
    levels: tuple[str, ...]
    listed: bool  # only what is on the list of competitions counts


def noon_of(day: date) -> datetime:
    """The instant at which a result of `day` takes place, for the order of judging."""
    return datetime.combine(day, NOON, LOCAL).astimezone(UTC)


def offered_on(session: Session, *, district_id: int, day: date) -> dict[str, OfferedCategory]:
    """The categories of the district's book of `day` by id.

    While no book covers the day, those of the book published last: what is entered then waits for a book.
    """
    return offered_by_day(session, district_id=district_id, days=[day])[day]


def offered_by_day(
    session: Session, *, district_id: int, days: Iterable[date]
) -> dict[date, dict[str, OfferedCategory]]:
    """The same for each of `days`; at most two statements."""
    days = set(days)
    books = books_by_day(session, district_id=district_id, days=days)
    latest = next(iter(every_book(session)), None) if len(books) < len(days) else None
    by_book: dict[str, dict[str, OfferedCategory]] = {}
    found: dict[date, dict[str, OfferedCategory]] = {}
    for day in days:
        book = books.get(day, latest)
        if book is not None and book.id not in by_book:
            by_book[book.id] = offered_by(book, day)
        found[day] = by_book[book.id] if book is not None else {}
    return found


def offered_by(book: Book, day: date) -> dict[str, OfferedCategory]:
    """The categories for which the book asks for approved evidence."""
    locale = str(get_locale() or "zh")
    found: dict[str, OfferedCategory] = {}
    for category in book.categories:
        plan = book.plan_for(_somebody(category.id, day))
        if plan is None or not any(isinstance(step.clause, EvidenceApproved) for step in plan.conditions):
            continue
        amount = plan.amount.clause
        found[category.id] = OfferedCategory(
            category.id,
            book.category_title(category.id, locale),
            tuple(amount.levels) if isinstance(amount, ByLevel) else (),
            any(isinstance(step.clause, Listed) for step in plan.conditions),
        )
    return found


def level_title(level: str) -> str:
    """What a level is called; a book's own word stands for itself."""
    words = TERMS["level"]
    return _(words[level]) if level in words else level


def known_words(offered: Mapping[str, OfferedCategory]) -> tuple[dict[str, str], dict[str, str]]:
    """How people write categories and levels → their ids: the id itself, and the titles in the reader's language and in
    Chinese."""
    categories = {category.id: category.id for category in offered.values()}
    categories |= {category.title.casefold(): category.id for category in offered.values()}
    every_level = {level for category in offered.values() for level in category.levels}
    levels = {level: level for level in every_level}
    for level in every_level:
        levels |= {TERMS["level"].get(level, level): level, level_title(level).casefold(): level}
    return categories, levels


def _somebody(category: str, day: date) -> Fact:
    return Fact(
        participation="",
        occurred_at=noon_of(day),
        occurred_on=day,
        category=category,
        activity="",
        venue=None,
        tier=None,
        at_venue=False,
        grade=1,
    )
