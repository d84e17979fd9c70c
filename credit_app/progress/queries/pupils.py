"""One pupil's year: the same figures for the pupil's own page and for those who look after them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.progress.queries.figures import (
    Tally,
    balances_by_student,
    book_on,
    categories_of,
    standing_of,
    tallies_by_student,
)
from credit_app.progress.queries.participations import Participation, pending_of
from credit_app.rules.book import Book
from credit_app.rules.calendar import academic_year
from credit_app.rules.targets import Standing, Target
from credit_app.schools.models import Enrolment, Student
from credit_app.schools.queries import enrolment_on


@dataclass(frozen=True, slots=True)
class PupilProgress:
    """How far a pupil is in the academic year. Units: centicredits.

    `standing` is None without a rule set for the day, a place in a school, or a target for the grade. `pending` are the
    participations that nothing has been posted for yet, each with what it waits for.
    """

    student: Student
    enrolment: Enrolment | None
    year: str
    book: Book | None
    categories: list[str]
    by_category: Mapping[str, int]
    standing: Standing | None
    tally: Tally
    pending: list[Participation]

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
    def earned_categories(self) -> int:
        """In how many categories there is a credit: the breadth that the target asks for."""
        return sum(amount > 0 for amount in self.by_category.values())

    @property
    def took_part(self) -> bool:
        return self.tally.participations > 0 or bool(self.by_category) or bool(self.pending)


def pupil_progress(session: Session, *, student: Student, day: date) -> PupilProgress:
    """The pupil's progress in the academic year of `day`; at most eight statements."""
    year = academic_year(day)
    place = enrolment_on(session, student=student, day=day)
    only = select(Student.id).where(Student.id == student.id)
    by_category = balances_by_student(session, students=only, year=year).get(student.id, {})
    tally = tallies_by_student(session, students=only, year=year).get(student.id, Tally())
    book = book_on(session, district_id=student.school.district_id, day=day)
    stands = standing_of(
        book,
        grade=place.grade if place else None,
        joined_on=place.joined_on if place else None,
        year=year,
        day=day,
        by_category=by_category,
        venue_attendances=tally.venue_attendances,
    )
    pending = pending_of(session, student=student, year=year, attended=tally.pending > 0)
    categories = categories_of(book, [by_category])
    return PupilProgress(student, place, year, book, categories, by_category, stands, tally, pending)
