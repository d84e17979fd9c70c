"""From scans to stays: the sum of the closed stays, whatever order the scans arrive in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.attendance.stays import Presence, presence_of

# A machine that is busy with something else says nothing about the code.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NINE = datetime(2026, 10, 17, 1, 0, tzinfo=UTC)
DAY = 24 * 3600

scans = st.lists(
    st.tuples(st.integers(0, DAY).map(lambda s: NINE + timedelta(seconds=s)), st.sampled_from(["in", "out"])),
    max_size=12,
)


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def test_two_stays_are_added_and_the_time_between_is_not() -> None:
    presence = presence_of([(at(0), "in"), (at(20), "out"), (at(50), "in"), (at(80), "out")])
    assert presence == Presence(at(0), None, at(80), (20 + 30) * 60)


def test_a_second_check_in_does_not_begin_the_stay_anew() -> None:
    assert presence_of([(at(0), "in"), (at(10), "in"), (at(45), "out")]).stayed_seconds == 45 * 60


def test_a_second_check_out_adds_nothing() -> None:
    assert presence_of([(at(0), "in"), (at(45), "out"), (at(60), "out")]) == Presence(at(0), None, at(45), 45 * 60)


def test_who_is_still_inside_has_an_open_stay_that_counts_nothing_yet() -> None:
    assert presence_of([(at(0), "in")]) == Presence(at(0), at(0), None, 0)


def test_a_check_out_before_any_check_in_finds_nobody() -> None:
    assert presence_of([(at(0), "out")]) == Presence()


def test_every_order_of_arrival_ends_the_same() -> None:
    told = [(at(0), "in"), (at(20), "out"), (at(30), "in"), (at(50), "out"), (at(50), "in")]
    assert {presence_of(order) for order in permutations(told)} == {Presence(at(0), None, at(50), 40 * 60)}


@relaxed
@given(scans)
def test_a_stay_is_never_negative_nor_longer_than_the_time_between_first_and_last_scan(
    told: list[tuple[datetime, str]],
) -> None:
    presence = presence_of(told)
    longest = (max(at for at, _ in told) - min(at for at, _ in told)).total_seconds() if told else 0
    assert 0 <= presence.stayed_seconds <= longest


@relaxed
@given(scans, st.randoms())
def test_order_and_repetition_do_not_matter(told: list[tuple[datetime, str]], random: object) -> None:
    shuffled = told * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert presence_of(shuffled) == presence_of(told)


@relaxed
@given(scans)
def test_somebody_is_inside_exactly_when_the_last_move_was_in(told: list[tuple[datetime, str]]) -> None:
    presence = presence_of(told)
    # At one instant an "in" goes before an "out".
    last = max(told, key=lambda scan: (scan[0], scan[1] == "out"), default=(NINE, "out"))
    assert (presence.open_since_at is not None) == (last[1] == "in")


@relaxed
@given(scans)
def test_a_scan_later_than_all_before_it_needs_none_of_them(told: list[tuple[datetime, str]]) -> None:
    """What the door does at every scan but a late one."""
    *before, newest = [*told, (NINE + timedelta(seconds=DAY + 1), "out")]
    assert presence_of(before).after(newest[1], newest[0]) == presence_of([*before, newest])
