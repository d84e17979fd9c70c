"""The log of scans: each is one row with its answer, written once and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from credit_app.attendance.answers import Answer
from credit_app.attendance.models import ScanEvent
from credit_app.attendance.seal import SEALED, scan_digest
from credit_app.storage import insert_into

# A scan with one of these answers moved the pupil in or out; any other left no trace in the attendance.
ACCEPTED = ("ok", "checked_out")


class ScanRaced(Exception):
    """Another request changed what this scan was decided on. Roll back, fetch the context again, and decide anew."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: `scanned_at` is the time that counts (that of the claim), (`origin`, `client_uid`) its key.

    `valid_until` is the last instant at which it may be decided; None for scans that keep.
    """

    origin: str
    client_uid: str
    direction: str
    proof: str
    scanned_at: datetime
    valid_until: datetime | None = None


def store_scan(
    session: Session,
    *,
    scan: Scan,
    client_uid: str,
    occurrence_id: int,
    student_id: int,
    answer: Answer,
    now: datetime,
) -> bool:
    """The scan and its answer are one row; False when a row with this key stands already."""
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
    }
    row["digest"] = scan_digest(row)
    connection = session.connection()
    return connection.scalar(_insert(connection.dialect.name), row) is not None


def accepted_scans(session: Session, *, student_id: int, occurrence_id: int) -> list[tuple[datetime, str]]:
    """(instant, direction) of the scans that moved this pupil in or out of this occurrence."""
    rows = session.execute(
        select(ScanEvent.scanned_at, ScanEvent.direction).where(
            ScanEvent.occurrence_id == occurrence_id,
            ScanEvent.student_id == student_id,
            ScanEvent.status.in_(ACCEPTED),
        )
    )
    return [(row.scanned_at, row.direction) for row in rows]


@cache
def _insert(dialect_name: str) -> Any:
    # Built once: on the scan's path composing statements costs more than the database does.
    return (
        insert_into(dialect_name)(ScanEvent.__table__)
        .values({column: bindparam(column) for column in (*SEALED, "digest")})
        .on_conflict_do_nothing(index_elements=["origin", "client_uid"])
        .returning(ScanEvent.__table__.c.id)
    )
