"""What changes in a school: classes, pupils, places in them, who teaches them. One by one; many at once: ``intake``.

An enrolment's days are inclusive. A pupil who changes class on a day stood in the old one until the day before.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.keys import keyed_digest
from credit_app.organisations.models import School
from credit_app.people.models import User
from credit_app.rules.calendar import academic_year_bounds
from credit_app.schools.models import Enrolment, GroupMember, SchoolClass, Student, Teaching
from credit_app.schools.sort_names import sort_name

GRADES = range(1, 13)
"""Grades a pupil can stand in; the scheme's own are 1 to 9."""


def create_class(
    session: Session,
    *,
    school: School,
    academic_year: str,
    grade: int | None,
    name: str,
    kind: str = "homeroom",
    course_title: str = "",
) -> SchoolClass:
    """A class of one academic year stands: a ``homeroom`` of one grade, or a teaching ``group``.

    Raises: InvalidInput for a blank name, an unknown kind, year or grade, or a homeroom without a grade; Conflict when
    the school has a homeroom of this name in the grade and year.
    """
    academic_year_bounds(academic_year)
    name = name.strip()
    if not name:
        raise InvalidInput(_("请填写班级名称。"), field="name")
    if kind not in {"homeroom", "group"}:
        raise ValueError(f"unknown kind of class {kind!r}")
    if grade is not None or kind == "homeroom":
        _require_grade(grade)
    if kind == "homeroom" and session.scalar(
        select(SchoolClass.id).filter_by(
            school_id=school.id, academic_year=academic_year, grade=grade, name=name, kind=kind
        )
    ):
        raise Conflict(_("这个年级已有班级“%(name)s”，请换一个名称。", name=name), field="name")
    school_class = SchoolClass(
        school_id=school.id, academic_year=academic_year, grade=grade, name=name, kind=kind, course_title=course_title
    )
    session.add(school_class)
    session.flush()
    return school_class


def create_student(
    session: Session,
    *,
    school: School,
    name: str,
    student_no: str,
    now: datetime,
    user: User | None = None,
    registry_no: str | None = None,
    source_id: str | None = None,
) -> Student:
    """The school knows a pupil, who has no place in it yet (see `enrol`); of the 学籍号 a digest and four characters.

    Raises: InvalidInput for a blank name or a user of another school; Conflict when the user is a pupil already.
    """
    if user is not None:
        if user.school_id != school.id:
            raise InvalidInput(_("这个账号不属于本校。"))
        if session.scalar(select(Student.id).filter_by(user_id=user.id)) is not None:
            raise Conflict(_("这个账号已经对应一名学生。"))
    values = student_values(school, name=name, student_no=student_no, now=now, registry_no=registry_no)
    student = Student(**values, user_id=user.id if user else None, source_id=source_id)
    session.add(student)
    session.flush()
    return student


def enrol(
    session: Session,
    *,
    student: Student,
    grade: int,
    academic_year: str,
    school_class: SchoolClass | None,
    starts_on: date,
    joined_on: date | None = None,
) -> Enrolment:
    """The pupil has a place in their school from `starts_on` on; without a class they stand under the grade.

    `joined_on` is the day they joined in this academic year (`starts_on` when not given).
    Raises: Conflict when they have a place on or after that day; InvalidInput when class, grade or day do not fit.
    """
    require_place(student.school, school_class, grade, academic_year, starts_on)
    taken = session.scalar(
        select(Enrolment.id).where(
            Enrolment.student_id == student.id, (Enrolment.ends_on.is_(None)) | (Enrolment.ends_on >= starts_on)
        )
    )
    if taken is not None:
        raise Conflict(_("%(name)s 在这一天已有学籍位置，请先结束原来的。", name=student.name))
    enrolment = Enrolment(
        student_id=student.id,
        school_id=student.school_id,
        academic_year=academic_year,
        grade=grade,
        class_id=school_class.id if school_class else None,
        joined_on=joined_on or starts_on,
        starts_on=starts_on,
    )
    session.add(enrolment)
    session.flush()
    return enrolment


def move_to_class(session: Session, *, student: Student, school_class: SchoolClass | None, moved_on: date) -> Enrolment:
    """From `moved_on` on the pupil stands in `school_class` (None: no class), with the day they joined kept.

    A place that began on that same day is edited, so that nobody has a place that lasted less than a day.
    Raises: Conflict when the pupil has no place that day; InvalidInput when the class is not of the school and year.
    """
    place = _open_place(session, student)
    if place is None or place.starts_on > moved_on:
        raise Conflict(_("%(name)s 这一天不在校，不能调班。", name=student.name))
    class_id = school_class.id if school_class else None
    grade = school_class.grade if school_class and school_class.grade is not None else place.grade
    require_place(student.school, school_class, grade, place.academic_year, moved_on)
    if place.class_id == class_id:
        return place
    if place.starts_on == moved_on:
        place.class_id, place.grade = class_id, grade
        session.flush()
        return place
    place.ends_on = moved_on - timedelta(days=1)
    session.flush()
    return enrol(
        session,
        student=student,
        grade=grade,
        academic_year=place.academic_year,
        school_class=school_class,
        starts_on=moved_on,
        joined_on=place.joined_on,
    )


