"""Scanning at the level of the room, with every part of a scan in the test's hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.actions import Scan, record_scan
from credit_app.attendance.answers import Answer
from credit_app.attendance.models import Attendance, ScanEvent
from credit_app.attendance.queries import ScanContext, scan_context
from credit_app.ledger.models import LedgerEntry
from credit_app.schools.models import Student

_keys = count(1)


def context_of(session: Session, student: Student, occurrence: Occurrence, key: str) -> ScanContext:
    """What is decided on, as it stands now."""
    assert student.user_id is not None
    session.flush()  # the scan's one query asks the database, not the session
    context = scan_context(session, user_id=student.user_id, handle=occurrence.handle, origin="claim", client_uid=key)
    assert context is not None
    return context


def scan(
    session: Session,
    student: Student,
    occurrence: Occurrence,
    direction: str,
    at: datetime,
    *,
    key: str = "",
    told_after: timedelta = timedelta(),
    valid_for: timedelta | None = None,
) -> Answer:
    """The pupil opened a code at `at`, and confirmed it `told_after` that."""
    key = key or f"scan-{next(_keys)}"
    valid_until = at + valid_for if valid_for is not None else None
    answer = record_scan(
        session,
        context=context_of(session, student, occurrence, key),
        scan=Scan("claim", key, direction, "self_scan", at, valid_until),
        now=at + told_after,
    )
    session.commit()
    return answer


def attendances(session: Session, student: Student) -> list[Attendance]:
    """The pupil's attendances as the database has them."""
    return list(session.scalars(select(Attendance).where(Attendance.student_id == student.id).order_by(Attendance.id)))


def statuses(session: Session) -> list[str]:
    """What each stored scan was answered, in order of arrival."""
    return list(session.scalars(select(ScanEvent.status).order_by(ScanEvent.id)))


def entries(session: Session, student: Student) -> list[tuple[str, int]]:
    """(kind, centicredits) of the pupil's entries, in order."""
    rows = session.execute(
        select(LedgerEntry.kind, LedgerEntry.centicredits)
        .where(LedgerEntry.account_id == student.account_ref)
        .order_by(LedgerEntry.seq)
    )
    return [(row.kind, row.centicredits) for row in rows]
