"""What a pupil took part in, one by one: the activity and the stay, or the result and its document; and either the
ledger's entries or what is missing.

The same rows serve the pupil, the guardian and the teacher, so that all of them read the same reasons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, union_all
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.crediting import present_fact
from credit_app.attendance.lists import PRESENT_COLUMNS, enrolled_on, present_of
from credit_app.attendance.models import Attendance, AttendanceDecision
from credit_app.attendance.queries import HAPPENING_COLUMNS, happening_of
from credit_app.attendance.voiding import latest_decisions
from credit_app.errors import NotFound
from credit_app.ledger.queries import ParticipationRecord, counters, participation_record, participation_records
from credit_app.organisations.models import School, Venue
from credit_app.progress.queries.figures import book_on, during, undecided, within
from credit_app.recognition.models import WorksheetReview
from credit_app.recognition.queries import latest_reviews
from credit_app.recognition.results.crediting import fact_of
from credit_app.recognition.results.models import ReviewedResult
from credit_app.recognition.results.offer import noon_of
from credit_app.recognition.results.queries import result_of_student, results_of_student
from credit_app.rule_books.queries import latest_stamp
from credit_app.rules.calendar import academic_year_bounds, first_calendar_year, year_label
from credit_app.rules.facts import Fact
from credit_app.rules.single import Award
from credit_app.rules.single import award as judge
from credit_app.schools.models import Enrolment, Student


@dataclass(frozen=True, slots=True)
class Participation:
    """One thing a pupil took part in.

    `record` holds the ledger's entries once it has been decided; until then `outlook` says what the rules make of it as
    it stands (its `reason` and `missing` name what it waits for), or is None while no rule set covers the day.
    A `result` is proved by a document: nobody scanned for it, so it has no stay and no place.
    """

    public_id: str
    title: str
    category: str
    place: str  # the venue, or the school where it took place
    at_venue: bool
    starts_at: datetime
    occurs_on: date
    state: str  # of an attendance: present | held | voided; of a result: submitted | returned | approved | refused
    record: ParticipationRecord | None
    outlook: Award | None
    worksheet: str = "none"
    first_in_at: datetime | None = None
    last_out_at: datetime | None = None
    inside: bool = False
    end_assumed: bool = False
    stayed_minutes: int | None = None  # None: no closed stay
    review: WorksheetReview | None = None  # the newest one; read for `participation_of` only
    result: ReviewedResult | None = None
    voiding: AttendanceDecision | None = None  # why it counts no more, where it is void

    @property
    def voided(self) -> bool:
        return self.state == "voided"

    @property
    def decided(self) -> bool:
        return self.record is not None

    @property
    def centicredits(self) -> int:
        """What it has brought so far, adjustments included."""
        return self.record.net_centicredits if self.record else 0


def participations_of(session: Session, *, student: Student, year: str) -> list[Participation]:
    """The pupil's participations of the academic year, void ones included, newest event first.

    Five statements; one more when one of them is void.
    """
    rows = session.execute(_participations().where(Attendance.student_id == student.id, during(year))).all()
    records = {
        record.participation: record
        for record in participation_records(session, account_ref=student.account_ref, year=year)
    }
    results = results_of_student(session, student=student, year=year)
    return _newest_first(
        [*_assembled(session, student, rows, records), *_results_assembled(session, student, results, records)]
    )


def years_of(session: Session, *, student: Student, present: str) -> list[str]:
    """The academic years from the pupil's first participation to `present`, newest first; one statement."""
    days = union_all(
        select(Attendance.attended_on.label("day")).where(Attendance.student_id == student.id),
        select(ReviewedResult.occurred_on).where(
            ReviewedResult.student_id == student.id, ReviewedResult.state != "withdrawn"
        ),
    ).subquery()
    first_on = session.scalar(select(func.min(days.c.day)))
    last = first_calendar_year(academic_year_bounds(present)[0])
    first = min(last, first_calendar_year(first_on)) if first_on else last
    return [year_label(year) for year in range(last, first - 1, -1)]


def pending_of(session: Session, *, student: Student, year: str, attended: bool) -> list[Participation]:
    """Those of the year that wait for something, newest event first; at most four statements, two of them only when
    there are `attended` ones among them."""
    waiting = _participations().where(Attendance.student_id == student.id, within(year), undecided())
    rows = session.execute(waiting).all() if attended else []
    results = results_of_student(session, student=student, undecided=True, year=year)
    return _newest_first([*_assembled(session, student, rows, {}), *_results_assembled(session, student, results, {})])


