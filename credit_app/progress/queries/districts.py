"""A district in figures that reconcile: its schools side by side add up to it, and each school to its pupils' entries.

A pupil counts where they have their place on the day, with all that the academic year has brought so far: who comes
from another district brings their credits along, and nobody is counted twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, joinedload

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.models import Attendance
from credit_app.ledger.models import LedgerBalance
from credit_app.organisations.models import School, Venue
from credit_app.progress.queries.figures import within
from credit_app.rules.calendar import academic_year
from credit_app.schools.models import Enrolment, Student
from credit_app.schools.queries import holds_on


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """A school on a day: pupils who have their place there, and what they have done in the academic year."""

    school: School
    pupils: int
    attendances: int
    centicredits: int


@dataclass(frozen=True, slots=True)
class DistrictFigures:
    """A district (or several of one officer) on a day, as the sum of its schools."""

    day: date
    year: str
    schools: list[SchoolLine]

    @property
    def pupils(self) -> int:
        return sum(line.pupils for line in self.schools)

    @property
    def attendances(self) -> int:
        return sum(line.attendances for line in self.schools)

    @property
    def centicredits(self) -> int:
        return sum(line.centicredits for line in self.schools)


@dataclass(frozen=True, slots=True)
class VenueLine:
    """A venue on a day: what it has published, and how many attendances the academic year has brought it."""

    venue: Venue
    published: int
    attendances: int


def district_figures(session: Session, *, district_ids: Collection[int], day: date) -> DistrictFigures:
    """The schools of these districts in their order, with the figures of the day's academic year; four statements."""
    year = academic_year(day)
    schools = session.scalars(
        select(School)
        .where(School.district_id.in_(district_ids))
        .options(joinedload(School.district))
        .order_by(School.district_id, School.code)
    ).all()
    here = and_(Enrolment.school_id.in_([school.id for school in schools]), holds_on(Enrolment, day))
    pupils = _by_school(session, select(Enrolment.school_id, func.count()).where(here))
    attendances = _by_school(
        session,
        select(Enrolment.school_id, func.count())
        .join(Attendance, Attendance.student_id == Enrolment.student_id)
        .where(here, Attendance.state == "present", within(year)),
    )
    centicredits = _by_school(
        session,
        select(Enrolment.school_id, func.sum(LedgerBalance.centicredits))
        .join(Student, Student.id == Enrolment.student_id)
        .join(LedgerBalance, LedgerBalance.account_id == Student.account_ref)
        .where(here, LedgerBalance.academic_year == year),
    )
    return DistrictFigures(
        day=day,
        year=year,
        schools=[
            SchoolLine(school, *(figures.get(school.id, 0) for figures in (pupils, attendances, centicredits)))
            for school in schools
        ],
    )


def venue_lines(session: Session, *, district_ids: Collection[int], day: date) -> list[VenueLine]:
    """The venues of these districts, in the order in which they were entered; three statements."""
    venues = session.scalars(
        select(Venue)
        .where(Venue.district_id.in_(district_ids))
        .options(joinedload(Venue.district), joinedload(Venue.parent_venue))
        .order_by(Venue.district_id, Venue.id)
    ).all()
    of_these = Activity.venue_id.in_([venue.id for venue in venues])
    published = _by_venue(
        session, select(Activity.venue_id, func.count()).where(of_these, Activity.status == "published")
    )
    attendances = _by_venue(
        session,
        select(Activity.venue_id, func.count())
        .join(Occurrence, Occurrence.activity_id == Activity.id)
        .join(Attendance, Attendance.occurrence_id == Occurrence.id)
        .where(of_these, Attendance.state == "present", within(academic_year(day))),
    )
    return [VenueLine(venue, published.get(venue.id, 0), attendances.get(venue.id, 0)) for venue in venues]


def _by_school(session: Session, query: Select[*tuple[Any, ...]]) -> dict[int, int]:
    return {school_id: int(figure) for school_id, figure in session.execute(query.group_by(Enrolment.school_id))}


def _by_venue(session: Session, query: Select[*tuple[Any, ...]]) -> dict[int, int]:
    return {venue_id: int(figure) for venue_id, figure in session.execute(query.group_by(Activity.venue_id))}
