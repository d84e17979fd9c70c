"""The log of scans: each is one row with its answer, written once and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, exists, func, literal, select
from sqlalchemy.orm import Session

from credit_app.attendance.answers import Answer
from credit_app.attendance.models import Attendance, AttendanceDecision, Hold, ScanEvent, ScanUndo
from credit_app.attendance.seal import SEALED, SENT, scan_digest
from credit_app.attendance.stays import Sighting
from credit_app.schools.models import StudentMerge
from credit_app.storage import insert_into

# Scans with one of these answers say where the pupil was: the door let them pass, also when there was nothing to move
# as things stood then. One that arrives late may make something of them: the check-in of an "out" that found nobody.
FOLDED = ("ok", "checked_out", "already", "already_out", "not_checked_in")
# A scan of somebody whose attendance was void waits: it counts from the moment the attendance is restored.
HELD = "held"


class ScanRaced(Exception):
    """Another request changed what this scan was decided on. Roll back, fetch the context again, and decide anew."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: `scanned_at` is the time that counts (that of the claim), (`origin`, `client_uid`) its key.

    `valid_until` is the last instant at which it may be decided; None for scans that keep. `evidence` is what the
    sender told about it, kept with the scan.
    """

    origin: str
    client_uid: str
    direction: str
    proof: str
    scanned_at: datetime
    valid_until: datetime | None = None
    device_id: int | None = None
    device_seq: int | None = None
    evidence: Mapping[str, Any] | None = None


class StoredRow(NamedTuple):
    """A scan that has just been stored."""

    id: int
    digest: str


def store_scan(
    session: Session,
    *,
    scan: Scan,
    client_uid: str,
    occurrence_id: int,
    student_id: int,
    answer: Answer,
    now: datetime,
) -> StoredRow | None:
    """The scan and its answer are one row; None when a row with this key stands already."""
    row: dict[str, Any] = {
        "origin": scan.origin,
        "client_uid": client_uid,
        "occurrence_id": occurrence_id,
        "student_id": student_id,
        "direction": scan.direction,
        "proof": scan.proof,
        "scanned_at": scan.scanned_at,
        "received_at": now,
        "status": answer.status,
        "answer": answer.to_json(),
        "device_id": scan.device_id,
        "device_seq": scan.device_seq,
        "evidence": scan.evidence,
    }
    row["digest"] = scan_digest(row)
    connection = session.connection()
    new_id = connection.scalar(_insert(connection.dialect.name), row)
    return StoredRow(new_id, row["digest"]) if new_id is not None else None


@dataclass(frozen=True, slots=True)
class StoredScan:
    """A scan as folding needs it; `student_id` is the row it was made under, which may have been merged since."""

    id: int
    student_id: int
    scanned_at: datetime
    direction: str
    proof: str
    status: str
    undone: bool
    asked: bool  # a question is or was asked about it: its answer decides, not the restoring of an attendance


SCAN_COLUMNS = (
    ScanEvent.id,
    ScanEvent.student_id,
    ScanEvent.scanned_at,
    ScanEvent.direction,
    ScanEvent.proof,
    ScanEvent.status,
    exists().where(ScanUndo.scan_event_id == ScanEvent.id).label("undone"),
    exists().where(Hold.scan_event_id == ScanEvent.id).label("asked"),
)


def counted(
    scans: Iterable[StoredScan], *, restored_through: int | None, scanning_id: int | None = None
) -> list[Sighting]:
    """Those that make up an attendance; it was last restored after scan `restored_through`.

    A row under which nobody was ever let in or found inside tells nothing: its checks-out were another's, unless it is
    the row that is scanning now (`scanning_id`).
    """
    scans = [scan for scan in scans if not scan.undone]
    tells = {scan.student_id for scan in scans if scan.status not in ("not_checked_in", HELD)} | {scanning_id}
    return [
        Sighting(scan.scanned_at, scan.direction, scan.proof)
        for scan in scans
        if (scan.status in FOLDED and scan.student_id in tells)
        or (scan.status == HELD and not scan.asked and restored_through is not None and scan.id <= restored_through)
    ]


def folded_scans(
    session: Session, *, student_id: int, occurrence_id: int, scanning_id: int | None = None
) -> list[Sighting]:
    """The scans that make up this pupil's attendance of this occurrence; one statement.

    Scans keep the row under which they were made. Those of a duplicate that was merged into the pupil are theirs,
    unless the duplicate has an attendance of its own there, which was left behind void.
    """
    restored_through = (
        select(func.max(AttendanceDecision.scans_through))
        .join(Attendance, Attendance.id == AttendanceDecision.attendance_id)
        .where(
            Attendance.student_id == student_id,
            Attendance.occurrence_id == occurrence_id,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(*SCAN_COLUMNS, restored_through.label("restored_through")).where(
            ScanEvent.occurrence_id == occurrence_id,
            ScanEvent.student_id.in_(_rows_of(student_id, occurrence_id)),
            ScanEvent.status.in_((*FOLDED, HELD)),
        )
    ).all()
    restored = rows[0].restored_through if rows else None
    return counted([StoredScan(*row[:-1]) for row in rows], restored_through=restored, scanning_id=scanning_id)


def last_scan(session: Session, *, student_id: int, occurrence_id: int) -> int | None:
    """The id of the latest scan of this pupil's attendance of this occurrence, whatever it was answered."""
    return session.scalar(
        select(func.max(ScanEvent.id)).where(
            ScanEvent.occurrence_id == occurrence_id, ScanEvent.student_id.in_(_rows_of(student_id, occurrence_id))
        )
    )


def _rows_of(student_id: int, occurrence_id: int) -> Select[int]:
    """The pupil's row, and those merged into it (and into those) that have no attendance of their own there."""
    reached = select(literal(student_id).label("id")).cte("reached", recursive=True)
    own = exists().where(
        Attendance.student_id == StudentMerge.from_student_id, Attendance.occurrence_id == occurrence_id
    )
    merged = (
        select(StudentMerge.from_student_id).join(reached, StudentMerge.into_student_id == reached.c.id).where(~own)
    )
    reached = reached.union_all(merged)
    return select(reached.c.id)


@cache
def _insert(dialect_name: str) -> Any:
    # Built once: on the scan's path composing statements costs more than the database does.
    return (
        insert_into(dialect_name)(ScanEvent.__table__)
        .values({column: bindparam(column) for column in (*SEALED, *SENT, "digest")})
        .on_conflict_do_nothing(index_elements=["origin", "client_uid"])
        .returning(ScanEvent.__table__.c.id)
    )
