"""At which school a pupil stood on a day, for many pupils at once and by their ledger accounts: no names here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from credit_app.organisations.models import School
from credit_app.schools.models import Enrolment, Student


@dataclass(frozen=True, slots=True)
class Stay:
    """A place in a school, from one day to another (both included; None while it lasts)."""

    school_id: int
    starts_on: date
    ends_on: date | None
    joined_on: date


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A pupil's places in order of time; `school_id` is where the pupil belongs on a day that none of them covers."""

    school_id: int
    stays: tuple[Stay, ...] = ()

    def stay_on(self, day: date) -> Stay | None:
        """The place that holds on `day`."""
        return next(
            (stay for stay in self.stays if stay.starts_on <= day and (stay.ends_on is None or stay.ends_on >= day)),
            None,
        )

    def school_on(self, day: date) -> int:
        """The school whose district's rules held for the pupil on `day`."""
        stay = self.stay_on(day)
        return stay.school_id if stay else self.school_id


def whereabouts_of(session: Session, *, account_refs: Collection[str]) -> dict[str, Whereabouts]:
    """Account → whereabouts, in two statements; an account that leads to nobody any more is left out."""
    pupils = session.execute(
        select(Student.id, Student.account_ref, Student.school_id).where(Student.account_ref.in_(account_refs))
    ).all()
    stays: dict[int, list[Stay]] = {}
    query = (
        select(Enrolment)
        .where(Enrolment.student_id.in_([pupil.id for pupil in pupils]))
        .order_by(Enrolment.student_id, Enrolment.starts_on, Enrolment.id)
    )
    columns = (Enrolment.student_id, Enrolment.school_id, Enrolment.starts_on, Enrolment.ends_on, Enrolment.joined_on)
    for row in session.execute(query.with_only_columns(*columns)):
        stays.setdefault(row.student_id, []).append(Stay(row.school_id, row.starts_on, row.ends_on, row.joined_on))
    return {pupil.account_ref: Whereabouts(pupil.school_id, tuple(stays.get(pupil.id, ()))) for pupil in pupils}


def ever_in_district(district_id: int) -> ColumnElement[bool]:
    """The condition that a `Student` is or was at a school of the district."""
    schools: Any = select(School.id).where(School.district_id == district_id)
    return or_(
        Student.school_id.in_(schools),
        exists().where(Enrolment.student_id == Student.id, Enrolment.school_id.in_(schools)),
    )
