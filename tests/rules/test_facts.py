"""A fact is stored short and read back whole; what is no fact is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_app.rules.facts import Fact
from tests.rules.drawing import COMBINATIONS, fact_numbered
from tests.rules.making import course, fact, visit


@given(number=st.integers(0, COMBINATIONS - 1), moved=st.integers(0, 10**12))
def test_a_fact_comes_back_from_its_json_as_it_was(number: int, moved: int) -> None:
    drawn = fact_numbered(number, "p1")
    later = drawn.occurred_at + timedelta(microseconds=moved)
    for known in (drawn, Fact.from_json(drawn.to_json() | {"t": later.isoformat()})):
        stored = json.loads(json.dumps(known.to_json()))
        assert stored == known.to_json()
        assert Fact.from_json(stored) == known


def test_what_is_ordinary_is_left_out() -> None:
    plain = fact("lecture", "2026-05-06", "10:00", participation="p", activity="a")
    assert plain.to_json() == {"p": "p", "t": "2026-05-06T02:00Z", "c": "lecture", "a": "a", "g": 7}


def test_a_day_that_differs_from_its_instant_is_kept() -> None:
    camp = fact("lecture", "2026-05-06", "00:30")
    assert "d" not in camp.to_json()
    moved = Fact.from_json(camp.to_json() | {"d": "2026-05-05"})
    assert moved.occurred_on == date(2026, 5, 5)
    assert Fact.from_json(moved.to_json()) == moved


def test_no_stay_and_a_stay_of_no_minutes_are_told_apart() -> None:
    assert Fact.from_json(visit(dwell_minutes=None).to_json()).dwell_minutes is None
    assert Fact.from_json(visit(dwell_minutes=0).to_json()).dwell_minutes == 0


def test_an_unknown_key_in_stored_facts_is_refused() -> None:
    with pytest.raises(ValueError, match="'z'"):
        Fact.from_json(visit().to_json() | {"z": 1})


@pytest.mark.parametrize(
    "stated",
    [
        {"tier": "top"},
        {"proof": "staffscan"},
        {"worksheet": "done"},
        {"evidence": "returned"},
        {"planned_minutes": -1},
        {"dwell_minutes": -1},
    ],
)
def test_a_value_outside_the_vocabulary_is_no_fact(stated: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unknown|negative"):
        course(**stated)


NAIVE = datetime(2026, 5, 6, 2)  # noqa: DTZ001
IN_SHANGHAI = datetime(2026, 5, 6, 10, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize("instant", [NAIVE, IN_SHANGHAI])
def test_an_instant_must_be_aware_utc(instant: datetime) -> None:
    with pytest.raises(ValueError, match="UTC"):
        Fact(
            participation="p",
            occurred_at=instant,
            occurred_on=date(2026, 5, 6),
            category="lecture",
            activity="a",
            venue=None,
            tier=None,
            at_venue=False,
            grade=5,
        )


def test_the_order_of_judging_is_the_instant_and_then_the_participation() -> None:
    early = visit("2026-05-01", "09:00", participation="z")
    tied = visit("2026-05-01", "10:00", participation="a")
    late = visit("2026-05-01", "10:00", participation="b")
    assert sorted([late, tied, early], key=lambda each: each.order_key) == [early, tied, late]
    assert early.order_key == (datetime(2026, 5, 1, 1, tzinfo=UTC), "z")
