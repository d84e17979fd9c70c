"""Things that happen to the cast, through the program's own doors, for tests that are about what comes after."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.answers import Answer
from credit_app.schools.models import Student
from tests.attendance.doorway import scan

__all__ = ["scan", "stay"]


def stay(session: Session, student: Student, occurrence: Occurrence, came_at: datetime, left_at: datetime) -> Answer:
    """The pupil was there from `came_at` to `left_at`; what the check-out was answered."""
    assert scan(session, student, occurrence, "in", came_at).status == "ok"
    return scan(session, student, occurrence, "out", left_at)
