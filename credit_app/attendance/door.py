"""The door with a person at it: what a device sends, recorded and decided on. Each item gets one receipt, the same for
ever.

An item that names a pupil and an occurrence of the device's organiser is a scan; any other is kept as a refusal, so
that it gets the same answer again and leaves no gap in the device's numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, select, tuple_
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.actions import decide_scan
from credit_app.attendance.admission import LEAVES_UNTIL, OPENS_BEFORE, refusal
from credit_app.attendance.answers import Answer
from credit_app.attendance.bundle_id import issued_at
from credit_app.attendance.card_context import CardContext, Shown, StoredItem, card_context, receipt_of
from credit_app.attendance.clock_bounds import Bounds, bounds_of, counted_at
from credit_app.attendance.devices import Doorkeeper
from credit_app.attendance.door_items import Item, item_digest
from credit_app.attendance.holding import raise_hold
from credit_app.attendance.refused_items import keep_refusal, stored_under
from credit_app.attendance.scans import HELD, Scan, ScanRaced, StoredRow, store_scan
from credit_app.ledger.models import LedgerAccount
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.number import read_number
from credit_app.schools.cards.token import PREFIX, CardName, Unread, read_token
from credit_app.schools.models import Student

BUNDLE_GOOD_FOR = timedelta(hours=72)
# Refusals that hold whenever the scan was: they are told, also when its time or its device is in doubt.
TIMELESS = frozenset({"cancelled", "not_eligible", "not_enrolled"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a device is told about one item; `final` says that it may forget the item."""

    client_uid: str
    answer: Answer
    shown: Shown | None = None
    receipt: str = ""
    final: bool = True


def read_card(text: str) -> CardName | Unread:
    """The card that a scanned or typed text names."""
    return read_token(text) if text.strip().upper().startswith(PREFIX) else read_number(text)


def lock_pupils(session: Session, items: Iterable[Item], *, accounts: bool = False) -> None:
    """Nobody else's device decides on these items' pupils until the transaction ends: what one of two has recorded
    unseen, the other could not fold. Rows in order of id; with `accounts` the pupils' ledger accounts too."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return  # writers take turns
    cards = {card for item in items if isinstance(card := read_card(item.card), CardName)}
    if not cards:
        return
    if len(cards) == 1 and not accounts:
        ((card_id, generation),) = cards
        connection.execute(_LOCK_ONE, {"card_id": card_id, "generation": generation})
        return
    shown = select(StudentCard.student_id).where(tuple_(StudentCard.card_id, StudentCard.generation).in_(sorted(cards)))
    pupils = select(Student.account_ref).where(Student.id.in_(shown)).order_by(Student.id)
    refs = [ref for ref in connection.scalars(pupils.with_for_update(key_share=True)) if ref is not None]
    connection.execute(
        select(LedgerAccount.id)
        .where(LedgerAccount.id.in_(refs))
        .order_by(LedgerAccount.id)
        .with_for_update(key_share=True)
    ).all()


def receive(session: Session, *, device: Doorkeeper, item: Item, now: datetime, at_once: bool = False) -> Receipt:
    """The item is recorded with its answer, and what follows from it has happened; one that came before gets the
    receipt that it got then.

    `at_once`: it came by itself, not out of a queue. Raises: ScanRaced when another request got in between.
    """
    card = read_card(item.card)
    found = _context(session, device, item, card) if isinstance(card, CardName) else None
    if found is None:
        return _without_pupil(session, device, item, card, now)
    if found.stored is not None:
        return again(item.client_uid, found.stored, item_digest(item), found.shown)
    bounds = _bounds(device, item, now, at_once=at_once)
    scan = _scan(device, item, found, bounds)
    answer = _known_answer(device, item, found, scan, bounds, now)
    if answer is None:
        answer = decide_scan(session, context=found.scan, scan=scan, now=now)
    stored = store_scan(
        session,
        scan=scan,
        client_uid=scan.client_uid,
        occurrence_id=found.scan.happening.occurrence_id,
        student_id=found.scan.student_id,
        answer=answer,
        now=now,
    )
    if stored is None:
        raise ScanRaced
    if answer.status == HELD and answer.params.get("reason") != "voided":
        _ask(session, device, found, scan, bounds, answer, stored, now)
    return Receipt(item.client_uid, answer, found.shown, receipt_of(stored.digest))


def again(client_uid: str, stored: StoredItem, digest: str, shown: Shown | None) -> Receipt:
    """The receipt of what is stored under this key; `conflict` when what came now is not what came then."""
    if stored.item_digest != digest:
        return Receipt(client_uid, Answer("conflict"))
    return Receipt(client_uid, stored.answer, shown if stored.answer.status != "code_invalid" else None, stored.receipt)


def _context(session: Session, device: Doorkeeper, item: Item, card: CardName) -> CardContext | None:
    return card_context(
        session,
        card=card,
        handle=item.occurrence.upper(),
        device_id=device.id,
        venue_id=device.venue_id,
        school_id=device.school_id,
        origin=device.origin,
        client_uid=item.client_uid,
    )


def _without_pupil(session: Session, device: Doorkeeper, item: Item, card: CardName | Unread, now: datetime) -> Receipt:
    digest = item_digest(item)
    stored = stored_under(session, device=device, client_uid=item.client_uid)
    if stored is not None:
        return again(item.client_uid, stored, digest, None)
    if isinstance(card, Unread):
        answer = Answer("code_invalid", {"reason": card.value})
    else:
        answer = Answer("card_unknown" if _is_own(session, device, item) else "wrong_occurrence")
    evidence = {"item": digest, "occurrence": item.occurrence.upper(), "direction": item.direction} | _sent(item)
    if isinstance(card, CardName):
        evidence["card"] = f"{card.card_id}.{card.generation}"
    kept = keep_refusal(
        session, device=device, client_uid=item.client_uid, seq=item.seq, answer=answer, evidence=evidence, now=now
    )
    return Receipt(item.client_uid, answer, None, kept)


def _is_own(session: Session, device: Doorkeeper, item: Item) -> bool:
    # Not both in one condition: whoever has no school would own whatever has none.
    own = Activity.venue_id == device.venue_id
    if device.venue_id is None:
        own = Activity.school_id == device.school_id
    found = exists().where(Occurrence.activity_id == Activity.id, Occurrence.handle == item.occurrence.upper(), own)
    return bool(session.scalar(select(found)))


def _bounds(device: Doorkeeper, item: Item, now: datetime, *, at_once: bool) -> Bounds:
    bundled_at = issued_at(item.bundle, device=device.public_id) if item.bundle is not None else None
    not_before = max(device.enrolled_at, bundled_at or device.enrolled_at)
    return bounds_of(
        item.clock.as_clock(), not_before=not_before, arrived_at=now, sent_at_once=at_once and not item.offline
    )


def _scan(device: Doorkeeper, item: Item, found: CardContext, bounds: Bounds) -> Scan:
    opens_at = found.scan.happening.starts_at - OPENS_BEFORE
    evidence = {
        "item": item_digest(item),
        "earliest": bounds.earliest.isoformat(),
        "latest": bounds.latest.isoformat(),
    }
    return Scan(
        device.origin,
        item.client_uid,
        item.direction,
        "staff_scan",
        counted_at(bounds, opens_at=opens_at),
        device_id=device.id,
        device_seq=item.seq,
        evidence=evidence | _sent(item),
    )


def _sent(item: Item) -> dict[str, Any]:
    """What the device told of how it scanned; the card's own text is not kept."""
    told = item.model_dump(mode="json", include={"method", "clock", "bundle", "offline", "undone"}, exclude_none=True)
    return dict(told)


