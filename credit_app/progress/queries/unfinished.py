"""What of a district's year is still undecided, by school: to be finished before the year is settled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.crediting import asks_for_worksheet
from credit_app.attendance.facts import Happening
from credit_app.attendance.lists import enrolled_on
from credit_app.attendance.models import Attendance
from credit_app.attendance.queries import HAPPENING_COLUMNS, happening_of
from credit_app.organisations.models import District, School, Venue
from credit_app.progress.queries.figures import book_on, undecided, within
from credit_app.rule_books.queries import latest_stamp
from credit_app.schools.models import Enrolment, Student


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A school's participations of the year that nothing has been posted for, each counted once.

    `no_rules`: no rule set covers the day. `held`: the presence is to be confirmed. `ends_assumed`: the end is.
    `worksheets`: not reviewed, or returned. `others`: still inside, or never checked out of what is not closed.
    """

    school: School
    worksheets: int = 0
    ends_assumed: int = 0
    held: int = 0
    no_rules: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self) if field.name != "school")


def unfinished_by_school(session: Session, *, district: District, year: str) -> list[Unfinished]:
    """The district's schools by code, each with what is undecided; four statements."""
    schools = session.scalars(select(School).where(School.district_id == district.id).order_by(School.code)).all()
    rows = session.execute(_undecided_rows(district, year)).all()
    stamp = session.scalar(select(latest_stamp()))
    happenings = _happenings(session, {row.occurrence_id for row in rows})
    counts: dict[int, dict[str, int]] = {school.id: {} for school in schools}
    for row in rows:
        kind = _kind(session, district, row, happenings[row.occurrence_id], stamp)
        of_school = counts[row.school_id]
        of_school[kind] = of_school.get(kind, 0) + row.pupils
    return [Unfinished(school, **counts[school.id]) for school in schools]


def _kind(session: Session, district: District, row: Any, happening: Happening, stamp: int | None) -> str:
    book = book_on(session, district_id=district.id, day=happening.occurs_on, stamp=stamp)
    if book is None:
        return "no_rules"
    if row.state == "held":
        return "held"
    if row.end_assumed:
        return "ends_assumed"
    return "worksheets" if asks_for_worksheet(book, happening) else "others"


def _undecided_rows(district: District, year: str) -> Any:
    return (
        select(
            School.id.label("school_id"),
            Attendance.occurrence_id,
            Attendance.state,
            Attendance.end_assumed,
            func.count().label("pupils"),
        )
        .select_from(Attendance)
        .join(Student, Student.id == Attendance.student_id)
        .outerjoin(Enrolment, enrolled_on(Attendance.attended_on))
        .join(School, School.id == func.coalesce(Enrolment.school_id, Student.school_id))
        .where(School.district_id == district.id, within(year), Student.account_ref.is_not(None), undecided())
        .group_by(School.id, Attendance.occurrence_id, Attendance.state, Attendance.end_assumed)
    )


def _happenings(session: Session, occurrence_ids: set[int]) -> dict[int, Happening]:
    query: Any = (
        select(*HAPPENING_COLUMNS)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .where(Occurrence.id.in_(occurrence_ids))
    )
    rows = session.execute(query)
    return {row.occurrence_id: happening_of(row) for row in rows}


def years_with_pupils(session: Session, *, district_ids: Collection[int]) -> dict[int, list[str]]:
    """district id → the academic years in which its schools had pupils, newest first; one statement."""
    rows = session.execute(
        select(School.district_id, Enrolment.academic_year)
        .join(School, School.id == Enrolment.school_id)
        .where(School.district_id.in_(district_ids))
        .distinct()
    )
    found: dict[int, list[str]] = {}
    for district_id, year in rows:
        found.setdefault(district_id, []).append(year)
    return {district_id: sorted(years, reverse=True) for district_id, years in found.items()}
