"""What the rules know of one participation, and its compact form as stored with a ledger entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from credit_app.rules.calendar import local_date

TIERS = ("lead", "backbone", "grassroots")
PROOFS = ("staff_scan", "roll_call", "self_scan", "declared")
"""From the strongest to the weakest."""
WORKSHEETS = ("none", "submitted", "approved", "returned", "refused")
EVIDENCES = ("none", "submitted", "approved", "refused")

_UTC_OFFSET = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One participation, as it is known when it is judged.

    Units: `planned_minutes` and `dwell_minutes` are whole minutes, rounded down; `occurred_at` is aware UTC.
    Raises: ValueError for a value outside the vocabulary, so that a slip of a caller is never judged as a refusal.
    """

    participation: str
    """Random public id of the participation; ties in time are ordered by it."""
    occurred_at: datetime
    """Planned start of that day's part."""
    occurred_on: date
    """Local date: picks the book and the windows."""
    category: str
    activity: str
    """Public id of the activity, or of the project or document that stands for it."""
    venue: str | None
    tier: str | None
    at_venue: bool
    grade: int
    role: str = "participant"
    planned_minutes: int = 0
    dwell_minutes: int | None = None
    """None while there is no closed stay."""
    end_assumed: bool = False
    """The end was set by closing the occurrence: it meets no condition on the stay."""
    checked_out: bool = False
    proof: str = "declared"
    worksheet: str = "none"
    """`refused` means returned for good, or not handed in when the year was settled."""
    evidence: str = "none"
    level: str | None = None
    """Of a competition: entry, district, city, province, nation; of research: done, excellent."""
    competition: str | None = None
    """Public id of the listed competition; None when the competition is not on the list."""

    def __post_init__(self) -> None:
        if self.occurred_at.utcoffset() != _UTC_OFFSET:
            raise ValueError(f"occurred_at must be aware UTC, got {self.occurred_at!r}")
        if self.tier is not None and self.tier not in TIERS:
            raise ValueError(f"unknown tier {self.tier!r}")
        if self.proof not in PROOFS:
            raise ValueError(f"unknown proof {self.proof!r}")
        if self.worksheet not in WORKSHEETS:
            raise ValueError(f"unknown state of a worksheet {self.worksheet!r}")
        if self.evidence not in EVIDENCES:
            raise ValueError(f"unknown state of evidence {self.evidence!r}")
        if self.planned_minutes < 0 or (self.dwell_minutes is not None and self.dwell_minutes < 0):
            raise ValueError("minutes cannot be negative")

    @property
    def order_key(self) -> tuple[datetime, str]:
        """The order in which a pupil's participations are judged."""
        return self.occurred_at, self.participation

    def to_json(self) -> dict[str, Any]:
        """Short keys and plain values, defaults left out; `from_json` gives the same fact back."""
        raw: dict[str, Any] = {"p": self.participation, "t": _instant_text(self.occurred_at)}
        if self.occurred_on != local_date(self.occurred_at):
            raw["d"] = self.occurred_on.isoformat()
        for key, name in _KEYS.items():
            value = getattr(self, name)
            if value != _DEFAULTS.get(name):
                raw[key] = int(value) if isinstance(value, bool) else value
        return raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Fact:
        """The fact that `to_json` wrote.

        Raises: ValueError for an unknown key: facts of an entry are never read in part.
        """
        occurred_at = datetime.fromisoformat(raw["t"])
        occurred_on = date.fromisoformat(raw["d"]) if "d" in raw else local_date(occurred_at)
        values: dict[str, Any] = {"venue": None, "tier": None, "at_venue": False}
        for key, value in raw.items():
            if key in _KEYS:
                name = _KEYS[key]
                values[name] = bool(value) if name in _FLAGS else value
            elif key not in ("p", "t", "d"):
                raise ValueError(f"unknown key {key!r} in stored facts")
        return cls(participation=raw["p"], occurred_at=occurred_at, occurred_on=occurred_on, **values)


# Stored with every entry for as long as the ledger lives: a key is never renamed and never used again.
_KEYS = {
    "c": "category",
    "a": "activity",
    "v": "venue",
    "r": "tier",
    "s": "at_venue",
    "g": "grade",
    "o": "role",
    "m": "planned_minutes",
    "w": "dwell_minutes",
    "e": "end_assumed",
    "x": "checked_out",
    "q": "proof",
    "k": "worksheet",
    "y": "evidence",
    "l": "level",
    "n": "competition",
}
_FLAGS = frozenset({"at_venue", "end_assumed", "checked_out"})
_DEFAULTS: dict[str, Any] = {
    "role": "participant",
    "planned_minutes": 0,
    "proof": "declared",
    "worksheet": "none",
    "evidence": "none",
    "at_venue": False,
    "end_assumed": False,
    "checked_out": False,
}


def _instant_text(instant: datetime) -> str:
    """ISO 8601 with Z, as short as it can be without losing anything."""
    if instant.microsecond:
        precision = "microseconds"
    elif instant.second:
        precision = "seconds"
    else:
        precision = "minutes"
    return instant.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