def end_enrolment(session: Session, *, student: Student, ends_on: date) -> Enrolment:
    """The pupil's place ends with `ends_on`, the last day in it, and so do their teaching groups; credits stay.

    Raises: Conflict when they have no open place; InvalidInput when it began later than that.
    """
    place = _open_place(session, student)
    if place is None:
        raise Conflict(_("%(name)s 已不在校。", name=student.name))
    if ends_on < place.starts_on:
        raise InvalidInput(_("离校日期不能早于入校日期。"), field="ends_on")
    place.ends_on = ends_on
    for membership in session.scalars(select(GroupMember).filter_by(student_id=student.id, ends_on=None)):
        membership.ends_on = max(ends_on, membership.starts_on)
    session.flush()
    return place


def join_group(session: Session, *, student: Student, group: SchoolClass, starts_on: date) -> GroupMember:
    """The pupil belongs to the teaching group from `starts_on` on; one who belongs to it already stays as they are.

    Raises: InvalidInput when it is no teaching group of their school.
    """
    if group.kind != "group" or group.school_id != student.school_id:
        raise InvalidInput(_("请选择本校的教学班。"))
    membership = session.scalar(select(GroupMember).filter_by(class_id=group.id, student_id=student.id, ends_on=None))
    if membership is None:
        membership = GroupMember(class_id=group.id, student_id=student.id, starts_on=starts_on)
        session.add(membership)
        session.flush()
    return membership


def assign_teacher(session: Session, *, school_class: SchoolClass, user: User, kind: str, starts_on: date) -> Teaching:
    """`user` leads (``homeroom_teacher``) or teaches (``teacher``) the class from `starts_on` on.

    Who does so already in the same way stays as they are; in the other way, the earlier assignment ends the day before.
    Raises: InvalidInput when the user is not of the class's school, or a teaching group is to get a homeroom teacher.
    """
    if kind not in {"homeroom_teacher", "teacher"}:
        raise ValueError(f"unknown kind of teaching {kind!r}")
    if user.school_id != school_class.school_id:
        raise InvalidInput(_("这位老师不属于本校。"))
    if kind == "homeroom_teacher" and school_class.kind != "homeroom":
        raise InvalidInput(_("教学班没有班主任。"))
    standing = session.scalar(select(Teaching).filter_by(class_id=school_class.id, user_id=user.id, ends_on=None))
    if standing is not None and (standing.kind == kind or standing.starts_on >= starts_on):
        standing.kind = kind
        session.flush()
        return standing
    if standing is not None:
        standing.ends_on = starts_on - timedelta(days=1)
        session.flush()
    teaching = Teaching(class_id=school_class.id, user_id=user.id, kind=kind, starts_on=starts_on)
    session.add(teaching)
    session.flush()
    return teaching


def end_teaching(session: Session, *, teaching: Teaching, ends_on: date) -> None:
    """The teacher leads or teaches the class no longer after `ends_on`."""
    teaching.ends_on = max(ends_on, teaching.starts_on)
    session.flush()


def _open_place(session: Session, student: Student) -> Enrolment | None:
    return session.scalar(select(Enrolment).filter_by(student_id=student.id, ends_on=None))


def _require_grade(grade: int | None) -> None:
    if grade not in GRADES:
        raise InvalidInput(_("年级应在 1 到 12 之间。"), field="grade")


def require_place(
    school: School, school_class: SchoolClass | None, grade: int, academic_year: str, starts_on: date
) -> None:
    """Raises InvalidInput when grade, class and day do not fit the school and the academic year."""
    _require_grade(grade)
    first, last = academic_year_bounds(academic_year)
    if not first <= starts_on <= last:
        raise InvalidInput(_("日期不在 %(year)s 学年内。", year=academic_year), field="starts_on")
    if school_class is None:
        return
    if school_class.school_id != school.id or school_class.academic_year != academic_year:
        raise InvalidInput(_("请选择本校本学年的班级。"), field="school_class")
    if school_class.kind != "homeroom":
        raise InvalidInput(_("教学班不是行政班，学生不能以它为班级。"), field="school_class")


def student_values(
    school: School, *, name: str, student_no: str, now: datetime, registry_no: str | None
) -> dict[str, Any]:
    """The columns of a new pupil; raises InvalidInput for a blank name."""
    name = " ".join(name.split())
    if not name:
        raise InvalidInput(_("请填写学生姓名。"), field="name")
    digest, last4 = registry_trace(registry_no)
    return {
        "school_id": school.id,
        "name": name,
        "sort_name": sort_name(name),
        "student_no": student_no.strip(),
        "registry_digest": digest,
        "registry_last4": last4,
        "created_at": now,
    }


def registry_trace(registry_no: str | None) -> tuple[str | None, str]:
    """What may be kept of a 学籍号: its keyed digest, and the last four characters; of none, nothing."""
    plain = (registry_no or "").strip().upper()
    return (keyed_digest("registry", of=plain), plain[-4:]) if plain else (None, "")
