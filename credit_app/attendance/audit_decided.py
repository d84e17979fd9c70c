"""What ``flask verify`` asks of what people decided: each decision has its scans, and no such scan is without one.

I1: an accepted question and a present mark stand as scans. I2: an open or rejected question has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from credit_app.attendance.models import Attendance, Hold, RollCall, RollCallMark, ScanEvent
from credit_app.findings import Finding
from credit_app.keys import new_public_id
from credit_app.schools.models import Student

MOST = 1000
"""So many broken rows of a kind are named; a table that is broken from end to end need not be printed."""
ID_LENGTH = len(new_public_id())


def audit_decided(session: Session) -> Iterator[Finding]:
    """Every roll-call mark, question and decided scan that does not go with the others."""
    yield from _audit_marks(session)
    yield from _audit_holds(session)
    yield from _audit_decided_scans(session)


def _audit_marks(session: Session) -> Iterator[Finding]:
    query = (
        select(RollCall.id, RollCallMark.student_id)
        .join(RollCall, RollCall.id == RollCallMark.roll_call_id)
        .join(Student, Student.id == RollCallMark.student_id)
        .where(RollCallMark.mark == "present", ~_scan("roll_call", RollCall.public_id + "." + Student.public_id))
        .limit(MOST)
    )
    for row in session.execute(query):
        yield Finding("I1", f"roll_call ({row.id})", f"no scan says that it found student {row.student_id}")


def _audit_holds(session: Session) -> Iterator[Finding]:
    came, left = (_scan("hold", Hold.public_id + end) for end in (".in", ".out"))
    waited = aliased(ScanEvent)
    whole = or_(
        and_(Hold.kind == "late_entry", came, left),
        and_(Hold.kind == "scan", or_(and_(waited.direction == "in", came), and_(waited.direction == "out", left))),
    )
    broken = or_(
        and_(Hold.kind.in_(("scan", "late_entry")), Hold.state == "accepted", ~whole),
        and_(or_(Hold.state != "accepted", Hold.kind.in_(("headcount", "signal"))), or_(came, left)),
    )
    query = select(Hold.id, Hold.state).outerjoin(waited, waited.id == Hold.scan_event_id).where(broken).limit(MOST)
    for row in session.execute(query):
        missing = row.state == "accepted"
        what = "it was accepted, and its scans are not there" if missing else "nobody accepted it, and it has scans"
        yield Finding("I1" if missing else "I2", f"hold ({row.id})", what)


def _audit_decided_scans(session: Session) -> Iterator[Finding]:
    # Public ids have one length: the database can look both halves of a key up by their indexes.
    mark = exists().where(
        RollCall.public_id == func.substr(ScanEvent.client_uid, 1, ID_LENGTH),
        Student.public_id == func.substr(ScanEvent.client_uid, ID_LENGTH + 2),
        RollCallMark.roll_call_id == RollCall.id,
        RollCallMark.student_id == Student.id,
        RollCallMark.mark == "present",
    )
    of_hold = exists().where(
        Hold.public_id == func.substr(ScanEvent.client_uid, 1, ID_LENGTH),
        Hold.state == "accepted",
        func.substr(ScanEvent.client_uid, ID_LENGTH + 1) == "." + ScanEvent.direction,
    )
    decided = {
        "roll_call": mark,
        "hold": of_hold,
        "confirm": exists().where(Attendance.public_id == ScanEvent.client_uid),
    }
    for origin, cause in decided.items():
        query = select(ScanEvent.id).where(ScanEvent.origin == origin, ~cause).limit(MOST)
        for scan_id in session.scalars(query):
            yield Finding("I1", f"scan_event ({scan_id})", f"its origin is {origin}, and nobody decided so")


def _scan(origin: str, key: Any) -> ColumnElement[bool]:
    return exists().where(ScanEvent.origin == origin, ScanEvent.client_uid == key)
