"""`by_level`: an amount for each level of a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from credit_app.rules.clauses.base import Amount, AmountForm, Outcome, Remedy, Value
from credit_app.rules.clauses.shapes import Credits, Identifier
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class ByLevel(Amount):
    """The amount stands beside the level; a level that is not named earns nothing."""

    kind: Literal["by_level"]
    levels: Annotated[dict[Identifier, Credits], Field(min_length=1)]

    params: ClassVar[tuple[str, ...]] = ("level",)
    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED, Outcome.UNDECIDED)

    @property
    def codes(self) -> tuple[str, ...]:
        """A level of the table, another one, or none yet."""
        return "amount_by_level", "level_not_listed", "level_missing"

    def single(self) -> AmountForm:
        """The amount as a closure."""
        levels = dict(self.levels)

        def amount(fact: Fact) -> tuple[int, int, tuple[Value, ...]]:
            if fact.level is None:
                return 2, 0, ("",)
            credits = levels.get(fact.level)
            return (1, 0, (fact.level,)) if credits is None else (0, credits, (fact.level,))

        return amount

    def batch(self, rows: Rows) -> tuple[Any, Any]:
        """For each of `rows`, the finding's place in `codes`, and centicredits."""
        amounts = rows.looked_up("level", self.levels)
        return rows.choose((rows.is_missing("level"), 2), (amounts == 0, 1), otherwise=0), amounts

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """The reviewer still has to say which level it was."""
        return Remedy("wait_for_level") if code == "level_missing" else None
