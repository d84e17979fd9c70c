"""How far somebody who leads can see: a `Reach`, and the condition that an attendance is within it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, select, union_all

from credit_app.attendance.models import Attendance
from credit_app.people.models import Role
from credit_app.schools.models import Enrolment, GroupMember, SchoolClass, Teaching
from credit_app.schools.queries import holds_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What somebody who leads may see on `day`: of their venues' and schools' own activities the occurrences, and in
    any occurrence the pupils who today are pupils of the schools they answer for, or of the classes and groups they
    teach. Who is no longer their pupil is no longer on their lists."""

    day: date
    venue_ids: Collection[int] = ()
    school_ids: Collection[int] = ()
    teacher_id: int | None = None


def within_reach(reach: Reach) -> ColumnElement[bool]:
    """The attendance is one of a pupil of the reach's schools, or of the classes and groups its teacher teaches."""
    return Attendance.student_id.in_(pupils_within(reach))


def pupils_within(reach: Reach) -> CompoundSelect[int]:
    """The ids of those pupils."""
    today = reach.day
    pupils = [select(Enrolment.student_id).where(Enrolment.school_id.in_(reach.school_ids), holds_on(Enrolment, today))]
    if reach.teacher_id is not None:
        taught = taught_classes(reach.teacher_id, today)
        pupils += [
            select(membership.student_id).where(membership.class_id.in_(taught), holds_on(membership, today))
            for membership in (Enrolment, GroupMember)
        ]
    return union_all(*pupils)


def classes_within(reach: Reach) -> CompoundSelect[int]:
    """The ids of the classes and groups that the reach's teacher teaches, and of all of its schools."""
    # Told of itself: within a statement that reads classes too it would else be asked about that row only.
    classes = [select(SchoolClass.id).where(SchoolClass.school_id.in_(reach.school_ids)).correlate(None)]
    if reach.teacher_id is not None:
        classes.append(taught_classes(reach.teacher_id, reach.day).correlate(None))
    return union_all(*classes)


def taught_classes(teacher_id: int, day: date) -> Select[int]:
    """The classes and groups that somebody leads or teaches, while they are a teacher of that school."""
    return (
        select(Teaching.class_id)
        .join(SchoolClass, SchoolClass.id == Teaching.class_id)
        .join(Role, and_(Role.user_id == Teaching.user_id, Role.school_id == SchoolClass.school_id))
        .where(
            Teaching.user_id == teacher_id,
            holds_on(Teaching, day),
            Role.kind.in_(("teacher", "science_counselor")),
            holds_on(Role, day),
        )
    )
