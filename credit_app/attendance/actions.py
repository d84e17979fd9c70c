"""The door: every scan is recorded, and decided on separately. The write door of being there.

`record_scan` returns refusals, it does not raise them. Its statements, at most: the context (read by the caller),
the attendance, the ledger's account, entry, account again and balance, and the scan with its answer; one more for the
last seats of an occurrence, and for the first entry of an account.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, update
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance import register
from credit_app.attendance.admission import LEAVES_UNTIL, OPENS_BEFORE, refusal
from credit_app.attendance.answers import Answer, steps_json
from credit_app.attendance.crediting import Present, credit, outlook
from credit_app.attendance.models import Attendance, RefusedCode
from credit_app.attendance.queries import ScanContext
from credit_app.attendance.scans import Scan, ScanRaced, accepted_scans, store_scan
from credit_app.attendance.stays import Presence, presence_of
from credit_app.ledger.models import LedgerEntry
from credit_app.schools.models import Student
from credit_app.storage import insert_into

__all__ = [
    "LEAVES_UNTIL",
    "OPENS_BEFORE",
    "Scan",
    "ScanRaced",
    "close_occurrence",
    "count_refused_code",
    "record_scan",
]


def record_scan(session: Session, *, context: ScanContext, scan: Scan, now: datetime) -> Answer:
    """The scan is stored with its answer, the attendance and its credits follow; a repeated one gets its first answer.

    Raises: ScanRaced when a parallel request got in between.
    """
    if context.stored_answer is not None:
        if context.stored_student_id == context.student_id:
            return context.stored_answer
        # The first account's answer is nobody else's: the second use is a scan of its own, and refused.
        answer = Answer("claim_used")
        _store(session, context, scan, answer, now, client_uid=f"{scan.client_uid}.{context.student_id}")
        return answer
    answer = refusal(context, scan, now) or _decide(session, context, scan, now)
    if not _store(session, context, scan, answer, now, client_uid=scan.client_uid):
        raise ScanRaced
    return answer


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


def _decide(session: Session, context: ScanContext, scan: Scan, now: datetime) -> Answer:
    known = context.attendance
    return _enter(session, context, scan, now) if known is None else _move(session, context, known, scan, now)


def _enter(session: Session, context: ScanContext, scan: Scan, now: datetime) -> Answer:
    if context.grade is None:
        raise ValueError("nobody without a grade is let in: see `refusal`")
    present = register.enter(session, context=context, scan=scan, grade=context.grade)
    return Answer("ok", _told(present, scan) | _award(session, context, present, now))


def _move(session: Session, context: ScanContext, known: Present, scan: Scan, now: datetime) -> Answer:
    """In or out again. A scan that changes nothing is told where the pupil stands, which is no refusal."""
    presence = _presence_after(session, context, known, scan)
    if presence == known.presence:
        return _unmoved(session, context, known, scan)
    present = register.move(session, known=known, presence=presence)
    told = _told(present, scan)
    if scan.direction == "in" and presence.stayed_seconds == known.presence.stayed_seconds:
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
    """What the accepted scans and this one amount to; read again only when this one is not the latest of them."""
    before = known.presence
    latest = max(instant for instant in (before.open_since_at, before.last_out_at, before.first_in_at) if instant)
    if scan.scanned_at > latest:
        return before.after(scan.direction, scan.scanned_at)
    accepted = accepted_scans(session, student_id=context.student_id, occurrence_id=context.happening.occurrence_id)
    return presence_of([*accepted, (scan.scanned_at, scan.direction)])


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
    return store_scan(
        session,
        scan=scan,
        client_uid=client_uid,
        occurrence_id=context.happening.occurrence_id,
        student_id=context.student_id,
        answer=answer,
        now=now,
    )
