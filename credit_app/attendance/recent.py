"""Where pupils have been of late, as those see it who lead: an occurrence a line, with the worksheets that wait."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.crediting import OPEN_WORKSHEETS
from credit_app.attendance.facts import Happening
from credit_app.attendance.lists import (
    districts_asking_for_worksheet,
    enrolled_on,
    occurrences_with_place,
)
from credit_app.attendance.models import Attendance
from credit_app.attendance.queries import happening_of
from credit_app.attendance.reach import Reach, within_reach
from credit_app.organisations.models import School
from credit_app.rule_books.queries import every_book, latest_stamp
from credit_app.rules.clauses.reviewed import WorksheetApproved
from credit_app.schools.models import Enrolment, Student


@dataclass(frozen=True, slots=True)
class RecentOccurrence:
    """An occurrence, how many pupils within a reach attended it, and how many worksheets nobody has looked at."""

    public_id: str
    happening: Happening
    place: str
    pupils: int
    awaiting_review: int


def recent_occurrences(
    session: Session, *, reach: Reach, since: date, awaiting_only: bool = False, limit: int = 30, offset: int = 0
) -> list[RecentOccurrence]:
    """Occurrences from `since` on that pupils within `reach` attended, newest first; at most two statements.

    Of a venue, those of its own activities; of a school or a teacher, those that their pupils went to, wherever.
    With `awaiting_only`, those with a worksheet that counts and that nobody has looked at.
    """
    within = or_(Activity.venue_id.in_(reach.venue_ids), within_reach(reach))
    counted = and_(Attendance.state != "voided", Attendance.attended_on >= since, within)
    wanted = and_(counted, _awaiting(session)) if awaiting_only else counted
    attended = (
        select(Occurrence.id)
        .join(Attendance, Attendance.occurrence_id == Occurrence.id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .where(wanted)
        .group_by(Occurrence.id)
        .order_by(Occurrence.starts_at.desc(), Occurrence.id.desc())
        .limit(limit)
        .offset(offset)
    )
    per_district = (
        select(
            Attendance.occurrence_id,
            School.district_id,
            func.count().label("pupils"),
            func.count().filter(Attendance.worksheet.in_(OPEN_WORKSHEETS)).label("open_worksheets"),
        )
        .join(Occurrence, Occurrence.id == Attendance.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .join(Student, Student.id == Attendance.student_id)
        .outerjoin(Enrolment, enrolled_on(Attendance.attended_on))
        .join(School, School.id == func.coalesce(Enrolment.school_id, Student.school_id))
        .where(counted, Attendance.occurrence_id.in_(attended))
        .group_by(Attendance.occurrence_id, School.district_id)
        .subquery()
    )
    rows = session.execute(
        occurrences_with_place()
        .add_columns(
            Occurrence.public_id,
            per_district.c.district_id,
            per_district.c.pupils,
            per_district.c.open_worksheets,
            latest_stamp().label("book_stamp"),
        )
        .join(per_district, per_district.c.occurrence_id == Occurrence.id)
        .order_by(Occurrence.starts_at.desc(), Occurrence.id.desc())
    )
    found = _recent(session, rows)
    return [line for line in found if line.awaiting_review] if awaiting_only else found


def _recent(session: Session, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[RecentOccurrence]:
    """One line an occurrence from rows per occurrence and district: which worksheets count is the district's book's."""
    found: dict[str, RecentOccurrence] = {}
    for row in rows:
        happening = happening_of(row)
        asking = districts_asking_for_worksheet(session, {row.district_id}, happening, row.book_stamp)
        known = found.get(row.public_id)
        found[row.public_id] = RecentOccurrence(
            public_id=row.public_id,
            happening=happening,
            place=row.place,
            pupils=row.pupils + (known.pupils if known else 0),
            awaiting_review=(row.open_worksheets if asking else 0) + (known.awaiting_review if known else 0),
        )
    return list(found.values())


def _awaiting(session: Session) -> ColumnElement[bool]:
    """The attendance may wait for a worksheet: nobody has looked at it, and some book asks for one in its category.

    Which book holds where the pupil goes to school is asked afterwards; this keeps what cannot wait out of the pages.
    """
    categories: set[str] = set()
    for book in every_book(session):
        for clause in book.clauses:
            if isinstance(clause, WorksheetApproved):
                categories |= set(clause.scope.category or book.category_ids)
    return and_(Activity.category.in_(categories), Attendance.worksheet.in_(OPEN_WORKSHEETS))
