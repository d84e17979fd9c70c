"""The final list of a school's year, as the rules have it now or as it was settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased

from credit_app.ledger.models import Settlement, SettlementLine
from credit_app.ledger.settlements import final_lines
from credit_app.organisations.models import School
from credit_app.progress.queries.figures import (
    Tally,
    balances_by_student,
    book_on,
    brief_tallies_by_student,
    standing_of,
)
from credit_app.rules.calendar import academic_year_bounds
from credit_app.rules.targets import Standing
from credit_app.schools.models import Enrolment, SchoolClass, Student


@dataclass(frozen=True, slots=True)
class FinalRow:
    """One pupil's year as it stands, or as it was settled. Units: centicredits.

    `target` None: the book asks nothing of the pupil, and `met` is None. `missing` holds what is not 0 of
    ``centicredits``, ``categories``, ``venue_attendances``. `student` None: erased since.
    """

    student: Student | None
    grade: int
    class_name: str
    by_category: Mapping[str, int]
    total: int
    target: int | None
    categories: int
    venue_attendances: int
    met: bool | None
    missing: Mapping[str, int]


def final_rows(session: Session, *, school: School, year: str) -> list[FinalRow]:
    """The pupils whose last place of the year was in the school, by class, number and name; four statements.

    Never by credits. Who was erased has no line: nobody could say whose it is.
    """
    _first, last = academic_year_bounds(year)
    students = place_of_year(school, year).with_only_columns(Student.id)
    places = session.execute(place_of_year(school, year)).all()
    balances = balances_by_student(session, students=students, year=year)
    tallies = brief_tallies_by_student(session, students=students, year=year)
    book = book_on(session, district_id=school.district_id, day=last)
    rows = []
    for place in sorted(places, key=_list_key):
        by_category = balances.get(place.Student.id, {})
        attendances = tallies.get(place.Student.id, Tally()).venue_attendances
        stands = standing_of(
            book,
            grade=place.grade,
            joined_on=place.joined_on,
            year=year,
            day=last,
            by_category=by_category,
            venue_attendances=attendances,
        )
        rows.append(_row(place, by_category, attendances, stands))
    return rows


@dataclass(frozen=True, slots=True)
class FinalList:
    """A school's pupils of a year: `settled` as the list was made, otherwise as they stand now."""

    settlement: Settlement
    school: School
    settled: bool
    rows: list[FinalRow]

    def count(self, met: bool | None) -> int:
        """How many of the pupils have, have not, or (None) need not."""
        return sum(row.met is met for row in self.rows)

    @property
    def categories(self) -> list[str]:
        """Those in which somebody has earned something."""
        return sorted({category for row in self.rows for category, amount in row.by_category.items() if amount})


def final_list(session: Session, *, settlement: Settlement, school: School) -> FinalList:
    """The school's list of the settlement's year: the settled one once it has been made."""
    lines = final_lines(session, settlement=settlement, school=school)
    if lines or settlement.state == "settled":
        return FinalList(settlement, school, True, [_settled_row(line) for line in lines])
    return FinalList(settlement, school, False, final_rows(session, school=school, year=settlement.academic_year))


def place_of_year(school: School, year: str) -> Any:
    """The pupils whose last place of the academic year was in the school, with grade, joining day and class."""
    later = aliased(Enrolment)
    moved_on = exists().where(
        later.student_id == Enrolment.student_id,
        later.academic_year == year,
        or_(
            later.starts_on > Enrolment.starts_on,
            (later.starts_on == Enrolment.starts_on) & (later.id > Enrolment.id),
        ),
    )
    return (
        select(Student, Enrolment.grade, Enrolment.joined_on, SchoolClass.name.label("class_name"))
        .join(Enrolment, Enrolment.student_id == Student.id)
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(
            Enrolment.school_id == school.id,
            Enrolment.academic_year == year,
            ~moved_on,
            Student.account_ref.is_not(None),
        )
    )


def _row(place: Any, by_category: Mapping[str, int], attendances: int, stands: Standing | None) -> FinalRow:
    missing = {}
    if stands is not None:
        gaps = {
            "centicredits": stands.missing_centicredits,
            "categories": stands.missing_categories,
            "venue_attendances": stands.missing_venue_attendances,
        }
        missing = {name: gap for name, gap in gaps.items() if gap}
    return FinalRow(
        student=place.Student,
        grade=place.grade,
        class_name=place.class_name or "",
        by_category=by_category,
        total=sum(by_category.values()),
        target=stands.target.centicredits if stands is not None else None,
        categories=sum(amount > 0 for amount in by_category.values()),
        venue_attendances=attendances,
        met=stands.state == "on_target" if stands is not None else None,
        missing=missing,
    )


def _settled_row(line: SettlementLine) -> FinalRow:
    return FinalRow(
        student=line.student,
        grade=line.grade,
        class_name=line.class_name,
        by_category=line.by_category,
        total=line.total,
        target=line.target,
        categories=line.categories,
        venue_attendances=line.venue_attendances,
        met=line.met,
        missing=line.missing,
    )


def _list_key(place: Any) -> tuple[int, str, str, str, int]:
    student = place.Student
    return place.grade, place.class_name or "", student.student_no, student.sort_name, student.id
