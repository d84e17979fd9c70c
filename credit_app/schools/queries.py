"""Reading a school from within. Each query fetches and authorises in one call: what is another's is `NotFound`.

"On a day" means that the place, the teaching or the role holds on that local date, both ends included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from credit_app.errors import NotFound
from credit_app.organisations.models import School
from credit_app.people.models import Role, User
from credit_app.rules.calendar import academic_year
from credit_app.schools.merges import is_merged
from credit_app.schools.models import Enrolment, GroupMember, SchoolClass, Student, Teaching


def holds_on(row: Any, day: Any) -> ColumnElement[bool]:
    """The condition that `row` (a table with `starts_on` and `ends_on`) holds on `day` (a date or a column)."""
    return and_(row.starts_on <= day, or_(row.ends_on.is_(None), row.ends_on >= day))


def classes_of(session: Session, *, user: User, day: date) -> list[SchoolClass]:
    """The classes of the day's academic year that `user` leads or teaches, homerooms first, then by grade and name."""
    found = session.scalars(
        select(SchoolClass)
        .where(
            _teaches(user, day),
            SchoolClass.academic_year == academic_year(day),
            SchoolClass.is_active,
        )
        .options(joinedload(SchoolClass.school))
    )
    return sorted(found, key=lambda c: (c.kind != "homeroom", c.grade or 0, c.name, c.id))


def led_classes_of(session: Session, *, user: User, day: date) -> list[SchoolClass]:
    """Of `classes_of`, those that `user` leads as homeroom teacher."""
    led = set(
        session.scalars(
            select(Teaching.class_id).where(
                Teaching.user_id == user.id, Teaching.kind == "homeroom_teacher", holds_on(Teaching, day)
            )
        )
    )
    return [school_class for school_class in classes_of(session, user=user, day=day) if school_class.id in led]


def class_for(session: Session, *, user: User, public_id: str, day: date) -> SchoolClass:
    """The class, for those who lead or teach it on `day` and for its school's science counselor.

    Raises: NotFound for everybody else, former teachers included.
    """
    return _one_class(session, public_id, or_(_teaches(user, day), _counsels(user, SchoolClass.school_id, day)))


def led_class_for(session: Session, *, user: User, public_id: str, day: date) -> SchoolClass:
    """The class, for its homeroom teacher on `day` and its school's counselor: who may hand out sign-ins.

    Raises: NotFound for everybody else, teachers of single subjects included.
    """
    leads = _teaches(user, day, "homeroom_teacher")
    return _one_class(session, public_id, or_(leads, _counsels(user, SchoolClass.school_id, day)))


def school_for_counselor(session: Session, *, user: User, day: date) -> School:
    """The school whose science counselor `user` is on `day`. Raises: NotFound when there is none."""
    school = session.scalar(
        select(School).where(_counsels(user, School.id, day)).order_by(School.id).options(joinedload(School.district))
    )
    if school is None:
        raise NotFound
    return school


def classes_of_school(session: Session, *, school: School, day: date) -> list[SchoolClass]:
    """Every active class of the school in the day's academic year, homerooms first, then by grade and name."""
    found = session.scalars(
        select(SchoolClass).filter_by(school_id=school.id, academic_year=academic_year(day), is_active=True)
    )
    return sorted(found, key=lambda c: (c.kind != "homeroom", c.grade or 0, c.name, c.id))


def students_of_class(session: Session, *, school_class: SchoolClass, day: date) -> list[Student]:
    """Who stands in the class (of a teaching group: belongs to it) on `day`, by student number, then by pinyin."""
    if school_class.kind == "group":
        membership = select(GroupMember.student_id).where(
            GroupMember.class_id == school_class.id, holds_on(GroupMember, day)
        )
    else:
        membership = select(Enrolment.student_id).where(Enrolment.class_id == school_class.id, holds_on(Enrolment, day))
    return in_list_order(session.scalars(select(Student).where(Student.id.in_(membership))))


def pupils_without_class(session: Session, *, school: School, day: date) -> list[Enrolment]:
    """The places on `day` that have no class yet, with their pupils, by grade, then in list order."""
    places = session.scalars(
        select(Enrolment)
        .join(Enrolment.student)
        .where(Enrolment.school_id == school.id, Enrolment.class_id.is_(None), holds_on(Enrolment, day))
        .options(contains_eager(Enrolment.student))
    )
    return sorted(places, key=lambda place: (place.grade, *_list_key(place.student)))


def student_for_staff(session: Session, *, user: User, public_id: str, day: date) -> Student:
    """The pupil, for those who lead or teach a class they stand in on `day`, and for the school's counselor.

    Raises: NotFound for everybody else, and for a duplicate that has been merged into another row.
    """
    # Said to belong to this very pupil: of itself a select correlates with the one right around it only, and any pupil
    # of any class would do.
    in_class, in_group = (
        select(membership.class_id)
        .where(membership.student_id == Student.id, holds_on(membership, day))
        .correlate(Student)
        for membership in (Enrolment, GroupMember)
    )
    taught = exists().where(or_(SchoolClass.id.in_(in_class), SchoolClass.id.in_(in_group)), _teaches(user, day))
    student = session.scalar(
        select(Student)
        .where(Student.public_id == public_id, ~is_merged(), or_(taught, _counsels(user, Student.school_id, day)))
        .options(joinedload(Student.school), joinedload(Student.user))
    )
    if student is None:
        raise NotFound
    return student


