"""Facts of one pupil's year, drawn so that limits bite: few venues, few days, amounts near the caps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from credit_app.rules.calendar import local_date
from credit_app.rules.facts import Fact

BEGAN_AT = datetime(2026, 10, 3, 1, 0, tzinfo=UTC)


def visit(participation: str, *, day: int = 0, venue: str = "v1", stayed: int = 50) -> Fact:
    """A visit of `stayed` minutes, `day` days after the first."""
    return _fact(participation, "venue_visit", day, venue=venue, dwell_minutes=stayed, planned_minutes=420)


def lecture(participation: str, *, day: int = 0) -> Fact:
    """A lecture, for which being there is enough."""
    return _fact(participation, "lecture", day, venue="v9", planned_minutes=90)


def course(participation: str, *, day: int = 0, worksheet: str = "approved", activity: str = "a1") -> Fact:
    """A course of two hours, stayed to the end."""
    return _fact(
        participation,
        "inquiry_course",
        day,
        venue="v2",
        activity=activity,
        planned_minutes=120,
        dwell_minutes=118,
        worksheet=worksheet,
    )


def _fact(participation: str, category: str, day: int, **known: object) -> Fact:
    occurred_at = BEGAN_AT + timedelta(days=day)
    shape: dict[str, object] = {
        "participation": participation,
        "occurred_at": occurred_at,
        "occurred_on": local_date(occurred_at),
        "category": category,
        "activity": "a",
        "venue": "v1",
        "tier": "lead",
        "at_venue": True,
        "grade": 5,
        "proof": "self_scan",
        "checked_out": known.get("dwell_minutes") is not None,
    }
    return Fact(**(shape | known))  # type: ignore[arg-type]


@st.composite
def facts(draw: st.DrawFn, most: int = 10) -> list[Fact]:
    """Up to `most` participations of one pupil, each with an id of its own."""
    drawn = []
    for number in range(draw(st.integers(1, most))):
        name, day = f"p{number}", draw(st.integers(0, 3))
        kind = draw(st.sampled_from(("visit", "lecture", "course")))
        if kind == "visit":
            stayed = draw(st.sampled_from((44, 45, 90)))
            drawn.append(visit(name, day=day, venue=draw(st.sampled_from(("v1", "v2"))), stayed=stayed))
        elif kind == "lecture":
            drawn.append(lecture(name, day=day))
        else:
            worksheet = draw(st.sampled_from(("none", "approved", "refused")))
            drawn.append(course(name, day=day, worksheet=worksheet, activity=draw(st.sampled_from(("a1", "a2")))))
    return drawn
