"""Which book holds for a district and a day.

Published books never change, so each worker keeps them parsed. Whether its list is complete is told by the largest
``rule_book.id``: callers on a hot path read it along with what they fetch anyway (`latest_stamp`) and pass it in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from flask import current_app
from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from credit_app.errors import NoRuleSet, NotFound
from credit_app.rule_books.models import RuleBook, RuleBookDraft
from credit_app.rules.book import Book, load_book

# A published text never changes, so what it says is worked out once in a process, whichever app or shelf asks.
_parsed = lru_cache(maxsize=256)(load_book)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The published books as of `stamp`, newest first: (district or None, book)."""

    stamp: int
    books: tuple[tuple[int | None, Book], ...]


def latest_stamp() -> ScalarSelect[int]:
    """A scalar subquery that tells which books there are: 0 for none."""
    return select(func.coalesce(func.max(RuleBook.id), 0)).scalar_subquery()


def _shelf(session: Session, stamp: int | None) -> _Shelf:
    kept: _Shelf | None = current_app.extensions.get("rule_book_shelf")
    if stamp is None:
        stamp = session.scalar(select(func.coalesce(func.max(RuleBook.id), 0))) or 0
    if kept is None or kept.stamp != stamp:
        rows = session.execute(
            select(RuleBook.rule_set, RuleBook.district_id, RuleBook.text)
            .where(RuleBook.id <= stamp)
            .order_by(RuleBook.id.desc())
        )
        kept = _Shelf(stamp, tuple((row.district_id, _parsed(row.text)) for row in rows))
        current_app.extensions["rule_book_shelf"] = kept
    return kept


def book_for(session: Session, *, district_id: int, day: date, stamp: int | None = None) -> Book:
    """The district's book for `day`, else the city's; of several, the one published last, which replaced the others.

    Raises: NoRuleSet naming the day when neither covers it; never a default.
    """
    shelf = _shelf(session, stamp)
    for scope in (district_id, None):
        for owner, book in shelf.books:
            if owner == scope and book.covers(day):
                return book
    raise NoRuleSet(day=day.isoformat(), district=str(district_id))


def holders(session: Session, *, district_id: int | None, first_on: date, last_on: date) -> list[str]:
    """The rule sets of this very scope (None: the city) that hold on one day or more of these, in order of time."""
    own = [book for owner, book in _shelf(session, None).books if owner == district_id]
    # Who holds can only change on a day on which a term begins or has ended.
    turns = {first_on, *(book.effective_on for book in own), *(book.until + timedelta(days=1) for book in own)}
    found = (
        next((book.id for book in own if book.covers(day)), None) for day in sorted(turns) if first_on <= day <= last_on
    )
    return list(dict.fromkeys(rule_set for rule_set in found if rule_set is not None))


def books_in_order(session: Session, *, district_id: int | None) -> list[Book]:
    """The books that may hold for this district, those that go first first: its own, newest first, then the city's.

    None: the city's alone. One statement.
    """
    shelf = _shelf(session, None)
    scopes = [None] if district_id is None else [district_id, None]
    return [book for scope in scopes for owner, book in shelf.books if owner == scope]


def id_is_taken(session: Session, rule_set: str) -> bool:
    """Whether a book with this id was ever published, by whomever: an entry of the ledger finds its book by id."""
    return session.scalar(select(RuleBook.id).where(RuleBook.rule_set == rule_set)) is not None


def book_named(session: Session, rule_set: str, *, stamp: int | None = None) -> Book:
    """The published book with this id, also one whose term is over. Raises: NotFound."""
    for _, book in _shelf(session, stamp).books:
        if book.id == rule_set:
            return book
    raise NotFound


def book_finder(session: Session) -> Callable[[str], Book]:
    """What `book_named` finds, as of now: one statement, however often the finder is asked."""
    stamp = session.scalar(select(latest_stamp())) or 0
    return lambda rule_set: book_named(session, rule_set, stamp=stamp)


def books_named(session: Session, *, rule_sets: Iterable[str]) -> dict[str, Book]:
    """The published books with these ids, in at most one statement. Raises: NotFound when one is not published."""
    wanted = set(rule_sets)
    if not wanted:
        return {}
    find = book_finder(session)
    return {rule_set: find(rule_set) for rule_set in wanted}


def every_book(session: Session) -> list[Book]:
    """All published books, in one statement."""
    return [book for _, book in _shelf(session, None).books]


def published_books(session: Session) -> list[RuleBook]:
    """All published books, newest first."""
    return list(session.scalars(select(RuleBook).order_by(RuleBook.id.desc())))


def books_by_day(session: Session, *, district_id: int, days: Iterable[date]) -> dict[date, Book]:
    """The book that holds for the district on each of `days`; a day that none covers is not in it. One statement."""
    stamp = session.scalar(select(latest_stamp()))
    found: dict[date, Book] = {}
    for day in set(days):
        with suppress(NoRuleSet):
            found[day] = book_for(session, district_id=district_id, day=day, stamp=stamp)
    return found


def first_uncovered_day(session: Session, *, district_id: int, day: date) -> date:
    """The first day from `day` on that no book covers for the district. One statement."""
    stamp = session.scalar(select(latest_stamp()))
    try:
        while True:
            day = book_for(session, district_id=district_id, day=day, stamp=stamp).until + timedelta(days=1)
    except NoRuleSet:
        return day


def books_for_bureau(session: Session, *, district_ids: Collection[int]) -> list[RuleBook]:
    """The city's books and those of these districts, newest first."""
    return list(session.scalars(select(RuleBook).where(_of_bureau(district_ids)).order_by(RuleBook.id.desc())))


def book_for_bureau(session: Session, *, rule_set: str, district_ids: Collection[int]) -> RuleBook:
    """The book with this id, if it is the city's or one of these districts'. Raises: NotFound."""
    found = session.scalar(select(RuleBook).where(RuleBook.rule_set == rule_set, _of_bureau(district_ids)))
    if found is None:
        raise NotFound
    return found


def published_book(session: Session, *, rule_set: str) -> RuleBook:
    """The published book with this id, whoever's it is. Raises: NotFound."""
    found = session.scalar(select(RuleBook).where(RuleBook.rule_set == rule_set))
    if found is None:
        raise NotFound
    return found


def draft_for_bureau(session: Session, *, public_id: str, district_ids: Collection[int]) -> RuleBookDraft:
    """The draft, if it is one of these districts'. Raises: NotFound."""
    found = session.scalar(
        select(RuleBookDraft).where(RuleBookDraft.public_id == public_id, RuleBookDraft.district_id.in_(district_ids))
    )
    if found is None:
        raise NotFound
    return found


def _of_bureau(district_ids: Collection[int]) -> ColumnElement[bool]:
    return or_(RuleBook.district_id.is_(None), RuleBook.district_id.in_(district_ids))
