"""What a pupil took part in, one by one: the activity, the stay, and either the ledger's entries or what is missing.

The same rows serve the pupil, the guardian and the teacher, so that all of them read the same reasons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.crediting import present_fact
from credit_app.attendance.lists import PRESENT_COLUMNS, present_of
from credit_app.attendance.models import Attendance
from credit_app.attendance.queries import HAPPENING_COLUMNS, happening_of
from credit_app.errors import NotFound
from credit_app.ledger.queries import ParticipationRecord, counters, participation_record, participation_records
from credit_app.organisations.models import School, Venue
from credit_app.progress.queries.figures import book_on, undecided, within
from credit_app.recognition.models import WorksheetReview
from credit_app.recognition.queries import latest_reviews
from credit_app.rule_books.queries import latest_stamp
from credit_app.rules.calendar import academic_year_bounds, first_calendar_year, year_label
from credit_app.rules.single import Award
from credit_app.rules.single import award as judge
from credit_app.schools.models import Student


@dataclass(frozen=True, slots=True)
class Participation:
    """One thing a pupil took part in.

    `record` holds the ledger's entries once it has been decided; until then `outlook` says what the rules make of it as
    it stands (its `reason` and `missing` name what it waits for), or is None while no rule set covers the day.
    """

    public_id: str
    title: str
    category: str
    place: str  # the venue, or the school where it took place
    at_venue: bool
    starts_at: datetime
    occurs_on: date
    state: str  # present | held
    worksheet: str
    first_in_at: datetime
    last_out_at: datetime | None
    inside: bool
    end_assumed: bool
    stayed_minutes: int | None  # None: no closed stay
    record: ParticipationRecord | None
    outlook: Award | None
    review: WorksheetReview | None = None  # the newest one; read for `participation_of` only

    @property
    def decided(self) -> bool:
        return self.record is not None

    @property
    def centicredits(self) -> int:
        """What it has brought so far, adjustments included."""
        return self.record.net_centicredits if self.record else 0


def participations_of(session: Session, *, student: Student, year: str) -> list[Participation]:
    """The pupil's participations of the academic year, newest event first; four statements."""
    rows = session.execute(_participations().where(Attendance.student_id == student.id, within(year))).all()
    records = {
        record.participation: record
        for record in participation_records(session, account_ref=student.account_ref, year=year)
    }
    return _assembled(session, student, rows, records)


def years_of(session: Session, *, student: Student, present: str) -> list[str]:
    """The academic years from the pupil's first participation to `present`, newest first; one statement."""
    first_on = session.scalar(
        select(func.min(Attendance.attended_on)).where(
            Attendance.student_id == student.id, Attendance.state != "voided"
        )
    )
    last = first_calendar_year(academic_year_bounds(present)[0])
    first = min(last, first_calendar_year(first_on)) if first_on else last
    return [year_label(year) for year in range(last, first - 1, -1)]


def pending_of(session: Session, *, student: Student, year: str) -> list[Participation]:
    """Those of the year that wait for something, newest event first; three statements."""
    waiting = _participations().where(Attendance.student_id == student.id, within(year), undecided())
    return _assembled(session, student, session.execute(waiting).all(), {})


def participation_of(session: Session, *, student: Student, public_id: str) -> Participation:
    """One participation of this pupil, of any year. Raises: NotFound for another's."""
    rows = session.execute(
        _participations().where(
            Attendance.student_id == student.id, Attendance.public_id == public_id, Attendance.state != "voided"
        )
    ).all()
    if not rows:
        raise NotFound
    record = participation_record(session, account_ref=student.account_ref, participation=public_id)
    (found,) = _assembled(session, student, rows, {public_id: record} if record else {})
    attendance_id = rows[0].id
    return replace(found, review=latest_reviews(session, attendance_ids=[attendance_id]).get(attendance_id))


def _participations() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *HAPPENING_COLUMNS,
            func.coalesce(Venue.name, School.name).label("place"),
            *PRESENT_COLUMNS,
            latest_stamp().label("book_stamp"),
        )
        .select_from(Attendance)
        .join(Student, Student.id == Attendance.student_id)
        .join(Occurrence, Occurrence.id == Attendance.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .outerjoin(School, School.id == Activity.school_id)
        .order_by(Occurrence.starts_at.desc(), Attendance.public_id.desc())
    )


def _assembled(
    session: Session, student: Student, rows: Iterable[Row[*tuple[Any, ...]]], records: dict[str, ParticipationRecord]
) -> list[Participation]:
    rows = list(rows)
    waiting = [row for row in rows if row.public_id not in records]
    outlooks = _outlooks(session, student, waiting) if waiting else {}
    return [
        Participation(
            public_id=row.public_id,
            title=row.title,
            category=row.category,
            place=row.place,
            at_venue=row.at_venue,
            starts_at=row.starts_at,
            occurs_on=row.occurs_on,
            state=row.state,
            worksheet=row.worksheet,
            first_in_at=row.first_in_at,
            last_out_at=row.last_out_at,
            inside=row.open_since_at is not None,
            end_assumed=row.end_assumed,
            stayed_minutes=row.stayed_seconds // 60 if row.last_out_at is not None else None,
            record=records.get(row.public_id),
            outlook=outlooks.get(row.public_id),
        )
        for row in rows
    ]


def _outlooks(session: Session, student: Student, rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[str, Award]:
    """What the rules say today of participations that nothing has been posted for.

    The book is that of the day of the event, the limits are those of the pupil's counters as they stand.
    """
    found: dict[str, Award] = {}
    totals: dict[str, Any] = {}
    for row in rows:
        book = book_on(session, district_id=student.school.district_id, day=row.occurs_on, stamp=row.book_stamp)
        if book is None:
            continue
        if book.id not in totals:
            totals[book.id] = counters(session, account_ref=student.account_ref or "", rule_set=book.id)
        found[row.public_id] = judge(present_fact(happening_of(row), present_of(row)), totals[book.id], book)
    return found


def account_of_participation(session: Session, *, public_id: str, district_ids: Collection[int]) -> str | None:
    """The account that a participation of a pupil of these districts is posted to; None when there is none."""
    return session.scalar(
        select(Student.account_ref)
        .join(Attendance, Attendance.student_id == Student.id)
        .join(School, School.id == Student.school_id)
        .where(Attendance.public_id == public_id, School.district_id.in_(district_ids))
    )
