"""Where each of many pupils stands, as briefly as overviews need it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.people.models import User
from credit_app.progress.queries.figures import (
    Counts,
    StudentIds,
    Tally,
    balances_by_student,
    brief_tallies_by_student,
    counts_of,
    standing_of,
)
from credit_app.rules.book import Book
from credit_app.rules.targets import Standing
from credit_app.schools.models import Enrolment, Student
from credit_app.schools.queries import holds_on


@dataclass(frozen=True, slots=True)
class Stand:
    """One pupil: the place they have, whether they have set a password, how far they are."""

    student_id: int
    class_id: int | None
    grade: int
    activated: bool
    standing: Standing | None
    took_part: bool


def stands_of(session: Session, *, students: StudentIds, book: Book | None, year: str, day: date) -> list[Stand]:
    """The stand of each of `students` who has a place in a school on `day`; three statements."""
    places = session.execute(
        select(
            Enrolment.student_id,
            Enrolment.class_id,
            Enrolment.grade,
            Enrolment.joined_on,
            User.password_hash.is_not(None).label("activated"),
        )
        .join(Student, Student.id == Enrolment.student_id)
        .outerjoin(User, User.id == Student.user_id)
        .where(Enrolment.student_id.in_(students), holds_on(Enrolment, day))
    ).all()
    balances = balances_by_student(session, students=students, year=year)
    tallies = brief_tallies_by_student(session, students=students, year=year)
    stands = []
    for place in places:
        by_category, tally = balances.get(place.student_id, {}), tallies.get(place.student_id, Tally())
        standing = standing_of(
            book,
            grade=place.grade,
            joined_on=place.joined_on,
            year=year,
            day=day,
            by_category=by_category,
            venue_attendances=tally.venue_attendances,
        )
        took_part = tally.participations > 0 or bool(by_category)
        stands.append(Stand(place.student_id, place.class_id, place.grade, bool(place.activated), standing, took_part))
    return stands


def counts_in(stands: Iterable[Stand]) -> Counts:
    """How many of these pupils stand where."""
    return counts_of((stand.standing, stand.took_part) for stand in stands)


def activated_in(stands: Iterable[Stand]) -> int:
    """How many of these pupils have set a password."""
    return sum(stand.activated for stand in stands)
