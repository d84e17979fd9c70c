"""Reading the ledger. The caller has already fetched the pupil, and so the account's id, with the right to see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from credit_app.ledger.models import LedgerAccount, LedgerBalance, LedgerEntry


@dataclass(frozen=True, slots=True)
class YearBalance:
    """An account's credits in one academic year, in centicredits by category, and the last day that moved them."""

    by_category: dict[str, int]
    last_on: date | None

    @property
    def centicredits(self) -> int:
        return sum(self.by_category.values())


@dataclass(frozen=True, slots=True)
class ParticipationRecord:
    """One participation as the ledger tells it: its award, and what has been added or taken since."""

    participation: str
    category: str
    occurred_at: datetime
    occurred_on: date
    rule_set: str
    net_centicredits: int
    entries: list[LedgerEntry]

    @property
    def latest(self) -> LedgerEntry:
        return self.entries[-1]


def entries_by_participation(session: Session, rows: Iterable[Any]) -> dict[tuple[str, str], list[Any]]:
    """(account, participation) → its entries in order of `seq`, without their traces: what an audit compares with
    `rows`, which have `account_ref` and `public_id`. One statement."""
    rows = list(rows)
    found: dict[tuple[str, str], list[Any]] = {}
    query = (
        select(
            LedgerEntry.account_id,
            LedgerEntry.participation,
            LedgerEntry.kind,
            LedgerEntry.centicredits,
            LedgerEntry.facts,
        )
        .where(
            LedgerEntry.account_id.in_({row.account_ref for row in rows}),
            LedgerEntry.participation.in_({row.public_id for row in rows}),
        )
        .order_by(LedgerEntry.account_id, LedgerEntry.seq)
    )
    for entry in session.execute(query):
        found.setdefault((entry.account_id, entry.participation), []).append(entry)
    return found


def year_balances(session: Session, *, account_refs: Iterable[str], year: str) -> dict[str, YearBalance]:
    """The year's balances of these accounts in one query; an account without entries is left out."""
    rows = session.execute(
        select(
            LedgerBalance.account_id, LedgerBalance.category, LedgerBalance.centicredits, LedgerBalance.last_on
        ).where(LedgerBalance.account_id.in_(list(account_refs)), LedgerBalance.academic_year == year)
    )
    found: dict[str, YearBalance] = {}
    for account_id, category, centicredits, last_on in rows:
        known = found.get(account_id)
        by_category = (known.by_category if known else {}) | {category: centicredits}
        latest = max(known.last_on, last_on) if known and known.last_on else last_on
        found[account_id] = YearBalance(by_category, latest)
    return found


def year_balance(session: Session, *, account_ref: str | None, year: str) -> YearBalance:
    """One account's balance of the year; empty when nothing has been posted."""
    if account_ref is None:
        return YearBalance({}, None)
    return year_balances(session, account_refs=[account_ref], year=year).get(account_ref, YearBalance({}, None))


def counters(session: Session, *, account_ref: str, rule_set: str) -> Mapping[str, int]:
    """The rules' counters of an account, read without a lock for an outlook; empty when another book keyed them."""
    row = session.connection().execute(_COUNTERS, {"account": account_ref}).one_or_none()
    return row.totals if row is not None and row.totals_rule_set == rule_set else {}


_COUNTERS = select(LedgerAccount.totals, LedgerAccount.totals_rule_set).where(LedgerAccount.id == bindparam("account"))


def participation_records(
    session: Session, *, account_ref: str | None, year: str | None = None, limit: int | None = None
) -> list[ParticipationRecord]:
    """The account's participations, newest event first, each with all its entries (`limit` counts participations)."""
    query = select(LedgerEntry).where(LedgerEntry.account_id == account_ref).order_by(LedgerEntry.seq)
    if year is not None:
        query = query.where(LedgerEntry.academic_year == year)
    grouped: dict[str, list[LedgerEntry]] = {}
    for entry in session.scalars(query):
        grouped.setdefault(entry.participation, []).append(entry)
    records = [_record(entries) for entries in grouped.values()]
    records.sort(key=lambda record: (record.occurred_at, record.participation), reverse=True)
    return records[:limit]


def participation_record(
    session: Session, *, account_ref: str | None, participation: str
) -> ParticipationRecord | None:
    """One participation of this account, or None when nothing has been posted for it."""
    entries = list(
        session.scalars(
            select(LedgerEntry)
            .where(LedgerEntry.account_id == account_ref, LedgerEntry.participation == participation)
            .order_by(LedgerEntry.seq)
        )
    )
    return _record(entries) if entries else None


def net_by_participation(
    session: Session, *, account_refs: Iterable[str], participations: Iterable[str]
) -> dict[str, int]:
    """participation → net centicredits, for the lists of an occurrence; undecided ones are left out."""
    rows = session.execute(
        select(LedgerEntry.participation, func.sum(LedgerEntry.centicredits))
        .where(LedgerEntry.account_id.in_(list(account_refs)), LedgerEntry.participation.in_(list(participations)))
        .group_by(LedgerEntry.participation)
    )
    return {participation: int(net) for participation, net in rows}


def _record(entries: list[LedgerEntry]) -> ParticipationRecord:
    first = entries[0]
    return ParticipationRecord(
        participation=first.participation,
        category=first.category,
        occurred_at=first.occurred_at,
        occurred_on=first.occurred_on,
        rule_set=first.rule_set,
        net_centicredits=sum(entry.centicredits for entry in entries),
        entries=entries,
    )
