"""Two rows that may be the same child, side by side, before one takes up the other."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, joinedload

from credit_app.attendance.models import Attendance
from credit_app.ledger.models import LedgerAccount
from credit_app.schools.models import Enrolment, Student


@dataclass(frozen=True, slots=True)
class MergeSide:
    """One row: its places in schools, newest first, and what stands under it. Units: centicredits."""

    student: Student
    places: list[Enrolment]
    participations: int
    centicredits: int

    @property
    def has_account(self) -> bool:
        return self.student.user_id is not None


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do; `attended_by_both` participations are counted once, as the survivor's."""

    duplicate: MergeSide
    survivor: MergeSide
    attended_by_both: int


def merge_preview(session: Session, *, duplicate: Student, survivor: Student) -> MergePreview:
    """The two rows and what they have in common; seven statements."""
    other = aliased(Attendance)
    both = (
        select(func.count())
        .select_from(Attendance)
        .join(
            other,
            (other.occurrence_id == Attendance.occurrence_id)
            & (other.attended_on == Attendance.attended_on)
            & (other.student_id == survivor.id),
        )
        .where(Attendance.student_id == duplicate.id)
    )
    return MergePreview(_side(session, duplicate), _side(session, survivor), session.scalar(both) or 0)


def _side(session: Session, student: Student) -> MergeSide:
    places = session.scalars(
        select(Enrolment)
        .where(Enrolment.student_id == student.id)
        .options(joinedload(Enrolment.school_class))
        .order_by(Enrolment.starts_on.desc())
    ).all()
    attended = session.scalar(
        select(func.count())
        .select_from(Attendance)
        .where(Attendance.student_id == student.id, Attendance.state != "voided")
    )
    balance = session.scalar(select(LedgerAccount.balance_centicredits).where(LedgerAccount.id == student.account_ref))
    return MergeSide(student, list(places), attended or 0, balance or 0)
