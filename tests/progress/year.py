"""A school year with the cast, for tests of progress: more pupils, and credits that did not come from the door."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from credit_app.ledger import actions as ledger
from credit_app.rule_books.queries import book_for
from credit_app.rules.facts import Fact
from credit_app.schools import actions as schools
from credit_app.schools.models import SchoolClass, Student
from tests.cast import MADE_AT, TERM_BEGAN_ON, YEAR

_numbers = count(1)


def newcomer(
    session: Session,
    school_class: SchoolClass,
    name: str,
    number: str = "",
    *,
    grade: int = 5,
    starts_on: date = TERM_BEGAN_ON,
) -> Student:
    """A pupil without an account stands in the class from `starts_on` on."""
    student = schools.create_student(session, school=school_class.school, name=name, student_no=number, now=MADE_AT)
    schools.enrol(
        session, student=student, grade=grade, academic_year=YEAR, school_class=school_class, starts_on=starts_on
    )
    return student


def earns(session: Session, student: Student, category: str, day: date = date(2026, 10, 10), **facts: Any) -> int:
    """The pupil takes part in something outside the platform that has been approved; what it earns."""
    number = next(_numbers)
    fact = Fact(
        participation=f"outside{number:04d}",
        occurred_at=datetime(day.year, day.month, day.day, 2, number % 60, tzinfo=UTC),
        occurred_on=day,
        category=category,
        activity=f"activity{number}",
        at_venue=False,
        evidence="approved",
        **{"grade": 5, "venue": None, "tier": None, **facts},
    )
    book = book_for(session, district_id=student.school.district_id, day=day)
    assert student.account_ref is not None
    return ledger.award(session, account_ref=student.account_ref, fact=fact, book=book, now=MADE_AT).gained_centicredits


def earns_eight_in_three_categories(session: Session, student: Student) -> None:
    """3.0 for excellent research, 3.0 for a national award, 4 × 0.5 in clubs."""
    assert earns(session, student, "research_project", level="excellent") == 300
    assert earns(session, student, "competition", level="nation", competition="robots") == 300
    for _ in range(4):
        assert earns(session, student, "club_festival") == 50
