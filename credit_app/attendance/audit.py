"""What ``flask verify`` asks of the door.

I1: scans stand as they were acknowledged. I2: one attendance per pupil, occurrence and day, following from its scans.
I3: one award per decided attendance, none for an undecided one (results and what belongs to neither: ``recognition``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.audit_decided import audit_decided
from credit_app.attendance.audit_devices import audit_devices
from credit_app.attendance.crediting import Present, present_fact
from credit_app.attendance.models import Attendance, AttendanceDecision, ScanEvent
from credit_app.attendance.queries import HAPPENING_COLUMNS, happening_of
from credit_app.attendance.scans import FOLDED, HELD, SCAN_COLUMNS, StoredScan, counted
from credit_app.attendance.seal import SEALED, SENT, scan_digest
from credit_app.attendance.stays import Presence, Sighting, presence_of
from credit_app.errors import NoRuleSet
from credit_app.findings import Finding, Progress
from credit_app.ledger.models import LedgerCorrection, LedgerEntry
from credit_app.ledger.withholding import withheld_facts
from credit_app.organisations.models import School, Venue
from credit_app.rule_books.queries import book_for
from credit_app.rules.facts import Fact
from credit_app.rules.single import award as judge
from credit_app.schools.merges import survivors
from credit_app.schools.models import Enrolment, Student
from credit_app.schools.queries import holds_on

CHUNK = 1000  # rows


def audit(session: Session, progress: Progress) -> Iterator[Finding]:
    """Every broken scan event and attendance."""
    scans = session.scalar(select(func.count()).select_from(ScanEvent)) or 0
    attendances = session.scalar(select(func.count()).select_from(Attendance)) or 0
    yield from _audit_scans(session, lambda done: progress(done, scans + attendances))
    yield from _audit_duplicates(session)
    yield from _audit_attendances(session, lambda done: progress(scans + done, scans + attendances))
    yield from _audit_strangers(session)
    yield from audit_devices(session)
    yield from audit_decided(session)


def _audit_scans(session: Session, progress: Any) -> Iterator[Finding]:
    columns = [getattr(ScanEvent, column) for column in (*SEALED, *SENT)]
    last = done = 0
    while rows := session.execute(
        select(ScanEvent.id, ScanEvent.digest, *columns).where(ScanEvent.id > last).order_by(ScanEvent.id).limit(CHUNK)
    ).all():
        for row in rows:
            if row.digest != scan_digest({column: getattr(row, column) for column in (*SEALED, *SENT)}):
                yield Finding("I1", f"scan_event ({row.id})", "its content is not what was acknowledged")
        last, done = rows[-1].id, done + len(rows)
        progress(done)


def _audit_duplicates(session: Session) -> Iterator[Finding]:
    key = (Attendance.student_id, Attendance.occurrence_id, Attendance.attended_on)
    for row in session.execute(select(*key).group_by(*key).having(func.count() > 1)):
        what = "more than one attendance for the pupil, occurrence and day"
        yield Finding("I2", f"attendance (student {row[0]}, occurrence {row[1]}, {row[2]})", what)


def _audit_attendances(session: Session, progress: Any) -> Iterator[Finding]:
    last = done = 0
    merged = _merged_into(session)
    while rows := session.execute(_attendance_query(last)).all():
        scans = _Scans(session, rows, merged)
        entries = _entries_of(session, rows)
        withheld = withheld_facts(
            session,
            account_refs={row.account_ref for row in rows if row.account_ref},
            participations={row.public_id for row in rows},
        )
        for row in rows:
            yield from _audit_presence(row, scans.of(row))
            posted = entries.get((row.account_ref, row.public_id), [])
            yield from _audit_award(session, row, posted, withheld.get(row.public_id))
        last, done = rows[-1].id, done + len(rows)
        progress(done)


def _audit_presence(row: Any, scans: Sequence[Sighting]) -> Iterator[Finding]:
    if not scans:
        # All of its scans may have been taken back at once: then it is void.
        if row.state != "voided":
            yield Finding("I1", f"attendance ({row.id})", "no accepted scan tells of it")
        return
    told = presence_of(scans)
    closed = row.end_assumed or row.status == "closed"
    same_ends = row.open_since_at == told.open_since_at or (closed and row.open_since_at is None)
    same = (row.first_in_at, row.stayed_seconds, row.last_out_at, row.proof) == (
        told.first_in_at,
        told.stayed_seconds,
        told.last_out_at,
        told.proof,
    )
    if not (same and same_ends):
        yield Finding("I2", f"attendance ({row.id})", "its times or its proof do not follow from its accepted scans")


def _audit_award(
    session: Session, row: Any, entries: Sequence[Any], withheld: LedgerCorrection | None
) -> Iterator[Finding]:
    name = f"attendance ({row.id}) participation {row.public_id}"
    if row.account_ref is None:
        return  # erased: the ledger keeps the amounts under a pseudonym that nothing here leads to
    if row.state == "voided":
        waits = withheld is not None and withheld.kind == "late_reversal"
        if sum(entry.centicredits for entry in entries) and not waits:
            yield Finding("I3", name, "voided, but credits remain")
        return
    present = Present(
        row.id,
        row.public_id,
        row.state,
        row.grade,
        row.worksheet,
        row.end_assumed,
        Presence(row.first_in_at, row.open_since_at, row.last_out_at, row.stayed_seconds, row.proof),
    )
    fact = present_fact(happening_of(row[len(Attendance.__table__.columns) :]), present)
    # After the year was settled a fact is recorded and waits for two people, instead of being posted.
    if withheld is not None and withheld.kind == "late_fact":
        if not _same_attendance(fact, Fact.from_json(withheld.facts)):
            yield Finding("I3", name, "its facts have changed since they were recorded as late")
        return
    awards = [entry for entry in entries if entry.kind == "award"]
    if len(awards) > 1:
        yield Finding("I3", name, f"{len(awards)} awards for one participation")
    if awards:
        if not _same_attendance(fact, Fact.from_json(entries[-1].facts)):
            yield Finding("I3", name, "its facts have changed and no adjustment says so")
        return
    try:
        book = book_for(session, district_id=row.district_id, day=row.occurs_on)
    except NoRuleSet:
        return  # waits for a book, as DESIGN §4 has it
    if judge(fact, {}, book).state != "pending":
        yield Finding("I3", name, "decided, but no award was posted")


def _audit_strangers(session: Session) -> Iterator[Finding]:
    """A merge takes a participation out of one account and into another; it earns in its pupil's account only."""
    strangers = (
        select(LedgerEntry.account_id, LedgerEntry.participation)
        .join(Attendance, Attendance.public_id == LedgerEntry.participation)
        .join(Student, Student.id == Attendance.student_id)
        .where(Student.account_ref != LedgerEntry.account_id)
        .group_by(LedgerEntry.account_id, LedgerEntry.participation)
        .having(func.sum(LedgerEntry.centicredits) != 0)
    )
    for row in session.execute(strangers):
        what = f"participation {row.participation} earns in an account that is not its pupil's"
        yield Finding("I3", f"ledger_account ({row.account_id})", what)


