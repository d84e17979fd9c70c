"""What roll-calls have found: of each pupil and moment the newest mark, and what follows when it says 'absent'."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.models import Attendance, RollCall, RollCallMark, ScanEvent
from credit_app.attendance.scans import FOLDED
from credit_app.attendance.voiding import void_row
from credit_app.people.models import User
from credit_app.schools.merges import survivor_id
from credit_app.schools.models import SchoolClass


@dataclass(frozen=True, slots=True)
class NewestMark:
    """The mark that holds for one pupil at one moment."""

    student_id: int
    moment: str
    mark: str
    at: datetime
    class_id: int
    school_id: int


def newest_marks(
    session: Session, *, occurrence_id: int, student_ids: Collection[int] | None = None
) -> dict[tuple[int, str], NewestMark]:
    """(student id, moment) → the mark that holds: that of the call made last, whatever order they arrived in."""
    query = (
        select(
            RollCallMark.student_id,
            RollCall.moment,
            RollCallMark.mark,
            RollCallMark.at,
            RollCall.called_at,
            RollCall.class_id,
            SchoolClass.school_id,
        )
        .join(RollCall, RollCall.id == RollCallMark.roll_call_id)
        .join(SchoolClass, SchoolClass.id == RollCall.class_id)
        .where(RollCall.occurrence_id == occurrence_id)
        # Of two at the same instant one must hold, and be the same one in whatever order they came.
        .order_by(RollCall.called_at, RollCallMark.mark.desc(), RollCall.public_id)
    )
    if student_ids is not None:
        query = query.where(RollCallMark.student_id.in_(student_ids))
    return {
        (row.student_id, row.moment): NewestMark(
            row.student_id, row.moment, row.mark, row.at or row.called_at, row.class_id, row.school_id
        )
        for row in session.execute(query)
    }


def take_back_uncalled(
    session: Session, *, occurrence: Occurrence, student_ids: Collection[int], decided_by: User, now: datetime
) -> int:
    """Whom the newest arrival call does not find, and whom nothing but a roll-call ever found, is void by mistake.

    Returns: how many. Whom a scan or a person found stays: the call then only says that the leader did not see them.
    """
    newest = newest_marks(session, occurrence_id=occurrence.id, student_ids=student_ids)
    absent = [each.student_id for each in newest.values() if (each.moment, each.mark) == ("arrival", "absent")]
    taken = 0
    for student_id in sorted(survivor_id(session, student_id=each) for each in absent):
        attendance_id = session.scalar(
            select(Attendance.id).filter_by(student_id=student_id, occurrence_id=occurrence.id, state="present")
        )
        if attendance_id is not None and _only_called(session, occurrence.id, student_id):
            words = _("带队老师更正了点名：未到")
            void_row(
                session, attendance_id=attendance_id, reason="mistake", words=words, decided_by=decided_by, now=now
            )
            taken += 1
    return taken


def _only_called(session: Session, occurrence_id: int, student_id: int) -> bool:
    query = select(ScanEvent.origin).where(
        ScanEvent.occurrence_id == occurrence_id, ScanEvent.student_id == student_id, ScanEvent.status.in_(FOLDED)
    )
    return set(session.scalars(query)) == {"roll_call"}
