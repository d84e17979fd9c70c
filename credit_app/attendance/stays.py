"""From the accepted scans of one attendance to its stays: a pure fold, so that any order of arrival ends the same.

A second "in" while inside moves nobody; an "out" while outside moves nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

PROOFS = ("", "declared", "self_scan", "roll_call", "staff_scan")
"""How sure we are that the pupil was there, the surer the later; "" of nobody."""


class Sighting(NamedTuple):
    """A scan as the fold reads it."""

    at: datetime
    direction: str
    proof: str


@dataclass(frozen=True, slots=True)
class Presence:
    """`proof` is the strongest of the scans that found the pupil there.

    Units: `stayed_seconds` sums the closed stays; `open_since_at` is None while outside.
    """

    first_in_at: datetime | None = None
    open_since_at: datetime | None = None
    last_out_at: datetime | None = None
    stayed_seconds: int = 0
    proof: str = ""

    def after(self, scan: Sighting) -> Presence:
        """The presence after one more scan, later than all before it."""
        at, proof = scan.at, max(self.proof, scan.proof, key=PROOFS.index)
        if scan.direction == "in":
            if self.open_since_at is not None:
                return replace(self, proof=proof)
            return Presence(self.first_in_at or at, at, self.last_out_at, self.stayed_seconds, proof)
        if self.first_in_at is None:
            return self
        if self.open_since_at is None:
            return replace(self, proof=proof)
        stay = max(0, int((at - self.open_since_at).total_seconds()))
        return Presence(self.first_in_at, None, at, self.stayed_seconds + stay, proof)

    def as_times(self) -> tuple[datetime | None, datetime | None, datetime | None, int]:
        """When, whatever the proof."""
        return self.first_in_at, self.open_since_at, self.last_out_at, self.stayed_seconds


def presence_of(scans: Iterable[Sighting]) -> Presence:
    """The presence that these scans amount to, whatever order they are given in."""
    presence = Presence()
    # At the same second an "in" goes before an "out": a stay of no length, never an out that finds nobody.
    for scan in sorted(scans, key=lambda scan: (scan.at, scan.direction == "out")):
        presence = presence.after(scan)
    return presence
