"""The public programme: what has been published and still takes place. Anyone may read it; it names no pupil."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from credit_app.activities.models import Activity, Occurrence
from credit_app.errors import NotFound
from credit_app.organisations.models import School, Venue

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a reader is looking for; None leaves it open. `since` and `until` are local dates, both included."""

    since: date | None = None
    until: date | None = None
    district_id: int | None = None
    category: str | None = None
    grade: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An activity with the next of its runs that fits the wish, and how many fit in all."""

    activity: Activity
    next_occurrence: Occurrence
    runs: int


@dataclass(frozen=True, slots=True)
class ProgrammePage:
    """One page of the programme, by the start of the next run; `total` counts activities, `page` begins with 1."""

    entries: list[Entry]
    page: int
    pages: int
    total: int


def published_programme(
    session: Session, *, now: datetime, wish: Wish | None = None, page: int = 1, per_page: int = PAGE_SIZE
) -> ProgrammePage:
    """Published activities with a run that has not ended, the soonest first; a page past the last is the last.

    Two statements, however many activities there are.
    """
    conditions = [*_upcoming(now), *_fitting(wish or Wish())]
    total = session.scalar(
        select(func.count(Occurrence.activity_id.distinct())).join(Occurrence.activity).where(*conditions)
    )
    pages = -(-(total or 0) // per_page)
    page = min(max(page, 1), max(pages, 1))
    ranked = (
        select(
            Occurrence.id,
            func.row_number()
            .over(partition_by=Occurrence.activity_id, order_by=(Occurrence.starts_at, Occurrence.id))
            .label("place"),
            func.count().over(partition_by=Occurrence.activity_id).label("runs"),
        )
        .join(Occurrence.activity)
        .where(*conditions)
        .subquery()
    )
    rows = session.execute(
        select(Activity, Occurrence, ranked.c.runs)
        .join(Occurrence.activity)
        .join(ranked, ranked.c.id == Occurrence.id)
        .where(ranked.c.place == 1)
        .options(*_with_organiser())
        .order_by(Occurrence.starts_at, Activity.id)
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return ProgrammePage([Entry(*row) for row in rows], page, pages, total or 0)


def published_activity(session: Session, *, public_id: str, now: datetime) -> tuple[Activity, list[Occurrence]]:
    """A published activity and its runs that have not ended, in order of time.

    Raises: NotFound for one that has not been published, or has been withdrawn.
    """
    activity = session.scalar(
        select(Activity)
        .where(Activity.public_id == public_id, Activity.status == "published")
        .options(*_with_organiser())
    )
    if activity is None:
        raise NotFound
    runs = session.scalars(
        select(Occurrence)
        .where(Occurrence.activity_id == activity.id, Occurrence.status == "scheduled", Occurrence.ends_at > now)
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    return activity, list(runs)


def _upcoming(now: datetime) -> list[ColumnElement[bool]]:
    return [Activity.status == "published", Occurrence.status == "scheduled", Occurrence.ends_at > now]


def _fitting(wish: Wish) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wish.since is not None:
        conditions.append(Occurrence.occurs_on >= wish.since)
    if wish.until is not None:
        conditions.append(Occurrence.occurs_on <= wish.until)
    if wish.district_id is not None:
        conditions.append(Activity.district_id == wish.district_id)
    if wish.category is not None:
        conditions.append(Activity.category == wish.category)
    if wish.grade is not None:
        conditions += [Activity.grade_from <= wish.grade, Activity.grade_to >= wish.grade]
    return conditions


def _with_organiser() -> tuple[ExecutableOption, ...]:
    return (
        joinedload(Activity.venue).joinedload(Venue.district),
        joinedload(Activity.school).joinedload(School.district),
    )
