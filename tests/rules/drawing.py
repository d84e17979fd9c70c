"""Random valid books and random histories, for the properties that must hold under every book.

Histories are drawn from few values, near the boundaries of the books: the same venues and activities again, the same
instants, days on both sides of 1 September, minutes one more and one less than what is asked for.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from math import prod
from typing import Any

from hypothesis import strategies as st

from credit_app.rules.book import Book
from credit_app.rules.calendar import LOCAL, local_date
from credit_app.rules.checks import contradictions
from credit_app.rules.facts import EVIDENCES, PROOFS, TIERS, WORKSHEETS, Fact
from tests.rules.making import a_book, credits

CATEGORIES = ("a", "b", "c")
ROLES = ("participant", "guide")
LEVELS = ("entry", "city", "nation")
DAYS = (
    *(date(2025, 9, 1), date(2025, 9, 1), date(2025, 9, 2), date(2025, 8, 31), date(2025, 8, 30)),
    *(date(2024, 8, 31), date(2024, 9, 1), date(2026, 8, 31), date(2028, 8, 31), date(2028, 9, 1)),
)
CENTICREDITS = st.sampled_from([1, 20, 30, 49, 50, 51, 99, 100, 150, 300])

scopes = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from([("a",), ("b",), ("c",), ("a", "b"), CATEGORIES]),
        "role": st.sampled_from([("guide",), ("participant",), ("guide", "participant")]),
        "tier": st.sampled_from([("lead",), ("lead", "backbone")]),
    },
)
windows = st.one_of(
    st.sampled_from(["day", "academic_year", "whole"]),
    st.sampled_from([{"years": 3, "starting": "2024-2025"}, {"years": 2, "starting": "2025-2026"}]),
    st.sampled_from([{"years": 3, "from_grade": 7}]),
)
keys = st.lists(st.sampled_from(["venue", "activity", "competition", "tier", "category"]), max_size=2, unique=True)

conditions = st.one_of(
    st.fixed_dictionaries({"kind": st.just("dwell"), "at_least_minutes": st.sampled_from([44, 45, 60])}),
    st.fixed_dictionaries({"kind": st.just("dwell"), "at_least_percent": st.sampled_from([50, 79, 80, 100])}),
    st.fixed_dictionaries(
        {"kind": st.just("grade"), "first": st.sampled_from([1, 5]), "last": st.sampled_from([6, 9])}
    ),
    st.fixed_dictionaries({"kind": st.just("role"), "accepts": st.sampled_from([("guide",), ("participant",)])}),
    st.fixed_dictionaries({"kind": st.just("tier"), "accepts": st.sampled_from([("lead",), ("lead", "grassroots")])}),
    st.fixed_dictionaries({"kind": st.sampled_from(["at_venue", "worksheet", "evidence", "listed"])}),
    st.fixed_dictionaries(
        {
            "kind": st.just("proof"),
            "accepts": st.sampled_from([("staff_scan",), ("staff_scan", "roll_call")]),
            "accepts_with_check_out": st.sampled_from([(), ("self_scan",), ("self_scan", "declared")]),
        }
    ),
)
amounts = st.one_of(
    st.fixed_dictionaries({"kind": st.just("fixed"), "credits": CENTICREDITS.map(credits)}),
    st.fixed_dictionaries(
        {
            "kind": st.just("per_hour"),
            "counted_by": st.sampled_from(["planned_time", "stay"]),
            "credits": CENTICREDITS.map(credits),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("by_level"),
            "levels": st.dictionaries(st.sampled_from(LEVELS), CENTICREDITS.map(credits), min_size=1),
        }
    ),
)
thresholds = st.lists(CENTICREDITS, min_size=1, max_size=3, unique=True).map(
    lambda reaches: tuple({"reach": credits(reach), "credits": credits(reach)} for reach in sorted(reaches))
)
limits = st.builds(
    lambda limit, window, per: limit | {"window": window, "per": tuple(per)},
    st.one_of(
        st.fixed_dictionaries({"kind": st.just("at_most"), "count": st.integers(1, 3)}),
        st.fixed_dictionaries({"kind": st.just("cap"), "credits": CENTICREDITS.map(credits)}),
        st.fixed_dictionaries(
            {"kind": st.just("steps"), "every": CENTICREDITS.map(credits), "credits": CENTICREDITS.map(credits)}
        ),
        st.fixed_dictionaries({"kind": st.just("steps"), "thresholds": thresholds}),
        st.fixed_dictionaries({"kind": st.sampled_from(["no_repeat", "highest_only"])}),
    ),
    windows,
    keys,
)


@st.composite
def books(draw: st.DrawFn, effective_on: date = date(2020, 9, 1), book_id: str = "drawn") -> Book:
    """A valid book: clauses that would contradict those drawn before them are left out."""
    clauses: list[dict[str, Any]] = []
    for at, category in enumerate(CATEGORIES):
        by_role = draw(st.booleans())
        for role in ROLES[: 1 + by_role]:
            scope = {"category": (category,)} | ({"role": (role,)} if by_role else {})
            clauses.append(draw(amounts) | {"id": f"amount_{at}_{role}", "for": scope})
    for at, condition in enumerate(draw(st.lists(conditions, max_size=3))):
        clauses.append(condition | {"id": f"condition_{at}", "for": draw(scopes)})
    titles = tuple({"id": name, "title": name, "title_en": name} for name in CATEGORIES)
    for at, limit in enumerate(draw(st.lists(limits, min_size=2, max_size=8))):
        clause = limit | {"id": f"limit_{at}", "for": draw(scopes)}
        if clause["kind"] in ("no_repeat", "highest_only") and not clause["per"]:
            clause["per"] = ("activity",)
        book = _book([*clauses, clause], titles, effective_on, book_id)
        if not contradictions(book):
            clauses.append(clause)
    return _book(clauses, titles, effective_on, book_id)


def _book(clauses: list[dict[str, Any]], titles: Any, effective_on: date, book_id: str) -> Book:
    return Book.model_validate(a_book(clauses, categories=titles, effective_on=effective_on, id=book_id))


CHOICES: dict[str, tuple[Any, ...]] = {
    "category": ("a", "a", "a", "a", "a", "b", "b", "b", "c", "unheard_of"),
    "activity": ("x", "x", "y"),
    "venue": ("museum", "museum", "aquarium", None),
    "tier": (*TIERS, None),
    "at_venue": (True, False),
    "grade": (7, 6, 5, 4),
    "role": ("guide", "guide", "participant"),
    "planned_minutes": (120, 60, 59, 56, 55, 0),
    "dwell_minutes": (120, 120, 119, 60, 59, 45, 44, 43, 0, None),
    "end_assumed": (False, False, False, False, True),
    "checked_out": (True, False),
    "proof": PROOFS,
    "worksheet": ("approved", *WORKSHEETS),
    "evidence": ("approved", *EVIDENCES),
    "level": (*LEVELS, None),
    "competition": ("robots", "robots", "stars", None),
}
CLOCKS = (time(9, 0), time(9, 1), time(0, 0), time(23, 59))
COMBINATIONS = prod(len(values) for values in CHOICES.values()) * len(DAYS) * len(CLOCKS)


def fact_numbered(number: int, participation: str) -> Fact:
    """One of all the participations that the choices allow: a single draw, so that many can be drawn in a second."""
    stated: dict[str, Any] = {}
    for name, values in CHOICES.items():
        number, place = divmod(number, len(values))
        stated[name] = values[place]
    number, place = divmod(number, len(DAYS))
    start = datetime.combine(DAYS[place], CLOCKS[number % len(CLOCKS)], LOCAL).astimezone(UTC)
    return Fact(participation=participation, occurred_at=start, occurred_on=local_date(start), **stated)


@st.composite
def histories(draw: st.DrawFn, max_size: int = 12) -> list[Fact]:
    """A pupil's participations, in any order; several may share their instant."""
    size = draw(st.integers(1, max_size))
    numbers = draw(st.lists(st.integers(0, COMBINATIONS - 1), min_size=size, max_size=size))
    # The ids of participations say nothing about their order.
    return [fact_numbered(number, f"p{at * 7 % 13:02d}") for at, number in enumerate(numbers)]


def days_before(day: date) -> date:
    """The last day of the term before one that begins on `day`."""
    return day - timedelta(days=1)
