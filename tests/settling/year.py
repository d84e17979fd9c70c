"""A settled year with the cast: what happens after 31 August 2027, through the program's own doors."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.ledger import settling
from credit_app.ledger.models import LedgerEntry, Settlement
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.cast import YEAR, Cast

FROZEN_ON = date(2027, 9, 3)
FROZEN_AT = datetime(2027, 9, 3, 1, 0, tzinfo=UTC)
NOTICE_UNTIL = FROZEN_ON + timedelta(days=7)
SETTLED_AT = FROZEN_AT + timedelta(days=8)


def frozen(session: Session, cast: Cast) -> Settlement:
    """The first officer freezes the year."""
    return settling.freeze_year(
        session, district=cast.district, academic_year=YEAR, frozen_by=cast.officer, now=FROZEN_AT, today=FROZEN_ON
    )


def in_notice(session: Session, cast: Cast) -> Settlement:
    """The first officer has given public notice for a week."""
    settlement = frozen(session, cast)
    settling.give_notice(
        session,
        settlement=settlement,
        notice_by=cast.officer,
        until_on=NOTICE_UNTIL,
        contact="基教科 8123 4567",
        now=FROZEN_AT,
        today=FROZEN_ON,
    )
    return settlement


def settle_begun(session: Session, cast: Cast) -> Settlement:
    """The second officer has settled; the lists are still to be made."""
    settlement = in_notice(session, cast)
    settling.begin_settling(
        session, settlement=settlement, settled_by=cast.second_officer, now=SETTLED_AT, today=SETTLED_AT.date()
    )
    session.commit()
    return settlement


def settled(session: Session, cast: Cast) -> Settlement:
    """The year is settled, every list made by the job."""
    settlement = settle_begun(session, cast)
    jobs.settle_years(SETTLED_AT)
    session.refresh(settlement)
    assert settlement.state == "settled"
    session.commit()
    return settlement


def entries(session: Session, student: Student) -> list[tuple[str, int, str]]:
    """(kind, centicredits, reason) of the pupil's entries, in order."""
    query = select(LedgerEntry).where(LedgerEntry.account_id == student.account_ref).order_by(LedgerEntry.seq)
    return [(entry.kind, entry.centicredits, entry.reason) for entry in session.scalars(query)]


def findings(session: Session) -> list[str]:
    """What `flask verify` says, but for credits that `progress.year.earns` made without an attendance."""
    return [told for told in map(str, verify(session)) if "participation outside" not in told]
