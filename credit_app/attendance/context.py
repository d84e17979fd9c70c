"""All that deciding on one scan needs, in one statement: here of who is signed in, in ``card_context`` of a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.answers import Answer
from credit_app.attendance.crediting import Credited, Present
from credit_app.attendance.facts import Happening
from credit_app.attendance.models import Attendance, AttendanceDecision, ScanEvent
from credit_app.attendance.stays import Presence
from credit_app.organisations.models import School, Venue
from credit_app.rule_books.queries import latest_stamp
from credit_app.schools.cards import StudentCard
from credit_app.schools.models import Enrolment, Student, StudentMerge
from credit_app.schools.queries import holds_on

HAPPENING_COLUMNS = (
    Occurrence.id.label("occurrence_id"),
    Occurrence.handle,
    Activity.public_id.label("activity"),
    Activity.title,
    Activity.category,
    Activity.grade_from,
    Activity.grade_to,
    Activity.at_venue,
    Venue.public_id.label("venue"),
    func.coalesce(Venue.name, "").label("venue_name"),
    Venue.tier,
    Occurrence.starts_at,
    Occurrence.ends_at,
    Occurrence.occurs_on,
    Occurrence.status,
    Occurrence.capacity,
)


def happening_of(row: Row[Any]) -> Happening:
    """The happening in a row that holds `HAPPENING_COLUMNS` first."""
    return Happening(*row[: len(HAPPENING_COLUMNS)])


@dataclass(frozen=True, slots=True)
class ScanContext:
    """All that deciding on one scan needs, fetched in one statement for the person who asks."""

    happening: Happening
    offered: bool  # the bureau has not withdrawn it
    welcome: bool  # it is a venue's, or that of the pupil's own school
    student_id: int
    account_ref: str
    grade: int | None  # None: not enrolled on that day
    district_id: int
    attendance: Present | None
    heads: int
    book_stamp: int
    stored_student_id: int | None
    stored_answer: Answer | None
    closed_at: datetime | None  # when the occurrence was closed
    last_scan_at: datetime | None  # the pupil's latest scan of this occurrence, whatever came of it
    has_absorbed: bool  # a duplicate of the pupil has been merged into this row
    undone: bool  # the attendance is void because its scans were taken back at once, not because somebody decided so

    @property
    def credited(self) -> Credited:
        return Credited(self.account_ref, self.district_id, self.book_stamp)


def _happening_and_pupil() -> tuple[Any, ...]:
    return (
        *HAPPENING_COLUMNS,
        (Activity.status == "published").label("offered"),
        or_(Activity.school_id.is_(None), Activity.school_id == Enrolment.school_id).label("welcome"),
        Student.id.label("student_id"),
        Student.account_ref,
        Enrolment.grade.label("enrolled_grade"),
        School.district_id,
        latest_stamp().label("book_stamp"),
        Occurrence.closed_at,
    )


def _presence_so_far() -> tuple[Any, ...]:
    decided = exists().where(AttendanceDecision.attendance_id == Attendance.id).correlate(Attendance)
    return (
        Attendance.id.label("attendance_id"),
        Attendance.public_id.label("participation"),
        Attendance.state,
        Attendance.grade,
        Attendance.proof,
        Attendance.worksheet,
        Attendance.end_assumed,
        Attendance.first_in_at,
        Attendance.open_since_at,
        Attendance.last_out_at,
        Attendance.stayed_seconds,
        case((Attendance.state == "voided", ~decided), else_=false()).label("undone"),
    )


def _others_and_earlier() -> tuple[Any, ...]:
    """How full it is, and what the pupil has scanned there before."""
    present, earlier = aliased(Attendance), aliased(ScanEvent)
    heads = (
        select(func.count())
        .select_from(present)
        .where(present.occurrence_id == Occurrence.id, present.state != "voided")
        .correlate(Occurrence)
        .scalar_subquery()
    )
    last_scan_at = (
        select(func.max(earlier.scanned_at))
        .where(earlier.occurrence_id == Occurrence.id, earlier.student_id == Student.id)
        .correlate(Occurrence, Student)
        .scalar_subquery()
    )
    return (
        case((Occurrence.capacity.is_(None), 0), else_=heads).label("heads"),
        last_scan_at.label("last_scan_at"),
        exists().where(StudentMerge.into_student_id == Student.id).correlate(Student).label("has_absorbed"),
        ScanEvent.student_id.label("stored_student_id"),
        ScanEvent.answer.label("stored_answer"),
    )


def scan_question(*columns: Any, pupil: ColumnElement[bool], by_card: bool = False) -> Select[Any]:
    """One row for the occurrence with the handle and the pupil that `pupil` tells (or whose card it is)."""
    statement = (
        select(*_happening_and_pupil(), *_presence_so_far(), *_others_and_earlier(), *columns)
        .select_from(Occurrence)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
    )
    if by_card:
        statement = statement.join(StudentCard, pupil).join(Student, Student.id == StudentCard.student_id)
    else:
        statement = statement.join(Student, pupil)
    return (
        statement.outerjoin(
            Enrolment, and_(Enrolment.student_id == Student.id, holds_on(Enrolment, Occurrence.occurs_on))
        )
        # Who has left the roster in the meantime is still credited for having been there.
        .join(School, School.id == func.coalesce(Enrolment.school_id, Student.school_id))
        .outerjoin(
            Attendance,
            and_(
                Attendance.student_id == Student.id,
                Attendance.occurrence_id == Occurrence.id,
                Attendance.attended_on == Occurrence.occurs_on,
            ),
        )
        .outerjoin(
            ScanEvent, and_(ScanEvent.origin == bindparam("origin"), ScanEvent.client_uid == bindparam("client_uid"))
        )
        .where(Occurrence.handle == bindparam("handle"))
        .limit(1)
    )


# Built once: on the scan's path composing a statement costs more than the database does.
_CONTEXT = scan_question(pupil=Student.user_id == bindparam("user_id"))
_CONTEXT_OF_STUDENT = scan_question(pupil=Student.id == bindparam("student_id"))


def scan_context(session: Session, *, user_id: int, handle: str, origin: str, client_uid: str) -> ScanContext | None:
    """What is needed to decide on a scan of this user's own pupil, or None when the user is no pupil or there is no
    such occurrence. One statement, which sees what has been flushed."""
    return _context(
        session, _CONTEXT, {"user_id": user_id, "handle": handle, "origin": origin, "client_uid": client_uid}
    )


def student_context(
    session: Session, *, student_id: int, handle: str, origin: str, client_uid: str
) -> ScanContext | None:
    """As `scan_context`, of the pupil in this row, who need not have an account."""
    return _context(
        session,
        _CONTEXT_OF_STUDENT,
        {"student_id": student_id, "handle": handle, "origin": origin, "client_uid": client_uid},
    )


def _context(session: Session, statement: Any, asked: dict[str, Any]) -> ScanContext | None:
    # On the connection: plain rows need none of what the session does for objects, which costs more than the query.
    row = session.connection().execute(statement, asked).one_or_none()
    return context_in(row) if row is not None and row.account_ref is not None else None


def context_in(row: Row[Any]) -> ScanContext:
    """The context in a row of `scan_question`."""
    return ScanContext(
        happening=happening_of(row),
        offered=row.offered,
        welcome=bool(row.welcome),
        student_id=row.student_id,
        account_ref=row.account_ref,
        grade=row.enrolled_grade,
        district_id=row.district_id,
        attendance=_present_in(row) if row.attendance_id is not None else None,
        heads=row.heads,
        book_stamp=row.book_stamp,
        stored_student_id=row.stored_student_id,
        stored_answer=Answer.from_json(row.stored_answer) if row.stored_answer is not None else None,
        closed_at=row.closed_at,
        last_scan_at=row.last_scan_at,
        has_absorbed=bool(row.has_absorbed),
        undone=bool(row.undone),
    )


def _present_in(row: Row[Any]) -> Present:
    presence = Presence(row.first_in_at, row.open_since_at, row.last_out_at, row.stayed_seconds, row.proof)
    return Present(row.attendance_id, row.participation, row.state, row.grade, row.worksheet, row.end_assumed, presence)
