"""Soft signals: what looks odd about check-ins that count already. They ask for a look, and change nothing.

Found by a periodic job among the scans since the last run, never on a scan's way. Whom somebody else has seen (a card
at the door, a roll-call) is not asked about. Why these thresholds: docs/decisions.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.holding import raise_hold
from credit_app.attendance.kiosk_code import SLOT_SECONDS
from credit_app.attendance.models import Attendance, ScanEvent
from credit_app.organisations.models import School, Venue

SAME_BROWSER_PUPILS = 2
"""So many pupils checked in by one browser for one occurrence are asked about."""
PACE_PUPILS = 90
"""More pupils than this in one slot of one code are asked about."""
OVERLAP = timedelta(minutes=10)
"""Stays at two places that overlap by more than this are asked about."""
SURE = ("staff_scan", "roll_call")
BATCH = 2000  # scans a run of the job looks at before it commits


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a run has come: the last scan it looked at (None: there was none), and how many questions it raised."""

    last_id: int | None
    raised: int


def raise_signals(session: Session, *, after_id: int, now: datetime, limit: int = BATCH) -> Looked:
    """The next scans after `after_id` have been looked at; each odd thing is asked about once, whenever it is found."""
    scans = session.execute(
        select(ScanEvent.id, ScanEvent.occurrence_id, ScanEvent.student_id, ScanEvent.origin, ScanEvent.direction)
        .where(ScanEvent.id > after_id)
        .order_by(ScanEvent.id)
        .limit(limit)
    ).all()
    if not scans:
        return Looked(None, 0)
    claimed = {row.occurrence_id for row in scans if row.origin == "claim" and row.direction == "in"}
    raised = sum(_same_browser(session, claimed, now)) + sum(_pace(session, claimed, now))
    raised += sum(_two_places(session, {row.student_id for row in scans}, {row.occurrence_id for row in scans}, now))
    return Looked(scans[-1].id, raised)


def _claims(session: Session, occurrence_ids: Collection[int]) -> Any:
    """Check-ins by a code that count, of pupils whom nobody else has seen."""
    return session.execute(
        select(
            ScanEvent.occurrence_id,
            ScanEvent.student_id,
            ScanEvent.scanned_at,
            ScanEvent.evidence,
            Attendance.id.label("attendance_id"),
        )
        .join(
            Attendance,
            (Attendance.student_id == ScanEvent.student_id) & (Attendance.occurrence_id == ScanEvent.occurrence_id),
        )
        .where(
            ScanEvent.occurrence_id.in_(occurrence_ids),
            ScanEvent.origin == "claim",
            ScanEvent.direction == "in",
            ScanEvent.status == "ok",
            Attendance.state == "present",
            Attendance.proof.not_in(SURE),
        )
        .order_by(ScanEvent.id)
    )


def _same_browser(session: Session, occurrence_ids: Collection[int], now: datetime) -> Iterator[bool]:
    groups: dict[tuple[int, str], dict[int, Any]] = defaultdict(dict)
    for row in _claims(session, occurrence_ids):
        browser = (row.evidence or {}).get("browser")
        if browser:
            groups[row.occurrence_id, browser].setdefault(row.student_id, row)
    for (occurrence_id, _browser), pupils in groups.items():
        if len(pupils) < SAME_BROWSER_PUPILS:
            continue
        for row in pupils.values():
            said = {"pupils": len(pupils), "at": row.scanned_at.isoformat()}
            yield _ask(session, row, "same_browser", f"same_browser.{occurrence_id}.{row.student_id}", said, now)


def _pace(session: Session, occurrence_ids: Collection[int], now: datetime) -> Iterator[bool]:
    slots: dict[tuple[int, int], dict[int, Any]] = defaultdict(dict)
    for row in _claims(session, occurrence_ids):
        slots[row.occurrence_id, int(row.scanned_at.timestamp()) // SLOT_SECONDS].setdefault(row.student_id, row)
    for (occurrence_id, slot), pupils in slots.items():
        if len(pupils) <= PACE_PUPILS:
            continue
        for row in pupils.values():
            said = {"pupils": len(pupils), "at": row.scanned_at.isoformat(), "slot": slot}
            yield _ask(session, row, "pace", f"pace.{occurrence_id}.{row.student_id}", said, now)


def _two_places(
    session: Session, student_ids: Collection[int], occurrence_ids: Collection[int], now: datetime
) -> Iterator[bool]:
    """Both stays are asked about, each where it was: nobody knows which of the two is true."""
    one, other = aliased(Attendance), aliased(Attendance)
    other_activity, other_run = aliased(Activity), aliased(Occurrence)
    organiser = aliased(School)
    rows = session.execute(
        select(
            one.id.label("attendance_id"),
            one.occurrence_id,
            one.student_id,
            one.first_in_at,
            one.last_out_at,
            one.stayed_seconds,
            one.proof,
            other.id.label("other_id"),
            other.first_in_at.label("other_in_at"),
            other.last_out_at.label("other_out_at"),
            other.stayed_seconds.label("other_stayed_seconds"),
            func.coalesce(Venue.name, organiser.name).label("other_place"),
        )
        .join(other, (other.student_id == one.student_id) & (other.attended_on == one.attended_on))
        .join(Occurrence, Occurrence.id == one.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .join(other_run, other_run.id == other.occurrence_id)
        .join(other_activity, other_activity.id == other_run.activity_id)
        .outerjoin(Venue, Venue.id == other_activity.venue_id)
        .outerjoin(organiser, organiser.id == other_activity.school_id)
        .where(
            one.student_id.in_(student_ids),
            (one.occurrence_id.in_(occurrence_ids)) | (other.occurrence_id.in_(occurrence_ids)),
            one.id != other.id,
            one.state == "present",
            other.state == "present",
            Activity.venue_id.is_distinct_from(other_activity.venue_id),
            one.last_out_at.is_not(None),
            other.last_out_at.is_not(None),
        )
        .order_by(one.id, other.id)
    )
    for row in rows:
        first, last = max(row.first_in_at, row.other_in_at), min(row.last_out_at, row.other_out_at)
        if last - first > OVERLAP and _is_one_stay(row):
            said = {"at": first.isoformat(), "other_place": row.other_place}
            yield _ask(session, row, "two_places", f"two_places.{row.attendance_id}.{row.other_id}", said, now)


def _is_one_stay(row: Any) -> bool:
    """Neither of the two was left in between: who goes out for lunch and comes back was not there twice."""
    whole = (row.last_out_at - row.first_in_at).total_seconds() - row.stayed_seconds
    other = (row.other_out_at - row.other_in_at).total_seconds() - row.other_stayed_seconds
    return max(whole, other) < OVERLAP.total_seconds() / 2


def _ask(session: Session, row: Any, reason: str, key: str, said: dict[str, Any], now: datetime) -> bool:
    public_id = raise_hold(
        session,
        kind="signal",
        key=key,
        reason=reason,
        occurrence_id=row.occurrence_id,
        student_id=row.student_id,
        attendance_id=row.attendance_id,
        evidence=said,
        now=now,
    )
    return public_id is not None
