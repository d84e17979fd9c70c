"""`fixed`: the same amount for every participation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from credit_app.rules.clauses.base import Amount, AmountForm, Outcome
from credit_app.rules.clauses.shapes import Credits

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class Fixed(Amount):
    """So many credits, whatever the length."""

    kind: Literal["fixed"]
    credits: Credits

    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET,)

    @property
    def codes(self) -> tuple[str, ...]:
        """There is nothing to find but the amount."""
        return ("amount_fixed",)

    def single(self) -> AmountForm:
        """The amount as a closure."""
        found = (0, self.credits, ())
        return lambda fact: found

    def batch(self, rows: Rows) -> tuple[Any, Any]:
        """For each of `rows`, the finding's place in `codes`, and centicredits."""
        return rows.choose(otherwise=0), rows.amounts(self.credits)
