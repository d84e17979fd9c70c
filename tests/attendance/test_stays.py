"""From scans to stays: the sum of the closed stays, whatever order the scans arrive in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.attendance.stays import PROOFS, Presence, Sighting, presence_of

# A machine that is busy with something else says nothing about the code.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NINE = datetime(2026, 10, 17, 1, 0, tzinfo=UTC)
DAY = 24 * 3600

scans = st.lists(
    st.builds(
        Sighting,
        st.integers(0, DAY).map(lambda s: NINE + timedelta(seconds=s)),
        st.sampled_from(["in", "out"]),
        st.sampled_from(PROOFS[1:]),
    ),
    max_size=12,
)


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def came(minutes: int, proof: str = "self_scan") -> Sighting:
    return Sighting(at(minutes), "in", proof)


def left(minutes: int, proof: str = "self_scan") -> Sighting:
    return Sighting(at(minutes), "out", proof)


def test_two_stays_are_added_and_the_time_between_is_not() -> None:
    presence = presence_of([came(0), left(20), came(50), left(80)])
    assert presence == Presence(at(0), None, at(80), (20 + 30) * 60, "self_scan")


def test_a_second_check_in_does_not_begin_the_stay_anew() -> None:
    assert presence_of([came(0), came(10), left(45)]).stayed_seconds == 45 * 60


def test_a_second_check_out_adds_nothing() -> None:
    assert presence_of([came(0), left(45), left(60)]) == Presence(at(0), None, at(45), 45 * 60, "self_scan")


def test_who_is_still_inside_has_an_open_stay_that_counts_nothing_yet() -> None:
    assert presence_of([came(0)]) == Presence(at(0), at(0), None, 0, "self_scan")


def test_a_check_out_before_any_check_in_finds_nobody() -> None:
    assert presence_of([left(0)]) == Presence()


def test_the_strongest_scan_says_how_sure_we_are() -> None:
    assert presence_of([came(0), came(5, "staff_scan"), left(50, "roll_call")]).proof == "staff_scan"
    assert presence_of([came(0, "declared"), left(50, "roll_call")]).proof == "roll_call"


def test_a_scan_that_found_nobody_proves_nothing() -> None:
    assert presence_of([left(0, "staff_scan"), came(5)]).proof == "self_scan"


def test_every_order_of_arrival_ends_the_same() -> None:
    told = [came(0), left(20), came(30), left(50), came(50)]
    assert {presence_of(order) for order in permutations(told)} == {Presence(at(0), None, at(50), 40 * 60, "self_scan")}


@relaxed
@given(scans)
def test_a_stay_is_never_negative_nor_longer_than_the_time_between_first_and_last_scan(
    told: list[Sighting],
) -> None:
    presence = presence_of(told)
    longest = (max(scan.at for scan in told) - min(scan.at for scan in told)).total_seconds() if told else 0
    assert 0 <= presence.stayed_seconds <= longest


@relaxed
@given(scans, st.randoms())
def test_order_and_repetition_do_not_matter(told: list[Sighting], random: object) -> None:
    shuffled = told * 2
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert presence_of(shuffled) == presence_of(told)


@relaxed
@given(scans)
def test_somebody_is_inside_exactly_when_the_last_move_was_in(told: list[Sighting]) -> None:
    presence = presence_of(told)
    # At one instant an "in" goes before an "out".
    last = max(told, key=lambda scan: (scan.at, scan.direction == "out"), default=left(0))
    assert (presence.open_since_at is not None) == (last.direction == "in")


@relaxed
@given(scans)
def test_a_scan_later_than_all_before_it_needs_none_of_them(told: list[Sighting]) -> None:
    """What the door does at every scan but a late one."""
    *before, newest = [*told, Sighting(NINE + timedelta(seconds=DAY + 1), "out", "roll_call")]
    assert presence_of(before).after(newest) == presence_of([*before, newest])
