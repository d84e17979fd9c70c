"""A school on one page: its classes side by side, pupils without a class by grade, what is still to be set up.

Every pupil is counted once, by their one place in the school; teaching groups are listed with their size and counted
nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from credit_app.organisations.models import School
from credit_app.people.models import User
from credit_app.progress.queries.figures import Counts, book_on
from credit_app.progress.queries.standings import Stand, activated_in, counts_in, stands_of
from credit_app.rules.book import Book
from credit_app.rules.calendar import academic_year
from credit_app.schools.models import Enrolment, GroupMember, SchoolClass, Student, Teaching
from credit_app.schools.queries import classes_of_school, holds_on


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class: how its pupils stand, how many of them have activated their account, who leads it."""

    school_class: SchoolClass
    counts: Counts
    activated: int
    homeroom_teachers: list[str]


@dataclass(frozen=True, slots=True)
class GradeLine:
    """The pupils of one grade who have no class yet."""

    grade: int
    counts: Counts
    activated: int


@dataclass(frozen=True, slots=True)
class SchoolOverview:
    """A school on a day. `groups` are teaching groups with the number of their pupils."""

    school: School
    day: date
    year: str
    book: Book | None
    counts: Counts
    activated: int
    classes: list[ClassLine]
    without_class: list[GradeLine]
    groups: list[tuple[SchoolClass, int]]

    @property
    def activated_percent(self) -> int:
        """Of the pupils, those who have set a password; whole percent, rounded down so that 100 means all."""
        return self.activated * 100 // self.counts.pupils if self.counts.pupils else 0

    @property
    def classes_without_leader(self) -> list[ClassLine]:
        return [line for line in self.classes if not line.homeroom_teachers]

    @property
    def pupils_without_class(self) -> int:
        return sum(line.counts.pupils for line in self.without_class)


def school_overview(session: Session, *, school: School, day: date) -> SchoolOverview:
    """How the pupils who have a place in the school on `day` stand, by class; seven statements."""
    year = academic_year(day)
    book = book_on(session, district_id=school.district_id, day=day)
    here = select(Enrolment.student_id).where(Enrolment.school_id == school.id, holds_on(Enrolment, day))
    stands = stands_of(session, students=here, book=book, year=year, day=day)
    leaders = _homeroom_teachers(session, school, day)
    sizes = _group_sizes(session, school, day)
    in_class: dict[int, list[Stand]] = {}
    in_grade: dict[int, list[Stand]] = {}
    for stand in stands:
        if stand.class_id is None:
            in_grade.setdefault(stand.grade, []).append(stand)
        else:
            in_class.setdefault(stand.class_id, []).append(stand)
    classes = classes_of_school(session, school=school, day=day)
    return SchoolOverview(
        school=school,
        day=day,
        year=year,
        book=book,
        counts=counts_in(stands),
        activated=activated_in(stands),
        classes=[
            ClassLine(each, counts_in(members), activated_in(members), leaders.get(each.id, []))
            for each in classes
            # What pupils stand in is their class, whatever the roster calls it.
            if (members := in_class.get(each.id, [])) or each.kind == "homeroom"
        ],
        without_class=[
            GradeLine(grade, counts_in(members), activated_in(members)) for grade, members in sorted(in_grade.items())
        ],
        groups=[(each, sizes.get(each.id, 0)) for each in classes if each.kind == "group" and each.id not in in_class],
    )


def class_counts(session: Session, *, classes: Sequence[SchoolClass], day: date) -> dict[int, Counts]:
    """class id → how its pupils stand, for classes and teaching groups alike; six statements a school.

    A pupil in a class and in a group of it counts in both: these are cards side by side, not parts of a sum.
    """
    found: dict[int, Counts] = {}
    for school in {each.school.id: each.school for each in classes}.values():
        ids = [each.id for each in classes if each.school_id == school.id]
        placed = select(Enrolment.student_id).where(Enrolment.class_id.in_(ids), holds_on(Enrolment, day))
        grouped = (GroupMember.class_id.in_(ids), holds_on(GroupMember, day))
        either = select(Student.id).where(
            or_(Student.id.in_(placed), Student.id.in_(select(GroupMember.student_id).where(*grouped)))
        )
        book = book_on(session, district_id=school.district_id, day=day)
        stands = stands_of(session, students=either, book=book, year=academic_year(day), day=day)
        by_student = {stand.student_id: stand for stand in stands}
        members: dict[int, dict[int, Stand]] = {class_id: {} for class_id in ids}
        for stand in stands:
            if stand.class_id in members:
                members[stand.class_id][stand.student_id] = stand
        for class_id, student_id in session.execute(
            select(GroupMember.class_id, GroupMember.student_id).where(*grouped)
        ):
            if student_id in by_student:
                members[class_id][student_id] = by_student[student_id]
        found |= {class_id: counts_in(pupils.values()) for class_id, pupils in members.items()}
    return found


def _homeroom_teachers(session: Session, school: School, day: date) -> dict[int, list[str]]:
    rows = session.execute(
        select(Teaching.class_id, User.display_name)
        .join(SchoolClass, SchoolClass.id == Teaching.class_id)
        .join(User, User.id == Teaching.user_id)
        .where(SchoolClass.school_id == school.id, Teaching.kind == "homeroom_teacher", holds_on(Teaching, day))
        .order_by(Teaching.class_id, User.id)
    )
    found: dict[int, list[str]] = {}
    for class_id, name in rows:
        found.setdefault(class_id, []).append(name)
    return found


def _group_sizes(session: Session, school: School, day: date) -> dict[int, int]:
    rows = session.execute(
        select(GroupMember.class_id, func.count().label("size"))
        .join(SchoolClass, SchoolClass.id == GroupMember.class_id)
        .where(SchoolClass.school_id == school.id, holds_on(GroupMember, day))
        .group_by(GroupMember.class_id)
    )
    return {row.class_id: row.size for row in rows}
