"""A class at a glance: each pupil's credits by category, target, last activity, and how the class stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from credit_app.organisations.models import School
from credit_app.progress.queries.figures import (
    Counts,
    StudentIds,
    Tally,
    balances_by_student,
    book_on,
    categories_of,
    counts_of,
    standing_of,
    tallies_by_student,
)
from credit_app.progress.wording import without_class_text
from credit_app.rules.book import Book
from credit_app.rules.calendar import academic_year, academic_year_bounds
from credit_app.rules.targets import Standing, Target
from credit_app.schools.models import Enrolment, GroupMember, SchoolClass, Student
from credit_app.schools.queries import holds_on, in_list_order


@dataclass(frozen=True, slots=True)
class PupilRow:
    """One pupil of a class. Units: centicredits. `standing` is None where the book asks nothing of the grade."""

    student: Student
    grade: int | None
    joined_on: date | None
    by_category: Mapping[str, int]
    standing: Standing | None
    tally: Tally

    @property
    def number(self) -> str:
        return self.student.student_no

    @property
    def name(self) -> str:
        return self.student.name

    @property
    def total(self) -> int:
        return sum(self.by_category.values())

    @property
    def target(self) -> Target | None:
        return self.standing.target if self.standing else None

    @property
    def state(self) -> str | None:
        """``on_target``, ``near_target``, ``at_risk``, or None."""
        return self.standing.state if self.standing else None

    @property
    def took_part(self) -> bool:
        return self.tally.participations > 0 or bool(self.by_category)


@dataclass(frozen=True, slots=True)
class ClassProgress:
    """A class, a teaching group, or the pupils of a grade who have no class yet (`school_class` is None), on a day of
    the academic year; rows as a class list has them, never by credits."""

    school: School
    name: str
    school_class: SchoolClass | None
    day: date
    year: str
    book: Book | None
    categories: list[str]
    rows: list[PupilRow]

    @property
    def counts(self) -> Counts:
        return counts_of((row.standing, row.took_part) for row in self.rows)

    @property
    def earned_categories(self) -> list[str]:
        """Those in which somebody has earned something: a page has no room for empty columns."""
        return [category for category in self.categories if any(row.by_category.get(category) for row in self.rows)]

    @property
    def never_took_part(self) -> list[PupilRow]:
        return [row for row in self.rows if not row.took_part]


def class_progress(session: Session, *, school_class: SchoolClass, day: date) -> ClassProgress:
    """Who stands in the class (or belongs to the teaching group) and how far each pupil is; four statements.

    A class of a past year is shown as it stood on that year's last day.
    """
    year = school_class.academic_year
    first, last = academic_year_bounds(year)
    day = max(first, min(day, last))
    membership = GroupMember if school_class.kind == "group" else Enrolment
    students = select(membership.student_id).where(membership.class_id == school_class.id, holds_on(membership, day))
    book = book_on(session, district_id=school_class.school.district_id, day=day)
    categories, rows = _rows(session, students, book, year, day)
    return ClassProgress(school_class.school, school_class.name, school_class, day, year, book, categories, rows)


def grade_progress(session: Session, *, school: School, grade: int, day: date) -> ClassProgress:
    """The pupils of the grade who have no class yet, as a class is shown; four statements."""
    year = academic_year(day)
    students = select(Enrolment.student_id).where(
        Enrolment.school_id == school.id,
        Enrolment.grade == grade,
        Enrolment.class_id.is_(None),
        holds_on(Enrolment, day),
    )
    book = book_on(session, district_id=school.district_id, day=day)
    categories, rows = _rows(session, students, book, year, day)
    return ClassProgress(school, without_class_text(grade), None, day, year, book, categories, rows)


def _rows(
    session: Session, students: StudentIds, book: Book | None, year: str, day: date
) -> tuple[list[str], list[PupilRow]]:
    """The categories to show, and a row for each of `students`."""
    places = {row.Student.id: row for row in session.execute(_members(students, day))}
    balances = balances_by_student(session, students=students, year=year)
    tallies = tallies_by_student(session, students=students, year=year)
    rows = []
    for student in in_list_order(place.Student for place in places.values()):
        place = places[student.id]
        by_category, tally = balances.get(student.id, {}), tallies.get(student.id, Tally())
        stands = standing_of(
            book,
            grade=place.grade,
            joined_on=place.joined_on,
            year=year,
            day=day,
            by_category=by_category,
            venue_attendances=tally.venue_attendances,
        )
        rows.append(PupilRow(student, place.grade, place.joined_on, by_category, stands, tally))
    return categories_of(book, balances.values()), rows


def _members(students: StudentIds, day: date) -> Select[*tuple[Any, ...]]:
    """Each of `students` with the grade and joining day of their place in the school on that day."""
    return (
        select(Student, Enrolment.grade, Enrolment.joined_on)
        .outerjoin(Enrolment, and_(Enrolment.student_id == Student.id, holds_on(Enrolment, day)))
        .where(Student.id.in_(students))
    )
