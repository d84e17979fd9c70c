"""Student cards of two classes: one where all but one have theirs and one was lost, one where nearly nobody has."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.demo import names
from credit_app.demo.places import City
from credit_app.rules.calendar import local_date
from credit_app.schools.cards.actions import issue_cards, reissue_card
from credit_app.schools.models import SchoolClass
from credit_app.schools.queries import students_of_class


def build_cards(session: Session, city: City) -> None:
    """The demonstration's class got cards two weeks ago; its last pupil has none yet, its second one lost the first."""
    school, counselor = city.schools[names.DEMO_SCHOOL], city.counselors[names.DEMO_SCHOOL]
    day = local_date(city.now)
    first, second = session.scalars(
        select(SchoolClass)
        .where(
            SchoolClass.school_id == school.id,
            SchoolClass.academic_year == city.year,
            SchoolClass.grade >= names.DEMO_GRADE,
        )
        .order_by(SchoolClass.grade, SchoolClass.id)
        .limit(2)
    )
    own = students_of_class(session, school_class=first, day=day)
    issue_cards(session, students=own[:-1], issued_by=counselor, now=city.now - timedelta(days=14))
    lost_at = city.now - timedelta(days=3)
    reissue_card(session, student=own[1], reason="lost", issued_by=counselor, now=lost_at)
    others = students_of_class(session, school_class=second, day=day)
    issue_cards(session, students=others[:3], issued_by=counselor, now=lost_at)
