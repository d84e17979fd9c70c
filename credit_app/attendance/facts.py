"""From an attendance to the fact that the rules judge. One place, for the door, for closing and for reviews."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from credit_app.attendance.stays import Presence
from credit_app.rules.facts import Fact


@dataclass(frozen=True, slots=True)
class Happening:
    """What a fact needs to know of an occurrence; the same for everybody in it."""

    occurrence_id: int
    handle: str
    activity: str  # public id
    title: str
    category: str
    grade_from: int
    grade_to: int
    at_venue: bool
    venue: str | None  # public id
    venue_name: str
    tier: str | None
    starts_at: datetime
    ends_at: datetime
    occurs_on: date
    status: str
    capacity: int | None

    @property
    def planned_minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


def fact_of(
    happening: Happening,
    *,
    participation: str,
    grade: int,
    presence: Presence,
    proof: str,
    worksheet: str,
    end_assumed: bool = False,
) -> Fact:
    """The fact of one pupil's participation as it stands now.

    It takes place, for the order of judging and the choice of book, at the planned start: the same instant however
    and whenever its scans arrive. `dwell_minutes` is whole minutes of the closed stays, rounded down.
    """
    closed = presence.last_out_at is not None or end_assumed
    return Fact(
        participation=participation,
        occurred_at=happening.starts_at,
        occurred_on=happening.occurs_on,
        category=happening.category,
        activity=happening.activity,
        venue=happening.venue,
        tier=happening.tier,
        at_venue=happening.at_venue,
        grade=grade,
        role="guide" if happening.category == "volunteer_guide" else "participant",
        planned_minutes=happening.planned_minutes,
        dwell_minutes=presence.stayed_seconds // 60 if closed else None,
        end_assumed=end_assumed,
        checked_out=presence.last_out_at is not None and not end_assumed,
        proof=proof,
        worksheet=worksheet,
    )


def best_case(fact: Fact) -> Fact:
    """The same participation if all goes well from here: stayed to the planned end, checked out, worksheet approved.
    Judged by the rules it tells what the pupil can still earn."""
    return replace(
        fact,
        dwell_minutes=max(fact.planned_minutes, fact.dwell_minutes or 0),
        checked_out=True,
        end_assumed=False,
        worksheet="approved",
    )
