"""When was it scanned: what a device's clocks say, and how sure one can be of it. Pure.

The wall clock of a tablet may be wrong by a day. Its monotonic clock is not, but begins anew at each start; tied to an
answer of the server in the same run it tells the time. A device whose two clocks have parted, because it slept or was
set, begins a new run by itself, and knows the time no more until the server tells it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

DRIFT_PPM = 200  # a quartz is off by 20 to 100 parts in a million, a hot or cheap one by twice that
DOUBTFUL_WIDTH = timedelta(minutes=5)
SENT_AT_ONCE = timedelta(minutes=2)  # how long a scan "sent at once" may have been on its way, retries included

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sync:
    """An answer of the server: its time, the device's monotonic clock halfway between asking and hearing, and how long
    that took."""

    server_ms: int
    mono_ms: int
    rtt_ms: int


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """The clocks of a device at a scan; `sync` is of the same run of the monotonic one."""

    wall_ms: int
    mono_ms: int
    sync: Sync | None = None


class Bounds(NamedTuple):
    """The scan was not before `earliest` and not after `latest`; `at` is the best guess between them."""

    at: datetime
    earliest: datetime
    latest: datetime

    @property
    def width(self) -> timedelta:
        return self.latest - self.earliest

    def doubtful(self, boundaries: Iterable[datetime | None]) -> bool:
        """The bounds are far apart, and on which side of one of `boundaries` the scan was nobody can say."""
        return self.width > DOUBTFUL_WIDTH and any(
            boundary is not None and self.earliest < boundary <= self.latest for boundary in boundaries
        )


def bounds_of(clock: DeviceClock, *, not_before: datetime, arrived_at: datetime, sent_at_once: bool = False) -> Bounds:
    """When a scan was made that arrived at `arrived_at`, by a device that could not scan before `not_before`.

    `sent_at_once`: the device says that it is no older than a request may be on its way. Evidence that contradicts
    what is certain counts for nothing.
    """
    if sent_at_once:
        not_before = max(not_before, arrived_at - SENT_AT_ONCE)
    not_before = min(not_before, arrived_at)
    if clock.sync is not None:
        middle, either_way = _by_sync(clock, clock.sync)
        earliest, latest = max(middle - either_way, not_before), min(middle + either_way, arrived_at)
        if earliest <= latest:
            return Bounds(min(max(middle, earliest), latest), earliest, latest)
    at = min(max(instant_of(clock.wall_ms), not_before), arrived_at)
    return Bounds(at, not_before, arrived_at)


def counted_at(bounds: Bounds, *, opens_at: datetime) -> datetime:
    """The time that counts: the best guess, or the opening when the scan may have been as late as that."""
    return max(bounds.at, opens_at) if bounds.earliest <= opens_at <= bounds.latest else bounds.at


def instant_of(ms: int) -> datetime:
    """The instant that many milliseconds after 1970."""
    return _EPOCH + timedelta(milliseconds=ms)


def _by_sync(clock: DeviceClock, sync: Sync) -> tuple[datetime, timedelta]:
    """The server named its time at some moment of the round trip; since then the monotonic clock went on."""
    passed = clock.mono_ms - sync.mono_ms
    either_way_ms = -(-sync.rtt_ms // 2) - (-abs(passed) * DRIFT_PPM // 1_000_000)
    return instant_of(sync.server_ms + passed), timedelta(milliseconds=either_way_ms)
