"""Reading who was there: what opening a code needs to know, and how many came. The scan's own query: ``context``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.context import HAPPENING_COLUMNS, ScanContext, happening_of, scan_context, student_context
from credit_app.attendance.models import Attendance
from credit_app.organisations.models import School, Venue

__all__ = [
    "HAPPENING_COLUMNS",
    "KioskOccurrence",
    "ScanContext",
    "happening_of",
    "head_counts",
    "heads_by_occurrence",
    "kiosk_occurrence",
    "scan_context",
    "student_context",
]


@dataclass(frozen=True, slots=True)
class KioskOccurrence:
    """What opening a code needs to know: enough to check it and to name the place, no person."""

    handle: str
    code_epoch: int
    title: str
    venue_name: str
    starts_at: datetime
    ends_at: datetime
    occurs_on: date
    status: str


def kiosk_occurrence(session: Session, *, handle: str) -> KioskOccurrence | None:
    """The occurrence with this handle, if it has ever been published: what was withdrawn is told, not denied."""
    row = session.execute(
        select(
            Occurrence.handle,
            Occurrence.code_epoch,
            Activity.title,
            func.coalesce(Venue.name, School.name).label("venue_name"),
            Occurrence.starts_at,
            Occurrence.ends_at,
            Occurrence.occurs_on,
            Occurrence.status,
        )
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .outerjoin(School, School.id == Activity.school_id)
        .where(Occurrence.handle == handle, Activity.status.in_(("published", "withdrawn")))
    ).one_or_none()
    return KioskOccurrence(*row) if row else None


def head_counts(session: Session, *, occurrence_id: int) -> tuple[int, int]:
    """(pupils inside now, pupils who came) of one occurrence, for the kiosk screen."""
    inside, came = session.execute(
        select(
            func.count().filter(Attendance.open_since_at.is_not(None)),
            func.count(),
        ).where(Attendance.occurrence_id == occurrence_id, Attendance.state != "voided")
    ).one()
    return inside, came


def heads_by_occurrence(session: Session, *, occurrence_ids: Collection[int]) -> dict[int, int]:
    """occurrence id → pupils who came, for lists of occurrences; one that nobody came to is not in it."""
    rows = session.execute(
        select(Attendance.occurrence_id, func.count().label("came"))
        .where(Attendance.occurrence_id.in_(occurrence_ids), Attendance.state != "voided")
        .group_by(Attendance.occurrence_id)
    )
    return {row.occurrence_id: row.came for row in rows}
