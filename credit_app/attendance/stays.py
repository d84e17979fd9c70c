"""From the accepted scans of one attendance to its stays: a pure fold, so that any order of arrival ends the same.

A second "in" while inside changes nothing; an "out" while outside changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """Units: `stayed_seconds` sums the closed stays; `open_since_at` is None while outside."""

    first_in_at: datetime | None = None
    open_since_at: datetime | None = None
    last_out_at: datetime | None = None
    stayed_seconds: int = 0

    def after(self, direction: str, at: datetime) -> Presence:
        """The presence after one more scan, later than all before it."""
        if direction == "in":
            if self.open_since_at is not None:
                return self
            return Presence(self.first_in_at or at, at, self.last_out_at, self.stayed_seconds)
        if self.open_since_at is None:
            return self
        stay = max(0, int((at - self.open_since_at).total_seconds()))
        return Presence(self.first_in_at, None, at, self.stayed_seconds + stay)


def presence_of(scans: Iterable[tuple[datetime, str]]) -> Presence:
    """The presence that these (instant, direction) scans amount to, whatever order they are given in."""
    presence = Presence()
    # At the same second an "in" goes before an "out": a stay of no length, never an out that finds nobody.
    for at, direction in sorted(scans, key=lambda scan: (scan[0], scan[1] == "out")):
        presence = presence.after(direction, at)
    return presence