def participation_of(session: Session, *, student: Student, public_id: str) -> Participation:
    """One participation of this pupil, of any year, also a void one. Raises: NotFound for another's."""
    rows = session.execute(
        _participations().where(Attendance.student_id == student.id, Attendance.public_id == public_id)
    ).all()
    result = None if rows else result_of_student(session, student=student, public_id=public_id)
    if not rows and result is None:
        raise NotFound
    record = participation_record(session, account_ref=student.account_ref, participation=public_id)
    records = {public_id: record} if record else {}
    if result is not None:
        (found,) = _results_assembled(session, student, [result], records)
        return found
    (found,) = _assembled(session, student, rows, records)
    attendance_id = rows[0].id
    return replace(found, review=latest_reviews(session, attendance_ids=[attendance_id]).get(attendance_id))


def student_of_participation(session: Session, *, public_id: str) -> str:
    """The public id of the pupil whose participation this is; who may see them is asked next. Raises: NotFound."""
    found = session.scalar(
        select(Student.public_id)
        .join(Attendance, Attendance.student_id == Student.id)
        .where(Attendance.public_id == public_id)
        .union_all(
            select(Student.public_id)
            .join(ReviewedResult, ReviewedResult.student_id == Student.id)
            .where(ReviewedResult.public_id == public_id)
        )
    )
    if found is None:
        raise NotFound
    return found


def _participations() -> Select[*tuple[Any, ...]]:
    home = School.__table__.alias("home")
    return (
        select(
            *HAPPENING_COLUMNS,
            func.coalesce(Venue.name, School.name).label("place"),
            *PRESENT_COLUMNS,
            latest_stamp().label("book_stamp"),
            home.c.district_id,
        )
        .select_from(Attendance)
        .join(Student, Student.id == Attendance.student_id)
        # Where the pupil went to school that day: after a transfer the old district's book still holds for it.
        .outerjoin(Enrolment, enrolled_on(Attendance.attended_on))
        .join(home, home.c.id == func.coalesce(Enrolment.school_id, Student.school_id))
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
    waiting = [row for row in rows if row.public_id not in records and row.state != "voided"]
    void = [row.id for row in rows if row.state == "voided"]
    voidings = latest_decisions(session, attendance_ids=void) if void else {}
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
            voiding=voidings.get(row.id),
        )
        for row in rows
    ]


def _results_assembled(
    session: Session,
    student: Student,
    results: Iterable[ReviewedResult],
    records: dict[str, ParticipationRecord],
) -> list[Participation]:
    results = list(results)
    waiting = [_Waiting(fact_of(each), each.school.district_id) for each in results if each.public_id not in records]
    outlooks = _judged(session, student, waiting)
    return [
        Participation(
            public_id=result.public_id,
            title=result.title,
            category=result.category,
            place="",
            at_venue=False,
            starts_at=noon_of(result.occurred_on),
            occurs_on=result.occurred_on,
            state=result.state,
            record=records.get(result.public_id),
            outlook=outlooks.get(result.public_id),
            result=result,
        )
        for result in results
    ]


def _outlooks(session: Session, student: Student, rows: Iterable[Row[*tuple[Any, ...]]]) -> dict[str, Award]:
    waiting = [
        _Waiting(present_fact(happening_of(row), present_of(row)), row.district_id, row.book_stamp) for row in rows
    ]
    return _judged(session, student, waiting)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A participation that nothing has been posted for, and whose book judges it."""

    fact: Fact
    district_id: int
    book_stamp: int | None = None


def _judged(session: Session, student: Student, waiting: Iterable[_Waiting]) -> dict[str, Award]:
    """What the rules say today of participations that nothing has been posted for.

    The book is that of the day of the event, the limits are those of the pupil's counters as they stand.
    """
    found: dict[str, Award] = {}
    totals: dict[str, Any] = {}
    stamp: int | None = None
    for each in waiting:
        if stamp is None:
            stamp = each.book_stamp if each.book_stamp is not None else session.scalar(select(latest_stamp()))
        book = book_on(session, district_id=each.district_id, day=each.fact.occurred_on, stamp=stamp)
        if book is None:
            continue
        if book.id not in totals:
            totals[book.id] = counters(session, account_ref=student.account_ref or "", rule_set=book.id)
        found[each.fact.participation] = judge(each.fact, totals[book.id], book)
    return found


def _newest_first(participations: Iterable[Participation]) -> list[Participation]:
    return sorted(participations, key=lambda each: (each.starts_at, each.public_id), reverse=True)


def account_of_participation(session: Session, *, public_id: str, district_ids: Collection[int]) -> str | None:
    """The account that a participation of a pupil of these districts is posted to; None when there is none."""
    own = (
        select(Student.account_ref)
        .join(School, School.id == Student.school_id)
        .where(School.district_id.in_(district_ids))
    )
    return session.scalar(
        own.join(Attendance, Attendance.student_id == Student.id)
        .where(Attendance.public_id == public_id)
        .union_all(
            own.join(ReviewedResult, ReviewedResult.student_id == Student.id).where(
                ReviewedResult.public_id == public_id
            )
        )
    )
