"""A scan's context found by the card that was shown, with what may be said of its pupil. One statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity
from credit_app.attendance.answers import Answer
from credit_app.attendance.context import ScanContext, context_in, scan_question
from credit_app.attendance.models import DeviceRefusal, ScanEvent
from credit_app.organisations.models import School
from credit_app.schools.cards import StudentCard
from credit_app.schools.models import Enrolment, SchoolClass, Student


@dataclass(frozen=True, slots=True)
class Shown:
    """What the door may say of whoever has shown a card."""

    name: str
    class_name: str
    school_name: str


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What a device sent before under the same key, and what it was answered."""

    answer: Answer
    item_digest: str
    receipt: str


@dataclass(frozen=True, slots=True)
class CardContext:
    """A scan's context, found by the card; `stored` is what the device has been answered under this key."""

    scan: ScanContext
    shown: Shown
    revoked_at: datetime | None
    stored: StoredItem | None


def _by_card() -> Select[Any]:
    """By the card, in the occurrences of the device's own organiser."""
    named = and_(StudentCard.card_id == bindparam("card_id"), StudentCard.generation == bindparam("generation"))
    columns = (
        Student.name.label("pupil_name"),
        func.coalesce(SchoolClass.name, "").label("class_name"),
        School.name.label("school_name"),
        StudentCard.revoked_at,
        ScanEvent.evidence.label("stored_evidence"),
        ScanEvent.digest.label("stored_digest"),
        DeviceRefusal.answer.label("refused_answer"),
        DeviceRefusal.evidence.label("refused_evidence"),
        DeviceRefusal.digest.label("refused_digest"),
    )
    return (
        scan_question(*columns, pupil=named, by_card=True)
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .outerjoin(
            DeviceRefusal,
            and_(
                DeviceRefusal.device_id == bindparam("device_id"), DeviceRefusal.client_uid == bindparam("client_uid")
            ),
        )
        .where(or_(Activity.venue_id == bindparam("venue_id"), Activity.school_id == bindparam("school_id")))
    )


# Built once, as the other one.
_CARD_CONTEXT = _by_card()


def card_context(
    session: Session,
    *,
    card: tuple[str, int],
    handle: str,
    device_id: int,
    venue_id: int | None,
    school_id: int | None,
    origin: str,
    client_uid: str,
) -> CardContext | None:
    """As `scan_context`, for the pupil of `card` and an occurrence of this organiser; None when there is no such card,
    no such occurrence, or it is another's. One statement."""
    asked = {
        "card_id": card[0],
        "generation": card[1],
        "handle": handle,
        "device_id": device_id,
        "venue_id": venue_id,
        "school_id": school_id,
        "origin": origin,
        "client_uid": client_uid,
    }
    row = session.connection().execute(_CARD_CONTEXT, asked).one_or_none()
    if row is None or row.account_ref is None:
        return None
    stored = stored_item(row.stored_answer, row.stored_evidence, row.stored_digest)
    refused = stored_item(row.refused_answer, row.refused_evidence, row.refused_digest)
    shown = Shown(row.pupil_name, row.class_name, row.school_name)
    return CardContext(context_in(row), shown, row.revoked_at, stored or refused)


def stored_item(answer: Any, evidence: Any, digest: str | None) -> StoredItem | None:
    """A row's answer and what was sent for it, of a scan or of a refusal; None when there is no row."""
    if digest is None:
        return None
    return StoredItem(Answer.from_json(answer), (evidence or {}).get("item", ""), receipt_of(digest))


def receipt_of(digest: str) -> str:
    """The short text by which a device can later prove that its scan was taken: the head of the row's keyed digest."""
    return digest[:16]