def led_student_for(session: Session, *, user: User, public_id: str, day: date) -> Student:
    """The pupil, for the homeroom teacher of the class they stand in on `day`, and for the school's counselor: who may
    hand out cards. Raises: NotFound for everybody else."""
    student = session.scalar(
        select(Student)
        .where(Student.public_id == public_id, ~is_merged(), _leads_student(user, day))
        .options(joinedload(Student.school))
    )
    if student is None:
        raise NotFound
    return student


def leads_student(session: Session, *, user: User, student: Student, day: date) -> bool:
    """Whether `led_student_for` would find the pupil for `user`."""
    return bool(session.scalar(select(Student.id).where(Student.id == student.id, _leads_student(user, day))))


def counseled_student(session: Session, *, user: User, public_id: str, day: date) -> Student:
    """The pupil, for the science counselor of their school only. Raises: NotFound for everybody else."""
    student = session.scalar(
        select(Student)
        .where(Student.public_id == public_id, ~is_merged(), _counsels(user, Student.school_id, day))
        .options(joinedload(Student.school), joinedload(Student.user))
    )
    if student is None:
        raise NotFound
    return student


def pupils_like(session: Session, *, school: School, text: str, limit: int = 20) -> list[Student]:
    """Pupils of the school, former ones included, whose name holds `text` or whose student number begins with it."""
    text = text.strip()
    if not text:
        return []
    return in_list_order(
        session.scalars(
            select(Student)
            .where(
                Student.school_id == school.id,
                ~is_merged(),
                or_(
                    Student.name.contains(text, autoescape=True),
                    Student.student_no.startswith(text, autoescape=True),
                ),
            )
            .order_by(Student.sort_name, Student.id)
            .limit(limit)
        )
    )


def student_of_user(session: Session, *, user: User) -> Student | None:
    """The pupil whose account `user` is; None for people who are no pupils."""
    return session.scalar(select(Student).filter_by(user_id=user.id).options(joinedload(Student.school)))


def enrolment_on(session: Session, *, student: Student, day: date) -> Enrolment | None:
    """The pupil's place on `day`, with its class; None when they had none."""
    return session.scalar(
        select(Enrolment)
        .where(Enrolment.student_id == student.id, holds_on(Enrolment, day))
        .order_by(Enrolment.starts_on.desc())
        .options(joinedload(Enrolment.school_class))
        .limit(1)
    )


def enrolments_on(session: Session, *, students: Sequence[Student], day: date) -> dict[int, Enrolment]:
    """The places of `students` on `day` by student id, in one statement; who has none is not in it."""
    found = session.scalars(
        select(Enrolment)
        .where(Enrolment.student_id.in_([student.id for student in students]), holds_on(Enrolment, day))
        .options(joinedload(Enrolment.school_class))
    )
    return {place.student_id: place for place in found}


def in_list_order(students: Iterable[Student]) -> list[Student]:
    """As a class list has them. Sorted here, since databases differ in how they compare letters and spaces."""
    return sorted(students, key=_list_key)


def _list_key(student: Student) -> tuple[str, str, int]:
    return student.student_no, student.sort_name, student.id


def _one_class(session: Session, public_id: str, allowed: ColumnElement[bool]) -> SchoolClass:
    school_class = session.scalar(
        select(SchoolClass).where(SchoolClass.public_id == public_id, allowed).options(joinedload(SchoolClass.school))
    )
    if school_class is None:
        raise NotFound
    return school_class


def _teaches(user: User, day: date, *kinds: str) -> ColumnElement[bool]:
    """`user` holds a teaching (of `kinds`, when given) of this `SchoolClass` and the role of teacher at its school."""
    teaching = exists().where(
        Teaching.class_id == SchoolClass.id,
        Teaching.user_id == user.id,
        holds_on(Teaching, day),
        *([Teaching.kind.in_(kinds)] if kinds else []),
    )
    role = exists().where(
        Role.user_id == user.id,
        Role.kind.in_(("teacher", "science_counselor")),
        Role.school_id == SchoolClass.school_id,
        holds_on(Role, day),
    )
    return and_(teaching, role)


def _leads_student(user: User, day: date) -> ColumnElement[bool]:
    in_class = (
        select(Enrolment.class_id)
        .where(Enrolment.student_id == Student.id, holds_on(Enrolment, day))
        .correlate(Student)
    )
    led = exists().where(SchoolClass.id.in_(in_class), _teaches(user, day, "homeroom_teacher"))
    return or_(led, _counsels(user, Student.school_id, day))


def _counsels(user: User, school_id: Any, day: date) -> ColumnElement[bool]:
    return exists().where(
        Role.user_id == user.id, Role.kind == "science_counselor", Role.school_id == school_id, holds_on(Role, day)
    )
