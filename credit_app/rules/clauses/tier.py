"""`tier`: it happened at a venue of one of these tiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from credit_app.rules.clauses.base import CheckForm, Condition, Outcome, Remedy
from credit_app.rules.clauses.scope import Tiers
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class TierOf(Condition):
    """Only at venues of the tiers in `accepts`; naming all three asks for any recognised venue."""

    kind: Literal["tier"]
    accepts: Tiers

    params: ClassVar[tuple[str, ...]] = ("tier",)
    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED)

    @property
    def codes(self) -> tuple[str, ...]:
        """Eligible or not."""
        return "tier_met", "tier_not_eligible"

    def single(self) -> CheckForm:
        """The condition as a closure."""
        accepts = frozenset(self.accepts)
        return lambda fact: (0 if fact.tier in accepts else 1, (fact.tier or "",))

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`."""
        return rows.choose((rows.is_one_of("tier", self.accepts), 0), otherwise=1)

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """Another time, at a venue that counts."""
        return Remedy("other_venue")
