"""Cards as rows: which card a token or a number means, and which cards a class or a pupil has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from credit_app.organisations.models import School
from credit_app.schools.cards.models import StudentCard
from credit_app.schools.models import Enrolment, SchoolClass, Student
from credit_app.schools.queries import holds_on


def card_by_id(session: Session, card_id: str, generation: int) -> StudentCard | None:
    """The card of that name with its pupil and their school, revoked or not; None when we never issued it. One
    statement. Whoever asks has been shown the card, or its number."""
    return session.scalar(
        select(StudentCard)
        .where(StudentCard.card_id == card_id, StudentCard.generation == generation)
        .options(joinedload(StudentCard.student).joinedload(Student.school))
    )


def open_card_of(session: Session, *, student: Student) -> StudentCard | None:
    """The card with which the pupil can be scanned; None when they have none."""
    return session.scalar(select(StudentCard).filter_by(student_id=student.id, revoked_at=None))


def cards_of(session: Session, *, student: Student) -> Sequence[StudentCard]:
    """Every card that the pupil has ever had, newest first, with who issued and who revoked it. One statement."""
    return session.scalars(
        select(StudentCard)
        .filter_by(student_id=student.id)
        .options(joinedload(StudentCard.issued_by), joinedload(StudentCard.revoked_by))
        .order_by(StudentCard.id.desc())
    ).all()


def latest_cards(session: Session, *, students: Iterable[Student]) -> dict[int, StudentCard]:
    """By student id: the card that opens doors, else the last one they had; who never had one is not in it."""
    ids = [student.id for student in students]
    cards = session.scalars(select(StudentCard).where(StudentCard.student_id.in_(ids)).order_by(StudentCard.id))
    latest: dict[int, StudentCard] = {}
    for card in cards:
        # After a merge the card that is open need not be the newest row.
        if card.student_id not in latest or latest[card.student_id].revoked_at is not None:
            latest[card.student_id] = card
    return latest


@dataclass(frozen=True, slots=True)
class Equipped:
    """How many of a class's (of a grade's, without class) pupils have a card."""

    pupils: int
    with_card: int


def equipped_by_class(session: Session, *, classes: Iterable[SchoolClass], day: date) -> dict[int, Equipped]:
    """By class id, for homerooms; in one statement."""
    rows = session.execute(
        select(Enrolment.class_id, func.count(), func.count(StudentCard.id))
        .outerjoin(StudentCard, (StudentCard.student_id == Enrolment.student_id) & StudentCard.revoked_at.is_(None))
        .where(Enrolment.class_id.in_([each.id for each in classes]), holds_on(Enrolment, day))
        .group_by(Enrolment.class_id)
    )
    return {class_id: Equipped(pupils, cards) for class_id, pupils, cards in rows if class_id is not None}


def equipped_without_class(session: Session, *, school: School, day: date) -> dict[int, Equipped]:
    """By grade, for the pupils of the school who have no class yet."""
    rows = session.execute(
        select(Enrolment.grade, func.count(), func.count(StudentCard.id))
        .outerjoin(StudentCard, (StudentCard.student_id == Enrolment.student_id) & StudentCard.revoked_at.is_(None))
        .where(Enrolment.school_id == school.id, Enrolment.class_id.is_(None), holds_on(Enrolment, day))
        .group_by(Enrolment.grade)
        .order_by(Enrolment.grade)
    )
    return {grade: Equipped(pupils, cards) for grade, pupils, cards in rows}
