"""From one school to another in mid-year: a counselor releases a pupil under a code, another counselor receives them.

The code in clear is given out once; the database keeps a keyed digest. It works once, for thirty days. The ledger
account goes along: what was earned stands as it was judged, and the new district's book counts on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.organisations.models import School
from credit_app.people.models import Role, User
from credit_app.people.tokens import new_activation_code, transfer_digest
from credit_app.rules.calendar import LOCAL, academic_year, local_date
from credit_app.schools.actions import end_enrolment, enrol, require_place
from credit_app.schools.models import Enrolment, SchoolClass, Student, Transfer
from credit_app.schools.roster.accounts import numbered

VALID_DAYS = 30


@dataclass(frozen=True, slots=True)
class Received:
    """A pupil who has arrived; `old_login_name` is set when the new school had somebody of that name already."""

    transfer: Transfer
    enrolment: Enrolment
    login_name: str
    old_login_name: str | None


def release_student(session: Session, *, student: Student, released_by: User, now: datetime) -> tuple[Transfer, str]:
    """The pupil may be received elsewhere under the code, which is returned in clear this once; an earlier one ends."""
    session.execute(
        update(Transfer)
        .where(Transfer.student_id == student.id, Transfer.received_at.is_(None), Transfer.cancelled_at.is_(None))
        .values(cancelled_at=now, cancelled_by_id=released_by.id)
        .execution_options(synchronize_session=False)
    )
    code = new_activation_code()
    last_day = local_date(now) + timedelta(days=VALID_DAYS)
    transfer = Transfer(
        student_id=student.id,
        from_school_id=student.school_id,
        code_digest=transfer_digest(code),
        released_by_id=released_by.id,
        released_at=now,
        expires_at=datetime.combine(last_day + timedelta(days=1), time(), LOCAL),
    )
    session.add(transfer)
    session.flush()
    return transfer, code


def cancel_transfer(session: Session, *, transfer: Transfer, cancelled_by: User, now: datetime) -> None:
    """The code works no more. Raises: Conflict when it has been used or cancelled."""
    cancelled = session.execute(
        update(Transfer)
        .where(Transfer.id == transfer.id, Transfer.received_at.is_(None), Transfer.cancelled_at.is_(None))
        .values(cancelled_at=now, cancelled_by_id=cancelled_by.id)
        .returning(Transfer.id)
    ).first()
    if cancelled is None:
        raise Conflict(_("这个转学码已经用过或取消，请刷新后再看。"))


def usable(session: Session, *, code: str, school: School, now: datetime) -> Transfer:
    """The release that `code` stands for, if `school` may receive by it.

    Raises: InvalidInput, which says whether the code is unknown, used, cancelled, expired or the school's own.
    """
    transfer = session.scalar(
        select(Transfer)
        .where(Transfer.code_digest == transfer_digest(code))
        .options(
            joinedload(Transfer.student).joinedload(Student.user),
            joinedload(Transfer.from_school).joinedload(School.district),
        )
    )
    if transfer is None:
        raise InvalidInput(_("没有这个转学码，请照着原校给的再输入一次。"), field="code")
    if transfer.received_at is not None:
        raise InvalidInput(_("这个转学码已经用过了。"), field="code")
    if transfer.cancelled_at is not None:
        raise InvalidInput(_("这个转学码已被原校取消，请联系原校重新发放。"), field="code")
    if transfer.expires_at <= now:
        raise InvalidInput(_("这个转学码已经过期，请联系原校重新发放。"), field="code")
    if transfer.from_school_id == school.id:
        raise InvalidInput(_("这是本校发放的转学码，应由转入学校输入。"), field="code")
    return transfer


def receive_student(
    session: Session,
    *,
    transfer: Transfer,
    school: School,
    school_class: SchoolClass | None,
    student_no: str,
    starts_on: date,
    received_by: User,
    now: datetime,
) -> Received:
    """The pupil stands in `school` from `starts_on` on, and in the old one until the day before; their groups end.

    The day they joined in this academic year is kept, so that the target is not halved for a child who merely moved.
    Raises: InvalidInput for a day before the release or to come, or a class of another school; Conflict when the code
    has just been used.
    """
    if not local_date(transfer.released_at) <= starts_on <= local_date(now):
        raise InvalidInput(_("转入日期应在原校发码之日到今天之间。"), field="starts_on")
    used = session.execute(
        update(Transfer)
        .where(Transfer.id == transfer.id, Transfer.received_at.is_(None), Transfer.cancelled_at.is_(None))
        .values(to_school_id=school.id, received_by_id=received_by.id, received_at=now, starts_on=starts_on)
        .returning(Transfer.id)
    ).first()
    if used is None:
        raise Conflict(_("这个转学码已经用过或取消，请刷新后再看。"))
    student = transfer.student
    last = _last_place(session, student)
    if last is None:
        raise Conflict(_("%(name)s 还没有学籍位置，不能转学。", name=student.name))
    if last.starts_on >= starts_on:
        raise InvalidInput(_("转入日期应晚于在原校的最近一次变动（%(day)s）。", day=last.starts_on), field="starts_on")
    year = academic_year(starts_on)
    grade = school_class.grade if school_class is not None and school_class.grade is not None else last.grade
    require_place(school, school_class, grade, year, starts_on)
    if last.ends_on is None:
        end_enrolment(session, student=student, ends_on=starts_on - timedelta(days=1))
    transfer.from_source_id = student.source_id
    student.school, student.source_id, student.student_no = school, None, student_no.strip()
    old_name = _move_account(session, student, school, starts_on)
    enrolment = enrol(
        session,
        student=student,
        grade=grade,
        academic_year=year,
        school_class=school_class,
        starts_on=starts_on,
        joined_on=last.joined_on if last.academic_year == year else starts_on,
    )
    return Received(transfer, enrolment, student.user.login_name if student.user else "", old_name)


def free_login_name(session: Session, *, school: School, wanted: str) -> str:
    """`wanted`, or the first numbered form of it that nobody in the school has."""
    taken = set(session.scalars(select(User.login_name).where(User.school_id == school.id)))
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = numbered(wanted, number)
    return name


def transfers_of(session: Session, *, school: School, limit: int = 50) -> Sequence[Transfer]:
    """What the school has released or received, newest first, with pupils and schools; one statement."""
    return session.scalars(
        select(Transfer)
        .where(or_(Transfer.from_school_id == school.id, Transfer.to_school_id == school.id))
        .options(joinedload(Transfer.student), joinedload(Transfer.from_school), joinedload(Transfer.to_school))
        .order_by(Transfer.id.desc())
        .limit(limit)
    ).all()


def released_transfer(session: Session, *, school: School, public_id: str) -> Transfer:
    """A release of this school. Raises: NotFound for another's."""
    transfer = session.scalar(select(Transfer).filter_by(public_id=public_id, from_school_id=school.id))
    if transfer is None:
        raise NotFound
    return transfer


def _last_place(session: Session, student: Student) -> Enrolment | None:
    return session.scalar(
        select(Enrolment).where(Enrolment.student_id == student.id).order_by(Enrolment.starts_on.desc()).limit(1)
    )


def _move_account(session: Session, student: Student, school: School, starts_on: date) -> str | None:
    """The account is one of the new school, under a name that is free there; the old name, if it had to change."""
    user = student.user
    if user is None:
        return None
    last_day = starts_on - timedelta(days=1)
    for role in session.scalars(select(Role).filter_by(user_id=user.id, kind="pupil", ends_on=None)):
        role.ends_on = max(last_day, role.starts_on)
    old_name, new_name = user.login_name, free_login_name(session, school=school, wanted=user.login_name)
    try:
        with session.begin_nested():
            user.school, user.login_name, user.source_id = school, new_name, None
            session.flush()
    except IntegrityError as taken:
        raise Conflict from taken
    session.add(Role(user_id=user.id, kind="pupil", school_id=school.id, starts_on=starts_on))
    session.flush()
    return old_name if new_name != old_name else None
