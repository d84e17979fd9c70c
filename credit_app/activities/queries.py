"""Reading the programme: each query takes who asks, and finds only what is theirs to see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from credit_app.activities.models import Activity, ActivityReview, Occurrence
from credit_app.errors import NotFound

STATUSES = ("draft", "submitted", "returned", "published", "withdrawn")
PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """One page of a list of activities; `total` and `pages` are those of the whole list."""

    activities: list[Activity]
    page: int
    pages: int
    total: int


def counts_by_status(
    session: Session,
    *,
    venue_ids: Collection[int] = (),
    school_ids: Collection[int] = (),
    district_ids: Collection[int] = (),
) -> dict[str, int]:
    """status → how many activities of these organisers, or that these districts' bureaus review; 0 where none is."""
    rows = session.execute(
        select(Activity.status, func.count())
        .where(_offered_by(venue_ids, school_ids, district_ids))
        .group_by(Activity.status)
    )
    counts = dict.fromkeys(STATUSES, 0)
    counts.update((status, count) for status, count in rows)
    return counts


def activities_page(
    session: Session,
    *,
    venue_ids: Collection[int] = (),
    school_ids: Collection[int] = (),
    district_ids: Collection[int] = (),
    statuses: Collection[str] = STATUSES,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> ActivityPage:
    """Activities of these organisers (or districts) in these states with occurrences and reviews, newest first.

    A page beyond the last one is the last one. Four statements, however long the list is.
    """
    wanted = and_(_offered_by(venue_ids, school_ids, district_ids), Activity.status.in_(statuses))
    total = session.scalar(select(func.count()).select_from(Activity).where(wanted)) or 0
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    found = session.scalars(
        select(Activity)
        .where(wanted)
        .options(*_WHOLE)
        .order_by(Activity.id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return ActivityPage(list(found), page, pages, total)


def activity_for_organiser(
    session: Session, *, public_id: str, venue_ids: Collection[int] = (), school_ids: Collection[int] = ()
) -> Activity:
    """One activity of these organisers. Raises: NotFound for another's."""
    activity = session.scalar(
        select(Activity)
        .where(
            Activity.public_id == public_id,
            _offered_by(venue_ids, school_ids),
        )
        .options(*_WHOLE)
    )
    if activity is None:
        raise NotFound
    return activity


def occurrence_for_organiser(
    session: Session, *, public_id: str, venue_ids: Collection[int] = (), school_ids: Collection[int] = ()
) -> Occurrence:
    """One occurrence of these organisers, with its activity. Raises: NotFound for another's."""
    occurrence = session.scalar(
        select(Occurrence)
        .join(Occurrence.activity)
        .where(
            Occurrence.public_id == public_id,
            _offered_by(venue_ids, school_ids),
        )
        .options(contains_eager(Occurrence.activity).options(joinedload(Activity.venue), joinedload(Activity.school)))
    )
    if occurrence is None:
        raise NotFound
    return occurrence


def runs_between(
    session: Session,
    *,
    ends_after: datetime,
    starts_before: datetime,
    venue_ids: Collection[int] = (),
    school_ids: Collection[int] = (),
) -> list[Occurrence]:
    """Occurrences of these organisers' published activities that go on in the interval, cancelled ones too, in order of
    time. One that began before it and still goes on is among them: a night at a museum is not over at midnight."""
    return _runs(
        session,
        _offered_by(venue_ids, school_ids),
        Occurrence.ends_at > ends_after,
        Occurrence.starts_at < starts_before,
    )


def runs_left_open(
    session: Session,
    *,
    ended_before: datetime,
    venue_ids: Collection[int] = (),
    school_ids: Collection[int] = (),
) -> list[Occurrence]:
    """Occurrences of these organisers' published activities that ended before the instant and are not closed."""
    return _runs(
        session,
        _offered_by(venue_ids, school_ids),
        Occurrence.status == "scheduled",
        Occurrence.ends_at < ended_before,
    )


def review_queue(session: Session, *, district_ids: Collection[int]) -> list[Activity]:
    """Submitted activities of these districts, the longest waiting first."""
    return list(
        session.scalars(
            select(Activity)
            .where(Activity.district_id.in_(district_ids), Activity.status == "submitted")
            .options(*_WHOLE)
            .order_by(Activity.submitted_at, Activity.id)
        )
    )


def activity_for_bureau(session: Session, *, district_ids: Collection[int], public_id: str) -> Activity:
    """One activity of these districts, unless it is still its organiser's own draft. Raises: NotFound."""
    activity = session.scalar(
        select(Activity)
        .where(
            Activity.public_id == public_id,
            Activity.district_id.in_(district_ids),
            Activity.status != "draft",
        )
        .options(*_WHOLE)
    )
    if activity is None:
        raise NotFound
    return activity


def due_to_close(session: Session, *, ended_before: datetime, limit: int = 200) -> list[Occurrence]:
    """Occurrences still open though they ended before that instant, oldest first.

    Also of an activity that was withdrawn while one was going on: pupils may be inside.
    """
    return list(
        session.scalars(
            select(Occurrence)
            .join(Occurrence.activity)
            .where(Occurrence.status == "scheduled", Occurrence.ends_at < ended_before, Activity.status.in_(_SHOWN))
            .order_by(Occurrence.ends_at, Occurrence.id)
            .limit(limit)
        )
    )


# Once published, an activity has runs that people may have come to, also after it was withdrawn.
_SHOWN = ("published", "withdrawn")
# An activity as its own page shows it, in as many statements whatever hangs on it.
_WHOLE = (
    joinedload(Activity.venue),
    joinedload(Activity.school),
    selectinload(Activity.occurrences),
    selectinload(Activity.reviews).joinedload(ActivityReview.decided_by),
)


def _offered_by(
    venue_ids: Collection[int], school_ids: Collection[int], district_ids: Collection[int] = ()
) -> ColumnElement[bool]:
    return or_(
        Activity.venue_id.in_(venue_ids), Activity.school_id.in_(school_ids), Activity.district_id.in_(district_ids)
    )


def _runs(session: Session, *conditions: ColumnElement[bool]) -> list[Occurrence]:
    return list(
        session.scalars(
            select(Occurrence)
            .join(Occurrence.activity)
            .where(Activity.status.in_(_SHOWN), *conditions)
            .options(contains_eager(Occurrence.activity).joinedload(Activity.venue))
            .order_by(Occurrence.starts_at, Occurrence.id)
        )
    )
