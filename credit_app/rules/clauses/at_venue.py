"""`at_venue`: it took place at a venue's site, not at school or at home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from credit_app.rules.clauses.base import CheckForm, Condition, Outcome, Remedy
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class AtVenue(Condition):
    """The participation happened at the site of a venue."""

    kind: Literal["at_venue"]

    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED)

    @property
    def codes(self) -> tuple[str, ...]:
        """There or elsewhere."""
        return "at_venue_met", "not_at_venue"

    def single(self) -> CheckForm:
        """The condition as a closure."""
        return lambda fact: (0 if fact.at_venue else 1, ())

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`."""
        return rows.choose((rows.at_venue, 0), otherwise=1)

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """Go there."""
        return Remedy("go_to_venue")
