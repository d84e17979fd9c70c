"""Cards as rows: which card a token or a number means, and which cards a class or a pupil has."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from credit_app.schools.cards.models import StudentCard
from credit_app.schools.models import Student


def card_by_id(session: Session, card_id: str, generation: int) -> StudentCard | None:
    """The card of that name with its pupil and their school, revoked or not; None when we never issued it. One
    statement. Whoever asks has been shown the card, or its number."""
    return session.scalar(
        select(StudentCard)
        .where(StudentCard.card_id == card_id, StudentCard.generation == generation)
        .options(joinedload(StudentCard.student).joinedload(Student.school))
    )
