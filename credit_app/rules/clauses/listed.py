"""`listed`: the competition is on the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from credit_app.rules.clauses.base import CheckForm, Condition, Outcome, Remedy
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class Listed(Condition):
    """The fact names a listed competition.

    The list itself is kept by the bureau, outside the book: it changes every year, the rule does not.
    """

    kind: Literal["listed"]

    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED)

    @property
    def codes(self) -> tuple[str, ...]:
        """On the list or not."""
        return "listed_met", "not_listed"

    def single(self) -> CheckForm:
        """The condition as a closure."""
        return lambda fact: (1 if fact.competition is None else 0, ())

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`."""
        return rows.choose((rows.is_missing("competition"), 1), otherwise=0)

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """Only what is on the list counts."""
        return Remedy("listed_competition")
