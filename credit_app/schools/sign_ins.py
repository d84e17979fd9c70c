"""Who of a class can sign in, who still waits for a code, and whose code has run out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from credit_app.organisations.models import School
from credit_app.people.models import ActivationCode, Role, User
from credit_app.rules.calendar import local_date
from credit_app.schools.models import Enrolment, SchoolClass, Student
from credit_app.schools.queries import holds_on


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How it stands with one person's account.

    `state`: ``activated``; ``issued`` (a code is out, good until the end of `until`); ``expired``; ``none`` (no code
    yet); ``closed`` (the account is); ``no_account`` (the roster gave no usable user name).
    """

    public_id: str
    name: str
    number: str
    user: User | None
    state: str
    until: date | None

    @property
    def awaits_code(self) -> bool:
        """Whether a slip can be printed: there is an account, and nobody has activated it."""
        return self.state in {"none", "issued", "expired"}


def sign_ins_of_students(session: Session, *, students: Sequence[Student], now: datetime) -> list[SignIn]:
    """How it stands with the accounts of `students`, in their order, in two statements."""
    ids = [student.user_id for student in students if student.user_id is not None]
    users = {user.id: user for user in session.scalars(select(User).where(User.id.in_(ids)))}
    codes = _codes_of(session, ids)
    return [
        _sign_in(student.public_id, student.name, student.student_no, users.get(student.user_id or 0), codes, now)
        for student in students
    ]


def sign_ins_of_staff(session: Session, *, school: School, day: date, now: datetime) -> list[SignIn]:
    """How it stands with the accounts of the school's staff on `day`, by user name."""
    users = session.scalars(select(User).where(User.id.in_(_staff_ids(school, day))).order_by(User.login_name)).all()
    codes = _codes_of(session, [user.id for user in users])
    return [_sign_in(user.public_id, user.display_name, "", user, codes, now) for user in users]


@dataclass(frozen=True, slots=True)
class Activated:
    """How many of a class's (of a grade's, without class) pupils have activated their account."""

    pupils: int
    activated: int


def activated_by_class(session: Session, *, classes: Iterable[SchoolClass], day: date) -> dict[int, Activated]:
    """By class id, for homerooms; in one statement."""
    rows = session.execute(
        select(Enrolment.class_id, func.count(), func.count(User.password_hash))
        .join(Student, Student.id == Enrolment.student_id)
        .outerjoin(User, User.id == Student.user_id)
        .where(Enrolment.class_id.in_([school_class.id for school_class in classes]), holds_on(Enrolment, day))
        .group_by(Enrolment.class_id)
    )
    return {class_id: Activated(pupils, activated) for class_id, pupils, activated in rows if class_id is not None}


def activated_without_class(session: Session, *, school: School, day: date) -> dict[int, Activated]:
    """By grade, for the pupils of the school who have no class yet."""
    rows = session.execute(
        select(Enrolment.grade, func.count(), func.count(User.password_hash))
        .join(Student, Student.id == Enrolment.student_id)
        .outerjoin(User, User.id == Student.user_id)
        .where(Enrolment.school_id == school.id, Enrolment.class_id.is_(None), holds_on(Enrolment, day))
        .group_by(Enrolment.grade)
        .order_by(Enrolment.grade)
    )
    return {grade: Activated(pupils, activated) for grade, pupils, activated in rows}


def activated_staff(session: Session, *, school: School, day: date) -> Activated:
    """Of the school's staff."""
    people, activated = session.execute(
        select(func.count(), func.count(User.password_hash)).where(User.id.in_(_staff_ids(school, day)))
    ).one()
    return Activated(people, activated)


def _staff_ids(school: School, day: date) -> Select[int]:
    return select(Role.user_id).where(
        Role.school_id == school.id, Role.kind.in_(("teacher", "science_counselor")), holds_on(Role, day)
    )


def _codes_of(session: Session, user_ids: Sequence[int]) -> dict[int, datetime]:
    """When the unused code of each user runs out; who has none is not in it."""
    rows = session.execute(
        select(ActivationCode.user_id, func.max(ActivationCode.expires_at))
        .where(
            ActivationCode.user_id.in_(user_ids),
            ActivationCode.used_at.is_(None),
            ActivationCode.revoked_at.is_(None),
        )
        .group_by(ActivationCode.user_id)
    )
    return dict(rows.all())


def _sign_in(
    public_id: str, name: str, number: str, user: User | None, codes: dict[int, datetime], now: datetime
) -> SignIn:
    state, until = "no_account", None
    if user is not None:
        expires_at = codes.get(user.id)
        # The code works up to the end of a day: the instant it runs out is already the next one.
        until = local_date(expires_at - timedelta(seconds=1)) if expires_at else None
        if not user.is_active:
            state = "closed"
        elif user.password_hash is not None:
            state = "activated"
        elif expires_at is None:
            state = "none"
        else:
            state = "issued" if expires_at > now else "expired"
    return SignIn(public_id=public_id, name=name, number=number, user=user, state=state, until=until)