def _known_answer(
    device: Doorkeeper, item: Item, found: CardContext, scan: Scan, bounds: Bounds, now: datetime
) -> Answer | None:
    """What is answered whatever the attendance says: taken back, a revoked card, or a question to a person."""
    if item.undone is not None:
        return Answer("undone")
    if found.revoked_at is not None and bounds.earliest >= found.revoked_at:
        return Answer("card_revoked")
    told = refusal(found.scan, scan, now)
    if told is not None and told.status in TIMELESS:
        return told
    reason = _doubt(device, item, found, bounds, now)
    return Answer(HELD, {"reason": reason, "at": scan.scanned_at.isoformat()}) if reason else None


def _doubt(device: Doorkeeper, item: Item, found: CardContext, bounds: Bounds, now: datetime) -> str | None:
    if device.revoked_at is not None and bounds.latest >= device.revoked_at:
        return "device_revoked"
    if item.offline and item.bundle is not None:
        bundled_at = issued_at(item.bundle, device=device.public_id)
        if bundled_at is None or bounds.at - bundled_at > BUNDLE_GOOD_FOR:
            return "bundle_old"
    happening = found.scan.happening
    boundaries = (
        happening.starts_at - OPENS_BEFORE,
        happening.ends_at,
        happening.ends_at + LEAVES_UNTIL,
        found.scan.closed_at,
        found.revoked_at,
    )
    return "clock_doubtful" if bounds.doubtful(boundaries) else None


def _ask(
    session: Session,
    device: Doorkeeper,
    found: CardContext,
    scan: Scan,
    bounds: Bounds,
    answer: Answer,
    stored: StoredRow,
    now: datetime,
) -> None:
    """A person is asked about the scan, in the same transaction."""
    known = found.scan.attendance
    raise_hold(
        session,
        kind="scan",
        key=f"scan.{stored.id}",
        reason=answer.params["reason"],
        occurrence_id=found.scan.happening.occurrence_id,
        student_id=found.scan.student_id,
        attendance_id=known.id if known is not None else None,
        scan_event_id=stored.id,
        evidence={
            "direction": scan.direction,
            "at": bounds.at.isoformat(),
            "earliest": bounds.earliest.isoformat(),
            "latest": bounds.latest.isoformat(),
            "device": device.public_id,
            "device_name": device.name,
        },
        now=now,
    )


_LOCK_ONE = (
    select(Student.id)
    .where(
        Student.id.in_(
            select(StudentCard.student_id).where(
                StudentCard.card_id == bindparam("card_id"), StudentCard.generation == bindparam("generation")
            )
        )
    )
    .with_for_update(key_share=True)
)
