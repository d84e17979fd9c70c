"""Which book judges a participation once another one takes its day, as plain values.

Trying a change of rules (`simulation`) and carrying it out (`replay`) ask the same question here, so that what was
shown is what is posted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, null, select
from sqlalchemy.orm import Session

from credit_app.errors import NoRuleSet
from credit_app.ledger.models import LedgerAccount, LedgerEntry
from credit_app.ledger.rejudging import Past, past_of
from credit_app.organisations.models import School
from credit_app.rule_books.models import RuleBook
from credit_app.rule_books.queries import book_for, latest_stamp
from credit_app.rules.book import Book
from credit_app.schools.models import Student
from credit_app.schools.whereabouts import Whereabouts, ever_in_district, whereabouts_of

Holds = Callable[[int, date], bool]


@dataclass(frozen=True, slots=True)
class Change:
    """A book, and for which district and day it holds."""

    book: Book
    holds: Holds


@dataclass(frozen=True, slots=True)
class Held:
    """An account as the ledger holds it. `whereabouts` None: it leads to nobody any more, and its entries stand."""

    account_id: str
    past: Mapping[str, Past]
    whereabouts: Whereabouts | None
    settled_through: date | None = None
    districts: Mapping[int, int] = field(default_factory=dict)
    """The district of each school."""

    @property
    def standing(self) -> list[Past]:
        """The participations that count, in event order: what was reversed is out of every judging."""
        return sorted((item for item in self.past.values() if not item.reversed), key=lambda item: item.fact.order_key)

    def is_settled(self, item: Past) -> bool:
        """Whether it happened in a settled year, in which only a correction of two people moves anything."""
        return self.settled_through is not None and item.fact.occurred_on <= self.settled_through

    def district_of(self, item: Past) -> int | None:
        """The district of the pupil's school on the day."""
        return self.districts[self.whereabouts.school_on(item.fact.occurred_on)] if self.whereabouts else None

    def falls_under(self, change: Change, item: Past) -> bool:
        """Whether the changed book holds for the participation, settled or not."""
        district_id = self.district_of(item)
        return district_id is not None and change.holds(district_id, item.fact.occurred_on)

    def is_taken_by(self, change: Change, item: Past) -> bool:
        """Whether the changed book judges the participation from now on."""
        return not self.is_settled(item) and self.falls_under(change, item)

    def rebook(self, change: Change, book_named: Callable[[str], Book]) -> Callable[[Past], Book]:
        """The book of each participation: the changed one where it holds, else the one it was judged by."""

        def book_of(item: Past) -> Book:
            return change.book if self.is_taken_by(change, item) else book_named(item.rule_set)

        return book_of


def holds_once_published(session: Session, *, book: Book, district_id: int | None) -> Holds:
    """Where `book` would hold if it were published now for the district (None: the whole city): in its term, over the
    other books of its scope; a district's own book goes before the city's. One statement."""
    if district_id is not None:
        return lambda district, day: district == district_id and book.covers(day)
    own = session.execute(
        select(RuleBook.district_id, RuleBook.effective_on, RuleBook.until_on).where(RuleBook.district_id.is_not(None))
    ).all()

    def holds(district: int, day: date) -> bool:
        return book.covers(day) and not any(
            row.district_id == district and row.effective_on <= day <= row.until_on for row in own
        )

    return holds


def holds_as_published(session: Session, *, book: Book, district_id: int | None) -> Holds:
    """Where the published `book` holds now; with `district_id` only as far as it holds there. One statement."""
    stamp = session.scalar(select(latest_stamp()))
    known: dict[tuple[int, date], bool] = {}

    def holds(district: int, day: date) -> bool:
        if district_id not in (None, district) or not book.covers(day):
            return False
        if (district, day) not in known:
            try:
                known[district, day] = book_for(session, district_id=district, day=day, stamp=stamp).id == book.id
            except NoRuleSet:
                known[district, day] = False
        return known[district, day]

    return holds


def accounts_after(session: Session, *, district_id: int | None, after: str, most: int) -> list[str]:
    """The next accounts by id of pupils who are or were in the district (None: anywhere)."""
    return list(session.scalars(_accounts(district_id, LedgerAccount.id, after).order_by(LedgerAccount.id).limit(most)))


def accounts_in_all(session: Session, *, district_id: int | None) -> int:
    """How many accounts `accounts_after` goes through."""
    return session.scalar(_accounts(district_id, func.count(), "")) or 0


def held_accounts(session: Session, *, account_ids: list[str]) -> list[Held]:
    """These accounts as they stand, in order of their ids, without their traces; five statements, whatever they hold.
    Nothing is locked: for looking only."""
    settled = {row.id: row.settled_through for row in session.execute(_settlements(account_ids))}
    entries: dict[str, list[Any]] = {}
    for entry in session.execute(_ENTRIES.where(LedgerEntry.account_id.in_(account_ids))):
        entries.setdefault(entry.account_id, []).append(entry)
    where = whereabouts_of(session, account_refs=account_ids)
    districts = districts_of_schools(session)
    return [
        Held(account_id, past_of(entries.get(account_id, ())), where.get(account_id), settled[account_id], districts)
        for account_id in account_ids
    ]


def districts_of_schools(session: Session) -> dict[int, int]:
    """School → district."""
    return {row.id: row.district_id for row in session.execute(select(School.id, School.district_id))}


def _accounts(district_id: int | None, what: Any, after: str) -> Any:
    query = select(what).select_from(LedgerAccount).join(Student, Student.account_ref == LedgerAccount.id)
    query = query.where(LedgerAccount.id > after)
    return query if district_id is None else query.where(ever_in_district(district_id))


def _settlements(account_ids: list[str]) -> Any:
    return select(LedgerAccount.id, LedgerAccount.settled_through).where(LedgerAccount.id.in_(account_ids))


# Without the traces: they are most of an entry, and only whoever asks about one participation wants to read them.
_ENTRIES = select(
    LedgerEntry.account_id,
    LedgerEntry.seq,
    LedgerEntry.kind,
    LedgerEntry.participation,
    LedgerEntry.clause,
    LedgerEntry.centicredits,
    LedgerEntry.rule_set,
    LedgerEntry.reason,
    LedgerEntry.facts,
    null().label("trace"),
).order_by(LedgerEntry.account_id, LedgerEntry.seq)
