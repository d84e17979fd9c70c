"""The door: every scan is recorded, and decided on separately. The write door of being there.

`record_scan` returns refusals, it does not raise them. Its statements, at most: the context (read by the caller),
the attendance, the ledger's account, entry, account again and balance, and the scan with its answer; one more for the
last seats of an occurrence, and for the first entry of an account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, update
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance import register
from credit_app.attendance.admission import LEAVES_UNTIL, OPENS_BEFORE, held_while_void, refusal
from credit_app.attendance.answers import Answer, steps_json
from credit_app.attendance.crediting import Present, credit, outlook
from credit_app.attendance.models import Attendance, RefusedCode
from credit_app.attendance.queries import ScanContext
from credit_app.attendance.scans import Scan, ScanRaced, folded_scans, store_scan
from credit_app.attendance.stays import Presence, Sighting, presence_of
from credit_app.ledger.models import LedgerEntry
from credit_app.schools.merges import survivor_id
from credit_app.schools.models import Student
from credit_app.storage import insert_into

__all__ = [
    "LEAVES_UNTIL",
    "OPENS_BEFORE",
    "Scan",
    "ScanRaced",
    "close_occurrence",
    "count_refused_code",
    "decide_scan",
    "is_own_answer",
    "record_scan",
]


def record_scan(
    session: Session,
    *,
    context: ScanContext,
    scan: Scan,
    now: datetime,
    refuse: Callable[[ScanContext, Scan, datetime], Answer | None] = refusal,
) -> Answer:
    """The scan is stored with its answer, the attendance and its credits follow; a repeated one gets its first answer.

    `refuse` says why a scan moves nobody: for what a person has decided there are fewer reasons (``decided``).
    Raises: ScanRaced when a parallel request got in between.
    """
    if context.stored_answer is not None:
        if is_own_answer(session, context=context):
            return context.stored_answer
        # The first account's answer is nobody else's: the second use is a scan of its own, and refused.
        answer = Answer("claim_used")
        _store(session, context, scan, answer, now, client_uid=f"{scan.client_uid}.{context.student_id}")
        return answer
    answer = decide_scan(session, context=context, scan=scan, now=now, refuse=refuse)
    if not _store(session, context, scan, answer, now, client_uid=scan.client_uid):
        raise ScanRaced
    return answer


def decide_scan(
    session: Session,
    *,
    context: ScanContext,
    scan: Scan,
    now: datetime,
    refuse: Callable[[ScanContext, Scan, datetime], Answer | None] = refusal,
) -> Answer:
    """What the scan is answered; the attendance and its credits have followed. The caller stores both as one row.

    Raises: ScanRaced when a parallel request got in between.
    """
    return refuse(context, scan, now) or _held(session, context) or _decide(session, context, scan, now)


def close_occurrence(session: Session, *, occurrence: Occurrence, now: datetime) -> int:
    """The occurrence takes no more scans. Who never checked out, and whose participation is undecided, gets an assumed
    end, which meets no condition on the stay; what has been decided already is left as it was judged.

    Returns: how many ends were assumed. Their participations wait for a confirmed end.
    """
    occurrence.status, occurrence.closed_at = "closed", now
    session.flush()
    inside = (Attendance.occurrence_id == occurrence.id, Attendance.open_since_at.is_not(None))
    decided = exists().where(
        Student.id == Attendance.student_id,
        LedgerEntry.account_id == Student.account_ref,
        LedgerEntry.participation == Attendance.public_id,
        LedgerEntry.kind == "award",
    )
    # Who came back in after a real check-out keeps that one.
    ends_assumed = session.execute(
        update(Attendance)
        .where(*inside, Attendance.last_out_at.is_(None), ~decided)
        .values(open_since_at=None, end_assumed=True)
        .returning(Attendance.id)
    ).all()
    session.execute(update(Attendance).where(*inside).values(open_since_at=None))
    return len(ends_assumed)


def count_refused_code(session: Session, *, reason: str, day: date) -> None:
    """One more code of that day was refused for `reason`; the code itself is not kept."""
    insert = insert_into(session.get_bind().dialect.name)
    statement = insert(RefusedCode).values(refused_on=day, reason=reason, count=1)
    session.execute(
        statement.on_conflict_do_update(index_elements=["refused_on", "reason"], set_={"count": RefusedCode.count + 1})
    )


def is_own_answer(session: Session, *, context: ScanContext) -> bool:
    """The stored answer is this pupil's, given to this row or to a duplicate that has been merged into it."""
    stored_id = context.stored_student_id
    if stored_id is None or stored_id == context.student_id:
        return True
    return context.has_absorbed and survivor_id(session, student_id=stored_id) == context.student_id


def _held(session: Session, context: ScanContext) -> Answer | None:
    """Whoever is void waits; asked with the row locked, so that one who is restored at this moment is not held."""
    answer, known = held_while_void(context), context.attendance
    if answer is not None and known is not None:
        register.must_still_be_void(session, known=known)
    return answer


def _decide(session: Session, context: ScanContext, scan: Scan, now: datetime) -> Answer:
    known = context.attendance
    return _enter(session, context, scan, now) if known is None else _move(session, context, known, scan, now)


