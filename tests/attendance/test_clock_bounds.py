"""When was it scanned: whatever a device's clocks do, the true moment lies within the bounds, which are no wider than
what nobody can know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_app.attendance.clock_bounds import (
    DOUBTFUL_WIDTH,
    DRIFT_PPM,
    Bounds,
    DeviceClock,
    Sync,
    bounds_of,
    counted_at,
)

NOON = datetime(2026, 10, 17, 4, tzinfo=UTC)
DAY_MS = 24 * 3600 * 1000
SLACK = timedelta(milliseconds=2)  # of whole milliseconds


def ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


@given(
    synced_before_ms=st.integers(0, 3 * DAY_MS),
    rtt_ms=st.integers(0, 60_000),
    share=st.floats(0, 1),
    skew_ms=st.integers(-DAY_MS, DAY_MS),
    drift_ppm=st.integers(-DRIFT_PPM, DRIFT_PPM),
    waited_ms=st.integers(0, 7 * DAY_MS),
    boot_ms=st.integers(0, 30 * DAY_MS),
)
def test_the_true_moment_lies_within_the_bounds(
    synced_before_ms: int, rtt_ms: int, share: float, skew_ms: int, drift_ppm: int, waited_ms: int, boot_ms: int
) -> None:
    """A wall clock wrong by up to a day, any round trip, a monotonic clock that runs fast or slow."""
    heard_ms = ms(NOON) - synced_before_ms
    server_ms = heard_ms - round(rtt_ms * share)
    middle_mono = boot_ms + 60_000 - rtt_ms // 2
    passed = synced_before_ms + synced_before_ms * drift_ppm // 1_000_000
    clock = DeviceClock(ms(NOON) + skew_ms, boot_ms + 60_000 + passed, Sync(server_ms, middle_mono, rtt_ms))
    arrived_at = NOON + timedelta(milliseconds=waited_ms)
    bounds = bounds_of(clock, not_before=NOON - timedelta(days=400), arrived_at=arrived_at)
    assert bounds.earliest - SLACK <= NOON <= bounds.latest + SLACK
    assert bounds.earliest <= bounds.at <= bounds.latest <= arrived_at
    unknown = rtt_ms + 2 * (passed + rtt_ms) * DRIFT_PPM / 1_000_000
    assert bounds.width <= timedelta(milliseconds=unknown) + 2 * SLACK


@given(
    skew_ms=st.integers(-DAY_MS, DAY_MS),
    enrolled_ms=st.integers(0, 90 * DAY_MS),
    waited_ms=st.integers(0, 7 * DAY_MS),
    mono_ms=st.integers(0, 30 * DAY_MS),
)
def test_after_a_reboot_or_a_sleep_only_what_is_certain_bounds_it(
    skew_ms: int, enrolled_ms: int, waited_ms: int, mono_ms: int
) -> None:
    """A new run of the monotonic clock knows no server: the wall clock guesses, the bounds are those of the queue."""
    not_before, arrived_at = NOON - timedelta(milliseconds=enrolled_ms), NOON + timedelta(milliseconds=waited_ms)
    bounds = bounds_of(DeviceClock(ms(NOON) + skew_ms, mono_ms), not_before=not_before, arrived_at=arrived_at)
    assert (bounds.earliest, bounds.latest) == (not_before, arrived_at)
    assert bounds.earliest <= bounds.at <= bounds.latest
    if not_before <= NOON + timedelta(milliseconds=skew_ms) <= arrived_at:
        assert abs(bounds.at - NOON) <= timedelta(milliseconds=abs(skew_ms)) + SLACK


@given(st.integers(-400 * DAY_MS, 400 * DAY_MS))
def test_evidence_that_cannot_be_true_counts_for_nothing(wrong_by_ms: int) -> None:
    """A server time of another year: whatever it says, the scan lies between enrolment and arrival."""
    clock = DeviceClock(ms(NOON), 1000, Sync(ms(NOON) + wrong_by_ms, 1000, 50))
    not_before, arrived_at = NOON - timedelta(hours=1), NOON + timedelta(hours=1)
    bounds = bounds_of(clock, not_before=not_before, arrived_at=arrived_at)
    assert not_before <= bounds.earliest <= bounds.at <= bounds.latest <= arrived_at


def test_what_is_sent_at_once_cannot_be_old() -> None:
    clock = DeviceClock(ms(NOON) - DAY_MS, 1000)
    bounds = bounds_of(clock, not_before=NOON - timedelta(days=9), arrived_at=NOON, sent_at_once=True)
    assert (bounds.earliest, bounds.at, bounds.latest) == (
        NOON - timedelta(minutes=2),
        NOON - timedelta(minutes=2),
        NOON,
    )
    assert not bounds.doubtful([NOON - timedelta(minutes=1)])


@pytest.mark.parametrize(
    ("wide", "boundary", "doubtful"),
    [
        (DOUBTFUL_WIDTH, timedelta(minutes=2), False),
        (DOUBTFUL_WIDTH + timedelta(seconds=1), timedelta(minutes=2), True),
        (DOUBTFUL_WIDTH + timedelta(seconds=1), timedelta(0), False),  # not before it, whichever moment it was
        (DOUBTFUL_WIDTH + timedelta(seconds=1), DOUBTFUL_WIDTH + timedelta(seconds=1), True),
        (DOUBTFUL_WIDTH + timedelta(seconds=1), DOUBTFUL_WIDTH + timedelta(seconds=2), False),
    ],
)
def test_wide_bounds_are_doubtful_only_around_a_boundary(wide: timedelta, boundary: timedelta, doubtful: bool) -> None:
    bounds = Bounds(NOON, NOON, NOON + wide)
    assert bounds.doubtful([None, NOON + boundary]) is doubtful


def test_who_may_have_come_at_the_opening_came_at_the_opening() -> None:
    second = timedelta(seconds=1)
    bounds = Bounds(NOON, NOON - second, NOON + second)
    assert counted_at(bounds, opens_at=NOON + second) == NOON + second
    assert counted_at(bounds, opens_at=NOON - second) == NOON
    assert counted_at(bounds, opens_at=NOON + 2 * second) == NOON  # surely too early
