"""Crediting participations that have no entry because no book covered their day, or because the book that did left
them undecided, once a newly published one decides them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.crediting import Credited, credit
from credit_app.attendance.lists import PRESENT_COLUMNS, locked_presence
from credit_app.attendance.models import Attendance
from credit_app.attendance.queries import HAPPENING_COLUMNS, happening_of
from credit_app.ledger.models import LedgerAccount, LedgerEntry
from credit_app.organisations.models import School, Venue
from credit_app.rules.book import Book
from credit_app.schools.models import Enrolment, Student
from credit_app.schools.queries import holds_on

BATCH = 50  # participations a transaction


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch did. `last_id` None: there were no more. `settled`: left alone, because their year is settled."""

    last_id: int | None
    credited: int = 0
    gained_centicredits: int = 0
    settled: int = 0


def credit_waiting(
    session: Session,
    *,
    book: Book,
    holds: Callable[[int, date], bool],
    district_id: int | None,
    after_id: int,
    now: datetime,
    recorded_by: str,
) -> Batch:
    """The next attendances after `after_id` on the book's days that have no entry are judged, and what is decided is
    posted. They are locked in order of their ids, then accounts in order of theirs, as a review does.

    `holds` says for a district and a day whether the book holds there.
    """
    rows = session.execute(_undecided(book, district_id, after_id)).all()
    if not rows:
        return Batch(None)
    due = [row for row in rows if holds(row.district_id, row.occurs_on)]
    settled = [row for row in due if row.settled_through is not None and row.occurs_on <= row.settled_through]
    open_rows = sorted((row for row in due if row not in settled), key=lambda row: row.account_ref)
    present = locked_presence(session, accounts={row.attendance_id: row.account_ref for row in open_rows})
    credited = gained = 0
    for row in open_rows:
        now_present = present.get(row.attendance_id)
        if now_present is None or now_present.state != "present":
            continue
        posting = credit(
            session,
            happening=happening_of(row),
            present=now_present,
            to=Credited(row.account_ref, row.district_id),
            now=now,
            recorded_by=recorded_by,
        )
        if posting is not None and posting.award.state != "pending":
            credited += 1
            gained += posting.gained_centicredits
    return Batch(rows[-1].attendance_id, credited, gained, len(settled))


def _undecided(book: Book, district_id: int | None, after_id: int) -> Any:
    decided = exists().where(
        LedgerEntry.account_id == Student.account_ref,
        LedgerEntry.participation == Attendance.public_id,
        LedgerEntry.kind == "award",
    )
    query = (
        select(
            *HAPPENING_COLUMNS,
            PRESENT_COLUMNS[0].label("attendance_id"),
            Student.account_ref,
            School.district_id,
            LedgerAccount.settled_through,
        )
        .select_from(Attendance)
        .join(Occurrence, Occurrence.id == Attendance.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .join(Student, Student.id == Attendance.student_id)
        .outerjoin(Enrolment, and_(Enrolment.student_id == Student.id, holds_on(Enrolment, Attendance.attended_on)))
        .join(School, School.id == func.coalesce(Enrolment.school_id, Student.school_id))
        .outerjoin(LedgerAccount, LedgerAccount.id == Student.account_ref)
        .where(
            Attendance.id > after_id,
            Attendance.state == "present",
            Attendance.attended_on.between(book.effective_on, book.until),
            Student.account_ref.is_not(None),
            ~decided,
        )
        .order_by(Attendance.id)
        .limit(BATCH)
    )
    return query if district_id is None else query.where(School.district_id == district_id)
