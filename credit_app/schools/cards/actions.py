"""Cards are issued, reported lost, and end with the pupil's place; a card that has been revoked stays so.

A new card keeps the pupil's card id under the next generation: the old one is told from it at every door.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.people.models import User
from credit_app.rules.calendar import local_date
from credit_app.schools.cards.models import StudentCard
from credit_app.schools.cards.token import GENERATIONS, new_card_id
from credit_app.schools.models import Enrolment, Student
from credit_app.schools.queries import holds_on
from credit_app.storage import insert_into


def issue_cards(session: Session, *, students: Sequence[Student], issued_by: User, now: datetime) -> int:
    """Each of `students` who has a place today and no card that opens doors has a new one; how many that were.

    Four statements however many they are. Who gets a card from a colleague at the same moment keeps that one.
    """
    ids = [student.id for student in students]
    wanting = list(
        session.scalars(
            select(Student.id)
            .where(
                Student.id.in_(ids),
                exists().where(Enrolment.student_id == Student.id, holds_on(Enrolment, local_date(now))),
                ~exists().where(StudentCard.student_id == Student.id, StudentCard.revoked_at.is_(None)),
            )
            .order_by(Student.id)
        )
    )
    if not wanting:
        return 0
    names = _next_names(session, wanting)
    rows = [
        {
            "student_id": student_id,
            "card_id": names[student_id][0],
            "generation": names[student_id][1],
            "issued_by_id": issued_by.id,
            "issued_at": now,
        }
        for student_id in wanting
    ]
    insert = insert_into(session.get_bind().dialect.name)
    made = session.execute(insert(StudentCard).values(rows).on_conflict_do_nothing().returning(StudentCard.id)).all()
    return len(made)


def reissue_card(session: Session, *, student: Student, reason: str, issued_by: User, now: datetime) -> None:
    """The pupil's card opens no door any more, and they have a new one. Raises: Conflict when they have no card that
    could be replaced, or have left the school."""
    revoke_card(session, student=student, reason=reason, revoked_by=issued_by, now=now)
    if issue_cards(session, students=[student], issued_by=issued_by, now=now) == 0:
        raise Conflict(_("%(name)s 已不在校，不能发卡。", name=student.name))


def revoke_card(session: Session, *, student: Student, reason: str, revoked_by: User, now: datetime) -> None:
    """The card that the pupil has opens no door from now on. Raises: Conflict when they have none."""
    revoked = session.execute(
        update(StudentCard)
        .where(StudentCard.student_id == student.id, StudentCard.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by_id=revoked_by.id, reason=reason)
        .returning(StudentCard.id)
    ).first()
    if revoked is None:
        raise Conflict(_("这张卡已经停用，请刷新后再看。"))


def revoke_cards_of_leavers(
    session: Session, *, day: date, now: datetime, school_id: int | None = None, revoked_by_id: int | None = None
) -> int:
    """Who has no place from `day` on (at any school) has no card that opens doors; how many cards that ended.

    `school_id` looks at the pupils of that school only. One statement.
    """
    stays = exists().where(
        Enrolment.student_id == StudentCard.student_id, or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= day)
    )
    query = update(StudentCard).where(StudentCard.revoked_at.is_(None), ~stays)
    if school_id is not None:
        query = query.where(StudentCard.student_id.in_(select(Student.id).where(Student.school_id == school_id)))
    ended = session.execute(
        query.values(revoked_at=now, revoked_by_id=revoked_by_id, reason="left")
        .returning(StudentCard.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())


def take_over_cards(session: Session, *, duplicate: Student, survivor: Student, merged_by: User, now: datetime) -> None:
    """The duplicate's cards are the survivor's, revoked ones too, so that an old scan still finds the child. If both
    could open doors, the survivor's own goes on doing so."""
    own = session.scalar(select(StudentCard.id).filter_by(student_id=survivor.id, revoked_at=None))
    if own is not None:
        session.execute(
            update(StudentCard)
            .where(StudentCard.student_id == duplicate.id, StudentCard.revoked_at.is_(None))
            .values(revoked_at=now, revoked_by_id=merged_by.id, reason="merged")
        )
    session.execute(update(StudentCard).where(StudentCard.student_id == duplicate.id).values(student_id=survivor.id))


def _next_names(session: Session, student_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """By student id: the card id of their latest card under the next generation, or a new one."""
    latest: dict[int, str] = {}
    for card in session.execute(
        select(StudentCard.student_id, StudentCard.card_id)
        .where(StudentCard.student_id.in_(student_ids))
        .order_by(StudentCard.id)
    ):
        latest[card.student_id] = card.card_id
    used: dict[str, Any] = {}
    if latest:
        printed = select(StudentCard.card_id, func.max(StudentCard.generation)).group_by(StudentCard.card_id)
        used = dict(session.execute(printed.where(StudentCard.card_id.in_(latest.values()))).all())
    names = {}
    for student_id in student_ids:
        card_id = latest.get(student_id, "")
        generation = used.get(card_id, 0) + 1
        # A pupil who has lost 255 cards begins anew.
        known = card_id and generation in GENERATIONS
        names[student_id] = (card_id, generation) if known else (new_card_id(), 1)
    return names
