"""The same child entered twice: one of the two rows takes up the other, with all that it took part in.

It cannot be undone: afterwards nobody could say which scan had been whose. Here, since attendances, reviews and credits
all move; a school's own lists are ``schools.merges``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from credit_app.attendance.models import Attendance, Hold
from credit_app.attendance.voiding import set_void
from credit_app.ledger.moving import move_credits
from credit_app.people.models import User
from credit_app.recognition.results.actions import note
from credit_app.recognition.results.models import ReviewedResult
from credit_app.rules.calendar import local_date
from credit_app.schools.cards.actions import take_over_cards
from credit_app.schools.merges import leave_lists, locked_pair, record_merge
from credit_app.schools.models import Student, StudentMerge


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did. `left_void` are attendances that both rows had; the survivor's stand."""

    merge: StudentMerge
    moved: int
    left_void: int
    gained_centicredits: int


def merge_students(
    session: Session, *, duplicate: Student, survivor: Student, merged_by: User, reason: str, now: datetime
) -> Merged:
    """`survivor` stands for the child from now on; `duplicate` is on no list, and nobody signs in as it.

    Raises: InvalidInput for a pupil and herself, two schools, or no reason; Conflict when one was merged before.
    """
    locked_pair(session, duplicate=duplicate, survivor=survivor)
    merge = record_merge(session, duplicate=duplicate, survivor=survivor, merged_by=merged_by, reason=reason, now=now)
    twice = _attended_by_both(session, duplicate, survivor)
    for attendance_id in twice:
        set_void(
            session,
            attendance_id=attendance_id,
            reason="duplicate",
            words=merge.reason,
            decided_by=merged_by,
            now=now,
        )
    moved = session.execute(
        update(Attendance)
        .where(Attendance.student_id == duplicate.id, Attendance.id.not_in(list(twice)))
        .values(student_id=survivor.id)
        .returning(Attendance.id)
        .execution_options(synchronize_session=False)
    ).all()
    # What waits about the duplicate waits about the survivor.
    session.execute(
        update(Hold)
        .where(Hold.student_id == duplicate.id, Hold.state == "open")
        .values(student_id=survivor.id)
        .execution_options(synchronize_session=False)
    )
    entered_twice = _move_results(session, duplicate, survivor, merged_by, now)
    gained = 0
    if duplicate.account_ref is not None and survivor.account_ref is not None:
        gained = move_credits(
            session,
            from_ref=duplicate.account_ref,
            into_ref=survivor.account_ref,
            leaving=set(twice.values()) | entered_twice,
            cause=merge.public_id,
            now=now,
            recorded_by=merged_by.public_id,
        )
    leave_lists(session, duplicate=duplicate, survivor=survivor, day=local_date(now))
    take_over_cards(session, duplicate=duplicate, survivor=survivor, merged_by=merged_by, now=now)
    return Merged(merge, len(moved), len(twice), gained)


def _move_results(session: Session, duplicate: Student, survivor: Student, merged_by: User, now: datetime) -> set[str]:
    """The survivor has the duplicate's reviewed results too; of those entered for both, the survivor's stands.

    Returns: the participations that were entered twice, and are withdrawn.
    """
    own = {_sameness(result) for result in _results_standing(session, survivor)}
    twice = [result for result in _results_standing(session, duplicate) if _sameness(result) in own]
    for result in twice:
        result.state = "withdrawn"
        result.revocation_asked_by_id = result.revocation_asked_at = None
    if twice:
        note(session, results=twice, step="withdrawn", remark="", taken_by=merged_by, now=now)
    session.flush()
    session.execute(
        update(ReviewedResult)
        .where(ReviewedResult.student_id == duplicate.id, ReviewedResult.id.not_in([result.id for result in twice]))
        .values(student_id=survivor.id)
    )
    return {result.public_id for result in twice}


def _results_standing(session: Session, student: Student) -> list[ReviewedResult]:
    query = (
        select(ReviewedResult)
        .where(ReviewedResult.student_id == student.id, ReviewedResult.state.in_(("submitted", "returned", "approved")))
        .order_by(ReviewedResult.id)
        .with_for_update(key_share=True)
    )
    return list(session.scalars(query))


def _sameness(result: ReviewedResult) -> tuple[object, ...]:
    """What no pupil may have twice: the columns of ``uq_reviewed_result_standing``."""
    return result.category, result.activity_key, result.level, result.occurred_on


def _attended_by_both(session: Session, duplicate: Student, survivor: Student) -> dict[int, str]:
    """The duplicate's attendances for which the survivor has one too: id → participation, locked."""
    other = aliased(Attendance)
    rows = session.execute(
        select(Attendance.id, Attendance.public_id)
        .join(
            other,
            (other.occurrence_id == Attendance.occurrence_id)
            & (other.attended_on == Attendance.attended_on)
            & (other.student_id == survivor.id),
        )
        .where(Attendance.student_id == duplicate.id)
        .order_by(Attendance.id)
    )
    return {row.id: row.public_id for row in rows}
