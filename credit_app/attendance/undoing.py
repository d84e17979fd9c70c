"""Whoever scanned takes it back at once: the scan stands, and counts as if it had not been.

The attendance is folded anew without it. When nothing is left it is void without anybody's decision, and the next scan
makes something of it again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.answers import Answer
from credit_app.attendance.card_context import Shown, receipt_of
from credit_app.attendance.clock_bounds import bounds_of
from credit_app.attendance.context import HAPPENING_COLUMNS, happening_of
from credit_app.attendance.crediting import Credited, Present, credit
from credit_app.attendance.devices import Doorkeeper
from credit_app.attendance.door import Receipt
from credit_app.attendance.door_items import Undo
from credit_app.attendance.facts import Happening
from credit_app.attendance.lists import PRESENT_COLUMNS, present_of
from credit_app.attendance.models import Attendance, ScanEvent, ScanUndo
from credit_app.attendance.refused_items import stored_under
from credit_app.attendance.scans import folded_scans
from credit_app.attendance.stays import Presence, presence_of
from credit_app.errors import Conflict, NotFound
from credit_app.ledger import actions as ledger
from credit_app.organisations.models import School, Venue
from credit_app.rule_books.queries import latest_stamp
from credit_app.schools.merges import survivor_id
from credit_app.schools.models import Enrolment, SchoolClass, Student
from credit_app.schools.queries import holds_on
from credit_app.storage import insert_into

UNDONE = "scan_undone"  # reason of entries
WITHIN = timedelta(minutes=2)


class OtherContent(Conflict):
    """The key of this request has been used for another one."""

    status = 422


def undo_scan(session: Session, *, device: Doorkeeper, undo: Undo, now: datetime) -> Receipt:
    """The device's scan counts no more, nor does what followed from it. Asked again, the same is answered.

    Raises: NotFound when the device has sent no such item; OtherContent when the key was used for another undo.
    """
    found = _scan_of(session, device, undo)
    if found is None:
        stored = stored_under(session, device=device, client_uid=undo.undoes)
        if stored is None:
            raise NotFound
        # A refusal moved nobody.
        return Receipt(undo.client_uid, Answer("undone"), None, stored.receipt)
    shown = Shown(found.pupil_name, found.class_name, found.school_name)
    receipt = Receipt(undo.client_uid, Answer("undone"), shown, receipt_of(found.digest))
    if found.is_undone or found.scan_status == "undone":
        return receipt
    if _came_late(undo, found, device, now):
        return replace(receipt, answer=Answer("claim_timeout", {"reason": "undo_late"}))
    # The row first: whoever scans this pupil at this moment is folded, or folds after us.
    locked = _locked_attendance(session, found)
    if not _store(session, device, undo, found, now):
        return receipt
    if locked is not None and locked.state != "voided":
        _fold_anew(session, locked, found, now)
    return receipt


def _scan_of(session: Session, device: Doorkeeper, undo: Undo) -> Any:
    """The scan and whose it is today, with the pupil locked; None when the device has sent no such scan."""
    asked: dict[str, Any] = {"origin": device.origin, "client_uid": undo.undoes}
    scanned = session.scalar(_SCANNED, asked)
    if scanned is not None:
        asked["pupil"] = survivor_id(session, student_id=scanned)
        session.execute(select(Student.id).where(Student.id == asked["pupil"]).with_for_update(key_share=True))
    used_for = session.scalar(
        select(ScanUndo.scan_event_id).where(ScanUndo.device_id == device.id, ScanUndo.client_uid == undo.client_uid)
    )
    found = session.execute(_SCAN, asked).one_or_none() if scanned is not None else None
    if used_for is not None and (found is None or used_for != found.scan_id):
        raise OtherContent
    return found


def _came_late(undo: Undo, found: Any, device: Doorkeeper, now: datetime) -> bool:
    """More than two minutes surely lie between the scan and its undoing."""
    clock = (found.evidence or {}).get("clock", {})
    if clock.get("boot") == undo.clock.boot:
        return timedelta(milliseconds=undo.clock.mono_ms - clock["mono_ms"]) > WITHIN
    bounds = bounds_of(undo.clock.as_clock(), not_before=device.enrolled_at, arrived_at=now)
    latest = (found.evidence or {}).get("latest")
    scanned_by = datetime.fromisoformat(latest) if latest else found.scanned_at
    return bounds.earliest - scanned_by > WITHIN


def _locked_attendance(session: Session, found: Any) -> Any:
    return session.execute(
        select(*PRESENT_COLUMNS, Attendance.student_id, Attendance.open_since_at)
        .where(
            Attendance.student_id == found.student_id,
            Attendance.occurrence_id == found.occurrence_id,
            Attendance.attended_on == found.occurs_on,
        )
        .with_for_update(key_share=True)
    ).one_or_none()


def _store(session: Session, device: Doorkeeper, undo: Undo, found: Any, now: datetime) -> bool:
    bounds = bounds_of(undo.clock.as_clock(), not_before=device.enrolled_at, arrived_at=now, sent_at_once=True)
    row = {
        "scan_event_id": found.scan_id,
        "device_id": device.id,
        "client_uid": undo.client_uid,
        "undone_at": bounds.at,
        "received_at": now,
    }
    connection = session.connection()
    insert = insert_into(connection.dialect.name)(ScanUndo.__table__).values(row).on_conflict_do_nothing()
    return connection.scalar(insert.returning(ScanUndo.__table__.c.scan_event_id)) is not None


def _fold_anew(session: Session, locked: Any, found: Any, now: datetime) -> None:
    """The attendance is what its other scans make it, and its credit is judged again."""
    happening: Happening = happening_of(found)
    scans = folded_scans(session, student_id=found.student_id, occurrence_id=happening.occurrence_id)
    presence = presence_of(scans)
    if happening.status == "closed":
        presence = replace(presence, open_since_at=None)
    known = present_of(locked)
    nobody = presence.first_in_at is None
    end_assumed = known.end_assumed and presence.last_out_at is None and not nobody
    if nobody:
        presence = Presence(known.presence.first_in_at, None, None, 0, known.presence.proof)
    present = replace(known, state="voided" if nobody else "present", presence=presence, end_assumed=end_assumed)
    _write(session, present)
    _judge_again(session, happening, present, found, now)


def _write(session: Session, present: Present) -> None:
    presence = present.presence
    session.execute(
        update(Attendance)
        .where(Attendance.id == present.id)
        .values(
            state=present.state,
            proof=presence.proof,
            first_in_at=presence.first_in_at,
            open_since_at=presence.open_since_at,
            last_out_at=presence.last_out_at,
            stayed_seconds=presence.stayed_seconds,
            end_assumed=present.end_assumed,
        )
        .execution_options(synchronize_session=False)
    )


def _judge_again(session: Session, happening: Happening, present: Present, found: Any, now: datetime) -> None:
    if found.account_ref is None:
        return
    if present.state == "voided":
        ledger.reverse(
            session,
            account_ref=found.account_ref,
            participation=present.participation,
            reason=UNDONE,
            now=now,
            recorded_by=ledger.BY_RULES,
        )
        return
    credit(
        session,
        happening=happening,
        present=present,
        to=Credited(found.account_ref, found.district_id, found.book_stamp),
        now=now,
        decided_before=True,
        reason=UNDONE,
    )


_OWN = and_(ScanEvent.origin == bindparam("origin"), ScanEvent.client_uid == bindparam("client_uid"))
_SCANNED = select(ScanEvent.student_id).where(_OWN)
_SCAN = (
    select(
        *HAPPENING_COLUMNS,
        ScanEvent.id.label("scan_id"),
        Student.id.label("student_id"),
        ScanEvent.scanned_at,
        ScanEvent.status.label("scan_status"),
        ScanEvent.evidence,
        ScanEvent.digest,
        exists().where(ScanUndo.scan_event_id == ScanEvent.id).label("is_undone"),
        Student.account_ref,
        Student.name.label("pupil_name"),
        func.coalesce(SchoolClass.name, "").label("class_name"),
        School.name.label("school_name"),
        School.district_id,
        latest_stamp().label("book_stamp"),
    )
    .select_from(ScanEvent)
    .join(Occurrence, Occurrence.id == ScanEvent.occurrence_id)
    .join(Activity, Activity.id == Occurrence.activity_id)
    .outerjoin(Venue, Venue.id == Activity.venue_id)
    .join(Student, Student.id == bindparam("pupil"))
    .outerjoin(Enrolment, and_(Enrolment.student_id == Student.id, holds_on(Enrolment, Occurrence.occurs_on)))
    .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
    .join(School, School.id == func.coalesce(Enrolment.school_id, Student.school_id))
    .where(_OWN)
    .limit(1)
)
