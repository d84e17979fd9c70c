"""What stands in the database of one school, as plain rows: eleven statements however large the school is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from credit_app.organisations.models import School
from credit_app.people.models import Role, User
from credit_app.rules.calendar import academic_year_bounds, local_date
from credit_app.schools.merges import is_merged
from credit_app.schools.models import (
    Enrolment,
    GroupMember,
    RosterImport,
    SchoolClass,
    Student,
    StudentMerge,
    Teaching,
    Transfer,
)


class PresentUser(NamedTuple):
    id: int
    source_id: str | None
    login_name: str
    display_name: str
    is_active: bool


class PresentRole(NamedTuple):
    """A role at the school that has no end."""

    id: int
    user_id: int
    kind: str
    starts_on: date


class PresentStudent(NamedTuple):
    id: int
    user_id: int | None
    source_id: str | None
    name: str
    sort_name: str
    student_no: str
    registry_digest: str | None
    registry_last4: str


class PresentMerge(NamedTuple):
    """Two rows were the same child; a roster's `from_source_id` means the row that took the other up."""

    id: int
    from_student_id: int
    into_student_id: int
    from_source_id: str | None


class PresentTransfer(NamedTuple):
    """A pupil who was received by another school and is there still; the roster's row for them is told by either."""

    from_source_id: str | None
    registry_digest: str | None
    starts_on: date


class PresentPlace(NamedTuple):
    """A place that is open or that ended within the academic year."""

    id: int
    student_id: int
    academic_year: str
    grade: int
    class_id: int | None
    joined_on: date
    starts_on: date
    ends_on: date | None


class PresentClass(NamedTuple):
    id: int
    source_id: str | None
    academic_year: str
    kind: str
    grade: int | None
    name: str
    course_source_id: str | None
    course_title: str
    is_active: bool


class PresentMember(NamedTuple):
    """An open membership of a teaching group."""

    id: int
    class_id: int
    student_id: int
    starts_on: date


class PresentTeaching(NamedTuple):
    """An open teaching."""

    id: int
    class_id: int
    user_id: int
    kind: str
    starts_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentSchool:
    """Two of them are equal exactly when nothing that an import looks at has changed between."""

    school_id: int
    code: str
    name: str
    source_id: str | None
    class_course: str | None
    academic_year: str
    imported_this_year: bool
    users: list[PresentUser]
    roles: list[PresentRole]
    students: list[PresentStudent]
    places: list[PresentPlace]
    classes: list[PresentClass]
    members: list[PresentMember]
    teachings: list[PresentTeaching]
    merges: list[PresentMerge]
    transfers: list[PresentTransfer]

    def merged_source_ids(self) -> dict[str, str]:
        """The sourcedId of a duplicate → that of the pupil who stands for the child today."""
        into = {merge.from_student_id: merge.into_student_id for merge in self.merges}
        source_ids = {student.id: student.source_id for student in self.students}
        meant: dict[str, str] = {}
        for merge in self.merges:
            student_id = merge.into_student_id
            while student_id in into:
                student_id = into[student_id]
            stands_as = source_ids.get(student_id)
            if merge.from_source_id is not None and stands_as is not None:
                meant[merge.from_source_id] = stands_as
        return meant


def present_school(session: Session, *, school_id: int, academic_year: str) -> PresentSchool:
    """The school as it stands. Call it in a read transaction, or with the school locked."""
    first_day, _last_day = academic_year_bounds(academic_year)
    school = session.execute(
        select(School.code, School.name, School.source_id, School.class_course_source_id).where(School.id == school_id)
    ).one()
    last_import = session.scalar(
        select(RosterImport.applied_at)
        .where(RosterImport.school_id == school_id)
        .order_by(RosterImport.applied_at.desc())
        .limit(1)
    )
    of_school = select(Student.id).where(Student.school_id == school_id)
    return PresentSchool(
        school_id=school_id,
        code=school.code,
        name=school.name,
        source_id=school.source_id,
        class_course=school.class_course_source_id,
        academic_year=academic_year,
        imported_this_year=last_import is not None and local_date(last_import) >= first_day,
        users=_rows(session, PresentUser, User, User.school_id == school_id),
        roles=_rows(session, PresentRole, Role, Role.school_id == school_id, Role.ends_on.is_(None)),
        students=_rows(session, PresentStudent, Student, Student.school_id == school_id, ~is_merged()),
        places=_rows(
            session,
            PresentPlace,
            Enrolment,
            Enrolment.school_id == school_id,
            or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= first_day),
        ),
        classes=_rows(session, PresentClass, SchoolClass, SchoolClass.school_id == school_id),
        members=_rows(session, PresentMember, GroupMember, _in_school(GroupMember, school_id)),
        teachings=_rows(session, PresentTeaching, Teaching, _in_school(Teaching, school_id)),
        merges=_rows(session, PresentMerge, StudentMerge, StudentMerge.from_student_id.in_(of_school)),
        transfers=_transfers(session, school_id),
    )


def _transfers(session: Session, school_id: int) -> list[PresentTransfer]:
    rows = session.execute(
        select(Transfer.from_source_id, Student.registry_digest, Transfer.starts_on)
        .join(Student, Student.id == Transfer.student_id)
        .where(Transfer.from_school_id == school_id, Transfer.received_at.is_not(None), Student.school_id != school_id)
        .order_by(Transfer.id)
    )
    # Who has been received has a day of it; the table asks for it.
    return [PresentTransfer(source_id, digest, day) for source_id, digest, day in rows if day is not None]


def _in_school(table: type[GroupMember] | type[Teaching], school_id: int) -> ColumnElement[bool]:
    classes = select(SchoolClass.id).where(SchoolClass.school_id == school_id)
    return and_(table.class_id.in_(classes), table.ends_on.is_(None))


def _rows(session: Session, shape: Any, table: Any, *conditions: ColumnElement[bool]) -> list[Any]:
    columns = [getattr(table, name) for name in shape._fields]
    return [shape._make(row) for row in session.execute(select(*columns).where(*conditions).order_by(table.id))]
