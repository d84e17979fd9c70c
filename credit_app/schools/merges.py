"""Two rows of a school that were the same child: who was taken up by whom, and what of a school's own lists follows.

What else follows (attendances, credits) is told where it lives: ``recognition.merging`` carries out the whole.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.people.models import SignInSession, User
from credit_app.schools.models import Enrolment, GroupMember, Student, StudentMerge, Transfer

REASON_LENGTH = 200


def is_merged() -> ColumnElement[bool]:
    """The `Student` of the statement has been taken up by another row."""
    return exists().where(StudentMerge.from_student_id == Student.id)


def survivor_id(session: Session, *, student_id: int) -> int:
    """The row that stands for this child today: itself, unless it has been merged, perhaps more than once."""
    while True:
        into = session.scalar(select(StudentMerge.into_student_id).where(StudentMerge.from_student_id == student_id))
        if into is None:
            return student_id
        student_id = into


def survivors(session: Session) -> dict[int, int]:
    """Every merge as row → the row that took it up; merges are few, even a city's fit in memory."""
    rows = session.execute(select(StudentMerge.from_student_id, StudentMerge.into_student_id))
    return {row.from_student_id: row.into_student_id for row in rows}


def locked_pair(session: Session, *, duplicate: Student, survivor: Student) -> None:
    """The two rows, locked in order of their id until the transaction ends, and found fit to be merged.

    Raises: InvalidInput for a pupil and herself, or pupils of two schools; Conflict when one of them has been merged
    already: with a duplicate taken up twice, or taken up by one who is gone, nobody could say who the child is.
    """
    if duplicate.id == survivor.id:
        raise InvalidInput(_("不能把学生和自己合并，请选择另一条记录。"), field="into")
    if duplicate.school_id != survivor.school_id:
        raise InvalidInput(_("两条记录不在同一所学校，不能合并；转学请用转学码。"), field="into")
    ids = sorted((duplicate.id, survivor.id))
    session.execute(select(Student.id).where(Student.id.in_(ids)).order_by(Student.id).with_for_update())
    if session.scalar(select(StudentMerge.id).where(StudentMerge.from_student_id.in_(ids)).limit(1)) is not None:
        raise Conflict(_("其中一条记录已经合并过了，请刷新后再看。"))
    for student in (duplicate, survivor):
        session.refresh(student)


def record_merge(
    session: Session, *, duplicate: Student, survivor: Student, merged_by: User, reason: str, now: datetime
) -> StudentMerge:
    """The merge stands in the list of merges, and says which sourcedId of a roster means the survivor from now on.

    Raises: InvalidInput for a reason that is missing or too long.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput(_("请写明为什么合并。"), field="reason")
    if len(reason) > REASON_LENGTH:
        raise InvalidInput(_("合并原因最多 %(most)s 个字。", most=REASON_LENGTH), field="reason")
    takes_over = survivor.source_id is None
    merge = StudentMerge(
        from_student_id=duplicate.id,
        into_student_id=survivor.id,
        from_source_id=None if takes_over else duplicate.source_id,
        merged_by_id=merged_by.id,
        merged_at=now,
        reason=reason,
    )
    session.add(merge)
    source_id, duplicate.source_id = duplicate.source_id, None
    session.flush()  # the sourcedId must be free before another row has it
    if takes_over:
        survivor.source_id = source_id
    session.flush()
    return merge


def leave_lists(session: Session, *, duplicate: Student, survivor: Student, day: date) -> None:
    """From `day` on the duplicate stands nowhere, and nobody signs in with its account unless the survivor takes it.

    The survivor keeps the earlier of the two days on which the child joined, and their 学籍号 if it had none.
    """
    place = session.scalar(select(Enrolment).filter_by(student_id=duplicate.id, ends_on=None))
    own = session.scalar(select(Enrolment).filter_by(student_id=survivor.id, ends_on=None))
    if place is not None:
        if own is not None and own.academic_year == place.academic_year:
            own.joined_on = min(own.joined_on, place.joined_on)
        if place.starts_on < day:
            place.ends_on = day - timedelta(days=1)
        else:
            session.delete(place)  # a place that lasted less than a day
    for membership in session.scalars(select(GroupMember).filter_by(student_id=duplicate.id, ends_on=None)):
        membership.ends_on = max(day - timedelta(days=1), membership.starts_on)
    for transfer in session.scalars(
        select(Transfer).filter_by(student_id=duplicate.id, received_at=None, cancelled_at=None)
    ):
        session.delete(transfer)  # nobody can be received any more
    if survivor.registry_digest is None:
        survivor.registry_digest, survivor.registry_last4 = duplicate.registry_digest, duplicate.registry_last4
    user, duplicate.user_id = duplicate.user_id, None
    session.flush()
    if user is None:
        return
    if survivor.user_id is None:
        survivor.user_id = user
    else:
        session.get_one(User, user).is_active = False
    session.execute(delete(SignInSession).where(SignInSession.user_id == user))
    session.flush()
