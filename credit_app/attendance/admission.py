"""What the door says to one scan before anything is written: in, out, or why not. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from credit_app.attendance.answers import Answer
from credit_app.attendance.queries import ScanContext
from credit_app.attendance.scans import Scan

OPENS_BEFORE = timedelta(minutes=30)  # check-in, before the planned start
LEAVES_UNTIL = timedelta(minutes=60)  # check-out, after the planned end


def refusal(context: ScanContext, scan: Scan, now: datetime) -> Answer | None:
    """Why this scan moves nobody, or None. Who is inside may always leave until the door closes."""
    if scan.valid_until is not None and now > scan.valid_until:
        return Answer("claim_timeout")
    if context.happening.status == "cancelled":
        return Answer("cancelled")
    return _refusal_to_leave(context, scan) if scan.direction == "out" else _refusal_to_enter(context, scan)


def refusal_of_decided(context: ScanContext, scan: Scan, now: datetime) -> Answer | None:
    """Why what a person with the right to it has decided still moves nobody, or None.

    The hours, the seats and the closing of the door are for those who scan by themselves; that an activity takes place,
    and whom it is for, holds for everybody.
    """
    if context.happening.status == "cancelled":
        return Answer("cancelled")
    if scan.direction == "out":
        return Answer("not_checked_in") if context.attendance is None or context.undone else None
    if context.attendance is not None and context.attendance.presence.open_since_at is not None:
        return None
    return _refusal_of_stranger(context)


def held_while_void(context: ScanContext) -> Answer | None:
    """Whose attendance has been voided is neither moved nor credited by a scan: it waits for a person to restore it."""
    if context.attendance is None or context.attendance.state != "voided" or context.undone:
        return None
    return Answer("held", {"reason": "voided", "participation": context.attendance.participation})


def _closed(context: ScanContext, scan: Scan) -> bool:
    """The door was closed when the code was scanned. When the scan arrives does not matter: it may come a week late."""
    if context.happening.status != "closed":
        return False
    return context.closed_at is None or scan.scanned_at >= context.closed_at


def _refusal_to_leave(context: ScanContext, scan: Scan) -> Answer | None:
    if _closed(context, scan) or scan.scanned_at > context.happening.ends_at + LEAVES_UNTIL:
        return Answer("closed")
    return Answer("not_checked_in") if context.attendance is None or context.undone else None


def _refusal_to_enter(context: ScanContext, scan: Scan) -> Answer | None:
    happening, attendance = context.happening, context.attendance
    if scan.scanned_at < happening.starts_at - OPENS_BEFORE:
        return Answer("too_early", {"opens_at": (happening.starts_at - OPENS_BEFORE).isoformat()})
    if _closed(context, scan) or scan.scanned_at > happening.ends_at:
        return Answer("closed")
    if attendance is not None and attendance.presence.open_since_at is not None:
        return None  # answered "already", which is no refusal
    if stranger := _refusal_of_stranger(context):
        return stranger
    if (
        (attendance is None or context.undone)
        and happening.capacity is not None
        and context.heads >= happening.capacity
    ):
        return Answer("full", {"capacity": happening.capacity})
    return None


def _refusal_of_stranger(context: ScanContext) -> Answer | None:
    happening = context.happening
    if not context.offered:
        return Answer("cancelled")
    if context.grade is None:
        return Answer("not_enrolled")
    if not context.welcome:
        return Answer("not_eligible", {"reason": "other_school"})
    if not happening.grade_from <= context.grade <= happening.grade_to:
        return Answer("not_eligible", {"grade_from": happening.grade_from, "grade_to": happening.grade_to})
    return None
