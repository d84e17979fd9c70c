"""Which of several books holds on a day: terms have no overlaps, and a day without a book is an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credit_app.rules.book import Book


class NoRuleSet(LookupError):
    """No book covers the day: never an award of 0."""

    def __init__(self, day: date) -> None:
        super().__init__(f"no rule set covers {day.isoformat()}")
        self.day = day


@dataclass(frozen=True, slots=True)
class TermProblem:
    """Two books that hold on the same days (`overlap`), or days between two that none covers (`gap`)."""

    kind: str
    first_on: date
    last_on: date
    earlier: str
    later: str


class Shelf:
    """The books of one district, or of the city, each with its term."""

    def __init__(self, books: Iterable[Book]) -> None:
        self.books = tuple(sorted(books, key=lambda book: (book.effective_on, book.id)))

    def book_on(self, day: date) -> Book:
        """The book that holds on `day`.

        Raises: NoRuleSet when none does; ValueError when two do, since an award must not depend on which one is found.
        """
        holding = [book for book in self.books if book.covers(day)]
        if len(holding) > 1:
            raise ValueError(f"two books hold on {day.isoformat()}: {holding[0].id}, {holding[1].id}")
        if not holding:
            raise NoRuleSet(day)
        return holding[0]

    def problems(self) -> list[TermProblem]:
        """Overlaps and gaps between the terms, in order of time."""
        found: list[TermProblem] = []
        reached: Book | None = None
        for book in self.books:
            if reached is not None and book.effective_on <= reached.until:
                last_on = min(book.until, reached.until)
                found.append(TermProblem("overlap", book.effective_on, last_on, reached.id, book.id))
            elif reached is not None and book.effective_on > reached.until + timedelta(days=1):
                day = timedelta(days=1)
                found.append(TermProblem("gap", reached.until + day, book.effective_on - day, reached.id, book.id))
            if reached is None or book.until > reached.until:
                reached = book
        return found
