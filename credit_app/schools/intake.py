"""Many pupils entered at once, in a few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.keys import new_public_id
from credit_app.organisations.models import School
from credit_app.people.login_names import acceptable_name
from credit_app.people.models import Role, User
from credit_app.schools.actions import require_place, student_values
from credit_app.schools.models import Enrolment, GroupMember, SchoolClass, Student

M = TypeVar("M", User, Student)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPupil:
    """A pupil to be entered by `create_pupils`; without a login name they have no account."""

    name: str
    student_no: str
    grade: int
    school_class: SchoolClass | None = None
    login_name: str | None = None
    registry_no: str | None = None


def create_pupils(
    session: Session,
    *,
    school: School,
    pupils: Sequence[NewPupil],
    academic_year: str,
    starts_on: date,
    now: datetime,
) -> list[Student]:
    """All `pupils` have an account without a password, the role of pupil, and a place from `starts_on` on; in order.

    A few statements however many they are; the same rules as one by one.
    Raises: InvalidInput and Conflict as `create_student` and `enrol` do, and when a login name is taken or twice given.
    """
    for pupil in pupils:
        require_place(school, pupil.school_class, pupil.grade, academic_year, starts_on)
    users = _insert_users(session, school, pupils, now)
    students = [
        {
            **student_values(school, name=p.name, student_no=p.student_no, now=now, registry_no=p.registry_no),
            "user_id": user_id,
            "public_id": new_public_id(),
        }
        for p, user_id in zip(pupils, users, strict=True)
    ]
    roles = [
        {"user_id": user_id, "kind": "pupil", "school_id": school.id, "starts_on": starts_on}
        for user_id in users
        if user_id is not None
    ]
    _insert(session, Role, roles)
    _insert(session, Student, students)
    made = _by_public_id(session, Student, [student["public_id"] for student in students])
    places = [
        {
            "student_id": student.id,
            "school_id": school.id,
            "academic_year": academic_year,
            "grade": pupil.grade,
            "class_id": pupil.school_class.id if pupil.school_class else None,
            "joined_on": starts_on,
            "starts_on": starts_on,
        }
        for pupil, student in zip(pupils, made, strict=True)
    ]
    _insert(session, Enrolment, places)
    return made


def move_up(
    session: Session, *, pupils: Sequence[tuple[Student, SchoolClass]], academic_year: str, starts_on: date
) -> None:
    """From `starts_on` on each pupil stands in their new class of `academic_year`; old places and teaching groups have
    ended the day before. A few statements however many they are.

    Raises: InvalidInput when a class has no grade, or is not of the pupil's school and of that year.
    """
    for student, school_class in pupils:
        require_place(student.school, school_class, school_class.grade or 0, academic_year, starts_on)
    student_ids = [student.id for student, _ in pupils]
    last_day = starts_on - timedelta(days=1)
    for open_rows in (Enrolment, GroupMember):
        session.execute(
            update(open_rows)
            .where(open_rows.student_id.in_(student_ids), open_rows.ends_on.is_(None), open_rows.starts_on <= last_day)
            .values(ends_on=last_day)
        )
    session.add_all(
        Enrolment(
            student_id=student.id,
            school_id=student.school_id,
            academic_year=academic_year,
            grade=school_class.grade,
            class_id=school_class.id,
            joined_on=starts_on,
            starts_on=starts_on,
        )
        for student, school_class in pupils
    )
    session.flush()


def _insert_users(session: Session, school: School, pupils: Sequence[NewPupil], now: datetime) -> list[int | None]:
    """The ids of the pupils' new accounts, in order; None for those without."""
    wanted = [acceptable_name(pupil.login_name) if pupil.login_name else None for pupil in pupils]
    names = [name for name in wanted if name]
    twice = {name for name, times in Counter(names).items() if times > 1}
    taken = set(session.scalars(select(User.login_name).where(User.school_id == school.id))) & set(names)
    if taken or twice:
        raise Conflict(_("用户名 %(name)s 在本校已被使用。", name=min(taken | twice)), field="login_name")
    rows = [
        {
            "public_id": new_public_id(),
            "school_id": school.id,
            "login_name": name,
            "display_name": " ".join(pupil.name.split()),
            "created_at": now,
        }
        for pupil, name in zip(pupils, wanted, strict=True)
        if name
    ]
    _insert(session, User, rows)
    made = iter(_by_public_id(session, User, [str(row["public_id"]) for row in rows]))
    return [next(made).id if name else None for name in wanted]


def _insert(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    # By table: SQLite gives ids of new rows back one at a time, so the unit of work would send a statement a row.
    if rows:
        session.execute(insert(model.__table__), rows)


def _by_public_id(session: Session, model: type[M], public_ids: Sequence[str]) -> list[M]:
    """The rows of these public ids, in their order."""
    found = {row.public_id: row for row in session.scalars(select(model).where(model.public_id.in_(public_ids)))}
    return [found[public_id] for public_id in public_ids]
