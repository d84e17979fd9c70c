"""Leading a group at the level of the room: calls, counts, and what is decided."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.headcounts import count_heads
from credit_app.attendance.models import Hold
from credit_app.attendance.reach import Reach
from credit_app.attendance.roll_calls import Called, Mark, call_roll
from credit_app.organisations.models import School
from credit_app.schools.models import Student
from tests.cast import TODAY, Cast

_keys = count(1)


def call(
    session: Session,
    cast: Cast,
    occurrence: Occurrence,
    moment: str,
    at: datetime,
    present: tuple[Student, ...] = (),
    absent: tuple[Student, ...] = (),
    *,
    own: dict[str, datetime] | None = None,
    key: str = "",
    now: datetime | None = None,
) -> Called:
    """The homeroom teacher calls the class at `at`; `own` gives pupils, by name, an instant of their own."""
    marks = [Mark(each, "present", (own or {}).get(each.name)) for each in present]
    called = call_roll(
        session,
        occurrence=occurrence,
        school_class=cast.school_class,
        moment=moment,
        marks=[*marks, *(Mark(each, "absent") for each in absent)],
        called_by=cast.homeroom_teacher,
        called_at=at,
        client_uid=key or f"call-{next(_keys)}",
        now=now or max(at, *(own or {}).values(), at),
    )
    session.commit()
    return called


def count_at(
    session: Session,
    cast: Cast,
    occurrence: Occurrence,
    moment: str,
    heads: int,
    at: datetime,
    school: School | None = None,
) -> None:
    """The venue's staff count so many heads."""
    count_heads(
        session,
        occurrence=occurrence,
        school=school,
        moment=moment,
        heads=heads,
        counted_by=cast.venue_staff,
        client_uid=f"count-{next(_keys)}",
        now=at,
    )
    session.commit()


def teachers_reach(cast: Cast) -> Reach:
    return Reach(day=TODAY, teacher_id=cast.homeroom_teacher.id)


def venues_reach(cast: Cast) -> Reach:
    return Reach(day=TODAY, venue_ids=[cast.venue.id])


def holds(session: Session) -> list[Hold]:
    """Every question as the database has it."""
    session.expire_all()
    return list(session.query(Hold).order_by(Hold.id))
