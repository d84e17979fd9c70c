"""What an audit finds: one broken row, named, under the invariant it breaks (DESIGN §3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Told (done, in all) while an audit goes through its rows.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """`row` names the table and the key of the row; `what` says how it fails, in English for the log."""

    invariant: str  # "I1" … "I6"
    row: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.row}: {self.what}"