def _enter(session: Session, context: ScanContext, scan: Scan, now: datetime) -> Answer:
    if context.grade is None:
        raise ValueError("nobody without a grade is let in: see `refusal`")
    presence = Presence().after(_sighting(scan))
    if context.last_scan_at is not None or context.has_absorbed:
        presence = _folded(session, context, scan)
    presence = _as_the_door_stands(context, presence)
    present = register.enter(session, context=context, grade=context.grade, presence=presence)
    told = _award(session, context, present, now)
    _assume_end(session, context, present, told)
    return Answer("ok", _told(present, scan) | told)


def _move(session: Session, context: ScanContext, known: Present, scan: Scan, now: datetime) -> Answer:
    """In or out again. A scan that changes nothing is told where the pupil stands, which is no refusal."""
    presence = _as_the_door_stands(context, _presence_after(session, context, known, scan))
    before = known.presence
    if presence == before and not context.undone:
        register.must_still_stand(session, known=known)
        return _unmoved(session, context, known, scan)
    present = register.move(session, known=known, student_id=context.student_id, presence=presence)
    told = _told(present, scan)
    if presence.as_times() == before.as_times():
        # Nobody moved; we are surer than before that the pupil was there, and the rules may ask for that.
        _award(session, context, present, now)
        return _unmoved(session, context, present, scan)
    same_facts = (presence.stayed_seconds, presence.last_out_at, presence.proof) == (
        before.stayed_seconds,
        before.last_out_at,
        before.proof,
    )
    if scan.direction == "in" and same_facts and not context.undone:
        # Coming in again changes no fact: the next check-out does.
        return Answer("ok", told | _outlook(session, context, present))
    if scan.direction == "out":
        told["stayed_minutes"] = presence.stayed_seconds // 60
    return Answer("ok" if scan.direction == "in" else "checked_out", told | _award(session, context, present, now))


def _unmoved(session: Session, context: ScanContext, known: Present, scan: Scan) -> Answer:
    open_since_at = known.presence.open_since_at
    if open_since_at is None:
        return Answer("already_out", {"participation": known.participation})
    if scan.direction == "out":
        return Answer("not_checked_in")  # by a code that was opened before the pupil came in
    told = {"at": open_since_at.isoformat(), "participation": known.participation}
    return Answer("already", told | _outlook(session, context, known))


def _presence_after(session: Session, context: ScanContext, known: Present, scan: Scan) -> Presence:
    """What the stored scans and this one amount to; read again only when this one may not be the latest of them."""
    before = known.presence
    instants = (before.open_since_at, before.last_out_at, before.first_in_at, context.last_scan_at)
    latest = max(instant for instant in instants if instant)
    if context.undone:
        return _folded(session, context, scan)
    if scan.scanned_at > latest and not context.has_absorbed and not _is_closed(context):
        return before.after(_sighting(scan))
    return _folded(session, context, scan)


def _folded(session: Session, context: ScanContext, scan: Scan) -> Presence:
    occurrence_id, student_id = context.happening.occurrence_id, context.student_id
    stored = folded_scans(session, student_id=student_id, occurrence_id=occurrence_id, scanning_id=student_id)
    return presence_of([*stored, _sighting(scan)])


def _sighting(scan: Scan) -> Sighting:
    return Sighting(scan.scanned_at, scan.direction, scan.proof)


def _is_closed(context: ScanContext) -> bool:
    return context.happening.status == "closed"


def _as_the_door_stands(context: ScanContext, presence: Presence) -> Presence:
    """Nobody is inside what has been closed, also when their scans arrive afterwards: as `close_occurrence` has it."""
    return replace(presence, open_since_at=None) if _is_closed(context) else presence


def _assume_end(session: Session, context: ScanContext, present: Present, told: Mapping[str, Any]) -> None:
    if _is_closed(context) and present.presence.last_out_at is None and told.get("state") == "pending":
        register.assume_end(session, known=present)


def _told(present: Present, scan: Scan) -> dict[str, Any]:
    return {"at": scan.scanned_at.isoformat(), "participation": present.participation}


def _outlook(session: Session, context: ScanContext, present: Present) -> dict[str, Any]:
    return outlook(session, happening=context.happening, present=present, to=context.credited)


def _award(session: Session, context: ScanContext, present: Present, now: datetime) -> dict[str, Any]:
    """Post what is decided; what the pupil is told of it, as codes."""
    posting = credit(session, happening=context.happening, present=present, to=context.credited, now=now)
    if posting is None or posting.award.state == "pending":
        return _outlook(session, context, present)
    if posting.withheld:
        # Recorded as any other; the credit waits for two people, since the year is settled.
        return {"state": "pending", "reason": "year_settled", "awaits_check_out": False}
    return {
        "state": posting.award.state,
        "gained": posting.gained_centicredits,
        "reason": posting.award.reason,
        "missing": steps_json(posting.award.missing),
    }


def _store(
    session: Session, context: ScanContext, scan: Scan, answer: Answer, now: datetime, *, client_uid: str
) -> bool:
    stored = store_scan(
        session,
        scan=scan,
        client_uid=client_uid,
        occurrence_id=context.happening.occurrence_id,
        student_id=context.student_id,
        answer=answer,
        now=now,
    )
    return stored is not None
