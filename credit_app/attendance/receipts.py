"""What a receipt (回执) tells: that a scan is on record, of which occurrence, when, and whether it counts today.

Anybody who holds one may ask, so nothing is told of the child: no name, no school, no grade, and of a refused scan not
why it was refused, since "not for your grade" would be about the child.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.models import Attendance, AttendanceDecision, Hold, ScanEvent, ScanUndo
from credit_app.attendance.receipt_code import read_receipt, receipt_text
from credit_app.attendance.scans import FOLDED, HELD, rows_of
from credit_app.attendance.seal import SEALED, SENT, scan_digest
from credit_app.organisations.models import Venue
from credit_app.schools.merges import survivor_id


@dataclass(frozen=True, slots=True)
class Receipt:
    """A scan, and the receipt that proves it. `standing`: ``counts``, ``waits`` (for a person), ``voided`` (its
    attendance has been taken out of account), ``refused`` (recorded, and let nobody in or out)."""

    text: str
    direction: str
    scanned_at: datetime
    received_at: datetime
    standing: str


@dataclass(frozen=True, slots=True)
class Proven:
    """What a receipt proves to anybody: the scan, and the occurrence that it was of."""

    receipt: Receipt
    title: str
    place: str  # the venue; empty for a school's own activity, whose pupils are all of that school
    starts_at: datetime
    ends_at: datetime


# What has become of a scan since: taken back at once, or (a held one) what a person decided on it.
_AFTERWARDS = (
    exists().where(ScanUndo.scan_event_id == ScanEvent.id).label("is_undone"),
    select(Hold.state)
    .where(Hold.scan_event_id == ScanEvent.id, Hold.kind == "scan")
    .correlate(ScanEvent)
    .scalar_subquery()
    .label("decision"),
)


def receipt_of_scan(session: Session, *, origin: str, client_uid: str) -> str | None:
    """The receipt of the scan that is stored under this key, or None while none is; one statement."""
    row = session.execute(
        select(ScanEvent.id, ScanEvent.digest).where(ScanEvent.origin == origin, ScanEvent.client_uid == client_uid)
    ).one_or_none()
    return receipt_text(scan_id=row.id, digest=row.digest) if row else None


def receipts_of(session: Session, *, student_id: int, participation: str) -> list[Receipt]:
    """Every scan of this pupil's participation, in order of time; two statements. None for one that was not scanned."""
    attendance = session.execute(
        _standings().where(Attendance.student_id == student_id, Attendance.public_id == participation)
    ).one_or_none()
    if attendance is None:
        return []
    scans = session.execute(
        select(ScanEvent, *_AFTERWARDS)
        .where(
            ScanEvent.occurrence_id == attendance.occurrence_id,
            ScanEvent.student_id.in_(rows_of(student_id, attendance.occurrence_id)),
        )
        .order_by(ScanEvent.scanned_at, ScanEvent.id)
    )
    return [_receipt(row, attendance) for row in scans]


def proven_by(session: Session, *, text: str) -> Proven | None:
    """What the receipt `text` proves, or None when we never gave it, or the scan on record is not the one that it was
    given for."""
    code = read_receipt(text)
    found = _scan_with_place(session, code.scan_id) if code is not None else None
    if code is None or found is None:
        return None
    scan: ScanEvent = found.ScanEvent
    if not code.is_of(digest=scan.digest) or scan.digest != scan_digest(_content(scan)):
        return None
    attendance = _attendance_of(session, scan)
    return Proven(_receipt(found, attendance), found.title, found.place, found.starts_at, found.ends_at)


def _standings() -> Any:
    restored_through = (
        select(func.max(AttendanceDecision.scans_through))
        .where(AttendanceDecision.attendance_id == Attendance.id)
        .correlate(Attendance)
        .scalar_subquery()
    )
    return select(
        Attendance.occurrence_id,
        Attendance.state,
        Attendance.first_in_at,
        restored_through.label("restored_through"),
    )


def _attendance_of(session: Session, scan: ScanEvent) -> Any:
    """The attendance that the scan belongs to: its own row's, or that of the row which took it up in a merge."""
    own = _standings().where(Attendance.occurrence_id == scan.occurrence_id)
    found = session.execute(own.where(Attendance.student_id == scan.student_id)).first()
    if found is not None:
        return found
    survivor = survivor_id(session, student_id=scan.student_id)
    return session.execute(own.where(Attendance.student_id == survivor)).first()


def _scan_with_place(session: Session, scan_id: int) -> Any:
    return session.execute(
        select(
            ScanEvent,
            *_AFTERWARDS,
            Activity.title,
            func.coalesce(Venue.name, "").label("place"),
            Occurrence.starts_at,
            Occurrence.ends_at,
        )
        .join(Occurrence, Occurrence.id == ScanEvent.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .where(ScanEvent.id == scan_id)
    ).one_or_none()


def _receipt(row: Any, attendance: Any) -> Receipt:
    scan: ScanEvent = row.ScanEvent
    text = receipt_text(scan_id=scan.id, digest=scan.digest)
    return Receipt(text, scan.direction, scan.scanned_at, scan.received_at, _standing(row, attendance))


def _standing(row: Any, attendance: Any) -> str:
    scan: ScanEvent = row.ScanEvent
    if row.is_undone:
        return "refused"  # whoever scanned took it back at once
    if row.decision in ("open", "rejected"):
        return "waits" if row.decision == "open" else "refused"
    if attendance is None or scan.status not in (*FOLDED, HELD):
        return "refused"
    if attendance.state == "voided":
        return "voided"
    waits = scan.status == HELD and row.decision is None
    if waits and (attendance.restored_through is None or scan.id > attendance.restored_through):
        return "waits"
    if scan.status == "not_checked_in" and scan.scanned_at < attendance.first_in_at:
        return "refused"  # it became a check-out only if a check-in before it has arrived since
    return "waits" if attendance.state == "held" else "counts"


def _content(scan: ScanEvent) -> dict[str, Any]:
    return {column: getattr(scan, column) for column in (*SEALED, *SENT)}
