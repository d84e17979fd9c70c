"""What ``flask verify`` asks of corrections and settlements: nothing of a settled year moved without two people.

I3: an approved correction and the entries it caused belong together. I4: a settled line is the sum of the entries that
stood then, and what came after them has an approved correction behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from credit_app.findings import Finding
from credit_app.ledger.models import (
    LedgerAccount,
    LedgerCorrection,
    LedgerEntry,
    Settlement,
    SettlementLine,
    SettlementSchool,
)
from credit_app.ledger.rejudging import CORRECTED
from credit_app.rules.calendar import academic_year_bounds

CHUNK = 500  # rows


def audit(session: Session) -> Iterator[Finding]:
    """Every correction, settlement and settled line that does not fit the ledger."""
    yield from _audit_corrections(session)
    yield from _audit_corrected_entries(session)
    for settlement in session.scalars(select(Settlement).order_by(Settlement.id)).all():
        yield from _audit_lists(session, settlement)
        yield from _audit_lines(session, settlement)


def _audit_corrections(session: Session) -> Iterator[Finding]:
    own = LedgerEntry.participation == LedgerCorrection.participation
    query = (
        select(
            LedgerCorrection.public_id,
            LedgerCorrection.kind,
            LedgerCorrection.state,
            LedgerCorrection.centicredits,
            func.count(LedgerEntry.seq).label("entries"),
            func.count(LedgerEntry.seq).filter(own).label("own_entries"),
            func.coalesce(func.sum(LedgerEntry.centicredits).filter(own), 0).label("moved"),
        )
        .outerjoin(
            LedgerEntry,
            and_(
                LedgerEntry.account_id == LedgerCorrection.account_id, LedgerEntry.cause == LedgerCorrection.public_id
            ),
        )
        .group_by(LedgerCorrection.id)
        .order_by(LedgerCorrection.id)
    )
    for row in session.execute(query, execution_options={"yield_per": CHUNK}):
        name = f"ledger_correction ({row.public_id})"
        if row.state != "approved":
            if row.entries:
                yield Finding("I3", name, f"{row.state}, but {row.entries} entries name it as their cause")
            continue
        if not row.entries or (row.kind == "amount" and (row.entries, row.own_entries) != (1, 1)):
            yield Finding("I3", name, f"approved, but {row.own_entries} entries of its participation follow from it")
        elif row.moved != row.centicredits:
            what = f"approved for {row.centicredits} centicredits, its entries moved {row.moved}"
            yield Finding("I3", name, what)


def _audit_corrected_entries(session: Session) -> Iterator[Finding]:
    # In whatever account: a merge takes a correction along into another one, and its paper stays what it is.
    approved = and_(LedgerCorrection.public_id == LedgerEntry.cause, LedgerCorrection.state == "approved")
    query = (
        select(LedgerEntry.account_id, LedgerEntry.seq)
        .outerjoin(LedgerCorrection, approved)
        .where(LedgerEntry.reason == CORRECTED, LedgerCorrection.id.is_(None))
        .order_by(LedgerEntry.account_id, LedgerEntry.seq)
    )
    for row in session.execute(query, execution_options={"yield_per": CHUNK}):
        yield Finding("I3", f"ledger_entry ({row.account_id}, {row.seq})", "no approved correction stands behind it")


def _behind() -> Any:
    return and_(
        LedgerCorrection.public_id == LedgerEntry.cause,
        LedgerCorrection.account_id == LedgerEntry.account_id,
        LedgerCorrection.state == "approved",
    )


def _audit_lists(session: Session, settlement: Settlement) -> Iterator[Finding]:
    counted = (
        select(SettlementSchool.school_id, SettlementSchool.lines, func.count(SettlementLine.id).label("found"))
        .outerjoin(
            SettlementLine,
            and_(
                SettlementLine.settlement_id == SettlementSchool.settlement_id,
                SettlementLine.school_id == SettlementSchool.school_id,
            ),
        )
        .where(SettlementSchool.settlement_id == settlement.id)
        .group_by(SettlementSchool.school_id, SettlementSchool.lines)
    )
    for row in session.execute(counted):
        if row.lines != row.found:
            name = f"settlement_school ({settlement.public_id}, {row.school_id})"
            yield Finding("I4", name, f"{row.found} lines, {row.lines} were settled")


def _audit_lines(session: Session, settlement: Settlement) -> Iterator[Finding]:
    """Two passes: what stood at the settling, and what was posted to the year since."""
    _first, last = academic_year_bounds(settlement.academic_year)
    of_year = and_(
        LedgerEntry.account_id == SettlementLine.account_id,
        LedgerEntry.academic_year == settlement.academic_year,
    )
    then = LedgerEntry.seq <= SettlementLine.entry_count
    sums = (
        select(
            SettlementLine.id,
            SettlementLine.account_id,
            SettlementLine.total,
            SettlementLine.by_category,
            func.coalesce(func.sum(LedgerEntry.centicredits).filter(then), 0).label("found"),
            LedgerAccount.settled_through,
        )
        .join(LedgerAccount, LedgerAccount.id == SettlementLine.account_id)
        .outerjoin(LedgerEntry, of_year)
        .where(SettlementLine.settlement_id == settlement.id)
        .group_by(SettlementLine.id, LedgerAccount.settled_through)
        .order_by(SettlementLine.id)
    )
    for row in session.execute(sums, execution_options={"yield_per": CHUNK}):
        name = f"settlement_line ({settlement.public_id}, {row.account_id})"
        if row.total != row.found or row.total != sum(row.by_category.values()):
            yield Finding("I4", name, f"settled with {row.total} centicredits, its entries then sum to {row.found}")
        if row.settled_through is None or row.settled_through < last:
            yield Finding("I4", name, "its account is not closed for the year")
    unfounded = (
        select(LedgerEntry.account_id, LedgerEntry.seq)
        .join(SettlementLine, SettlementLine.account_id == LedgerEntry.account_id)
        .outerjoin(LedgerCorrection, _behind())
        .where(
            SettlementLine.settlement_id == settlement.id,
            LedgerEntry.academic_year == settlement.academic_year,
            LedgerEntry.seq > SettlementLine.entry_count,
            LedgerCorrection.id.is_(None),
        )
    )
    for account_id, seq in session.execute(unfounded, execution_options={"yield_per": CHUNK}):
        what = "posted to a settled year, and no approved correction stands behind it"
        yield Finding("I4", f"ledger_entry ({account_id}, {seq})", what)
