"""`per_hour`: an amount for each full hour, of the planned time or of the stay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from credit_app.rules.clauses.base import Amount, AmountForm, Outcome, Remedy, Value
from credit_app.rules.clauses.shapes import Credits
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class PerHour(Amount):
    """So many credits for each full hour; a started hour counts nothing.

    Counted by the stay, it is undecided while the stay is open or its end has only been assumed.
    """

    kind: Literal["per_hour"]
    counted_by: Literal["planned_time", "stay"]
    credits: Credits

    params: ClassVar[tuple[str, ...]] = ("hours", "each")
    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.MET, Outcome.UNDECIDED, Outcome.UNDECIDED)

    @property
    def codes(self) -> tuple[str, ...]:
        """Full hours, less than one, or a stay whose end is not known."""
        return "amount_per_hour", "no_full_hour", "no_check_out", "end_assumed"

    def single(self) -> AmountForm:
        """The amount as a closure."""
        each = self.credits

        def by_plan(fact: Fact) -> tuple[int, int, tuple[Value, ...]]:
            hours = fact.planned_minutes // 60
            return (0 if hours else 1), hours * each, (hours, each)

        def by_stay(fact: Fact) -> tuple[int, int, tuple[Value, ...]]:
            if fact.end_assumed:
                return 3, 0, (0, each)
            if fact.dwell_minutes is None:
                return 2, 0, (0, each)
            hours = fact.dwell_minutes // 60
            return (0 if hours else 1), hours * each, (hours, each)

        return by_plan if self.counted_by == "planned_time" else by_stay

    def batch(self, rows: Rows) -> tuple[Any, Any]:
        """For each of `rows`, the finding's place in `codes`, and centicredits."""
        if self.counted_by == "planned_time":
            hours = rows.planned_minutes // 60
            return rows.choose((hours == 0, 1), otherwise=0), rows.amounts(hours * self.credits)
        hours = rows.dwell_minutes // 60
        found = rows.choose((rows.end_assumed, 3), (rows.no_stay, 2), (hours == 0, 1), otherwise=0)
        return found, rows.amounts(hours * self.credits, where=found == 0)

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """Complete the first hour, or end the stay properly; a plan's length is not the pupil's to change."""
        if self.counted_by == "planned_time":
            return None
        stayed = fact.dwell_minutes or 0
        cured = replace(fact, dwell_minutes=max(stayed, 60), end_assumed=False, checked_out=True)
        if code == "end_assumed":
            return Remedy("confirm_end", {}, cured)
        if code == "no_check_out":
            return Remedy("stay_and_check_out", {"minutes": 60}, cured)
        return Remedy("stay_longer", {"minutes": 60 - stayed}, cured)