def _same_attendance(now: Fact, posted: Fact) -> bool:
    """Equal in what an attendance owns; a venue's tier, say, may change later without touching what was judged."""
    owned = ("dwell_minutes", "checked_out", "end_assumed", "proof", "worksheet", "grade")
    return replace(posted, **{name: getattr(now, name) for name in owned}) == posted


def _attendance_query(last: int) -> Any:
    return (
        select(
            *Attendance.__table__.columns,
            *HAPPENING_COLUMNS,
            Student.account_ref,
            School.district_id,
        )
        .join(Occurrence, Occurrence.id == Attendance.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .join(Student, Student.id == Attendance.student_id)
        .outerjoin(Enrolment, and_(Enrolment.student_id == Student.id, holds_on(Enrolment, Attendance.attended_on)))
        .join(School, School.id == func.coalesce(Enrolment.school_id, Student.school_id))
        .where(Attendance.id > last)
        .order_by(Attendance.id)
        .limit(CHUNK)
    )


class _Scans:
    """The scans that make up each attendance of a chunk: those of the pupil's own row, and of the rows merged into it
    that have no attendance of their own in the occurrence."""

    def __init__(self, session: Session, rows: Sequence[Any], merged: dict[int, list[int]]) -> None:
        self.merged = merged
        occurrences = {row.occurrence_id for row in rows}
        students = {each for row in rows for each in _with_merged(row.student_id, merged)}
        self.found: dict[tuple[int, int], list[StoredScan]] = {}
        query = select(ScanEvent.occurrence_id, *SCAN_COLUMNS).where(
            ScanEvent.occurrence_id.in_(occurrences),
            ScanEvent.student_id.in_(students),
            ScanEvent.status.in_((*FOLDED, HELD)),
        )
        for scan in session.execute(query):
            self.found.setdefault((scan.student_id, scan.occurrence_id), []).append(StoredScan(*scan[1:]))
        self.restored = self._restored(session, [row.id for row in rows])
        absorbed = students & {each for taken_up in merged.values() for each in taken_up}
        own = select(Attendance.student_id, Attendance.occurrence_id).where(
            Attendance.student_id.in_(absorbed), Attendance.occurrence_id.in_(occurrences)
        )
        self.own = {(row.student_id, row.occurrence_id) for row in session.execute(own)}

    @staticmethod
    def _restored(session: Session, attendance_ids: Sequence[int]) -> dict[int, Any]:
        query = (
            select(AttendanceDecision.attendance_id, func.max(AttendanceDecision.scans_through).label("through"))
            .where(AttendanceDecision.attendance_id.in_(attendance_ids))
            .group_by(AttendanceDecision.attendance_id)
        )
        return {row.attendance_id: row.through for row in session.execute(query)}

    def of(self, row: Any) -> list[Sighting]:
        scans: list[StoredScan] = []
        waiting = [row.student_id]
        while waiting:
            student_id = waiting.pop()
            scans += self.found.get((student_id, row.occurrence_id), [])
            waiting += [each for each in self.merged.get(student_id, ()) if (each, row.occurrence_id) not in self.own]
        return counted(scans, restored_through=self.restored.get(row.id))


def _with_merged(student_id: int, merged: dict[int, list[int]]) -> list[int]:
    return [student_id, *(below for each in merged.get(student_id, ()) for below in _with_merged(each, merged))]


def _merged_into(session: Session) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for from_id, into_id in survivors(session).items():
        found.setdefault(into_id, []).append(from_id)
    return found


def _entries_of(session: Session, rows: Sequence[Any]) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    query = (
        select(
            LedgerEntry.account_id,
            LedgerEntry.participation,
            LedgerEntry.kind,
            LedgerEntry.centicredits,
            LedgerEntry.facts,
        )
        .where(
            LedgerEntry.account_id.in_({row.account_ref for row in rows}),
            LedgerEntry.participation.in_({row.public_id for row in rows}),
        )
        .order_by(LedgerEntry.account_id, LedgerEntry.seq)
    )
    for entry in session.execute(query):
        found.setdefault((entry.account_id, entry.participation), []).append(entry)
    return found
