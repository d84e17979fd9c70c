"""The crash drill, small: what was acknowledged is there once after every kill; and a door that loses is noticed."""

from __future__ import annotations

import pytest

from tests.drills.crash import drill


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_nothing_acknowledged_is_lost_and_nothing_credited_twice(engine: str) -> None:
    told, wrong = drill(engine, check_ins=400, kills=6)
    assert told.kills + told.crashes == 6
    assert wrong == []


@pytest.mark.parametrize(
    ("engine", "control"),
    [("postgresql", "two-transactions"), ("sqlite", "two-transactions"), ("postgresql", "lazy-commit")],
)
def test_the_drill_notices_a_door_that_loses_something(engine: str, control: str) -> None:
    _, wrong = drill(engine, check_ins=300, kills=6, control=control)
    assert wrong
