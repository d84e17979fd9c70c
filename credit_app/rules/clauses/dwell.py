"""`dwell`: the pupil stayed long enough, in minutes or as a share of the planned time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from credit_app.rules.clauses.base import CheckForm, Condition, Outcome, Remedy
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class Dwell(Condition):
    """The closed stay is at least so many minutes, or so many percent of the planned time (rounded up)."""

    kind: Literal["dwell"]
    at_least_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    at_least_percent: Annotated[int, Field(ge=1, le=100)] | None = None

    params: ClassVar[tuple[str, ...]] = ("had", "needs")
    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED, Outcome.UNDECIDED, Outcome.UNDECIDED)

    @model_validator(mode="after")
    def _one_measure(self) -> Dwell:
        if (self.at_least_minutes is None) == (self.at_least_percent is None):
            raise PydanticCustomError("dwell_measure", "needs one of at_least_minutes and at_least_percent")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """An assumed end is told apart from an open stay: the one asks staff, the other the pupil."""
        return "dwell_met", "dwell_too_short", "no_check_out", "end_assumed"

    def needed(self, planned_minutes: Any) -> Any:
        """The minutes asked for, of one plan or of a column of plans."""
        if self.at_least_percent is None:
            return self.at_least_minutes
        return -(-planned_minutes * self.at_least_percent // 100)

    def single(self) -> CheckForm:
        """The condition as a closure."""
        needed = self.needed

        def check(fact: Fact) -> tuple[int, tuple[int, ...]]:
            needs = needed(fact.planned_minutes)
            had = fact.dwell_minutes
            if fact.end_assumed:
                return 3, (had or 0, needs)
            if had is None:
                return 2, (0, needs)
            return (0 if had >= needs else 1), (had, needs)

        return check

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`."""
        short = rows.dwell_minutes < self.needed(rows.planned_minutes)
        return rows.choose((rows.end_assumed, 3), (rows.no_stay, 2), (short, 1), otherwise=0)

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """Stay longer; while the stay is open, check out too; after an assumed end, have the real one confirmed."""
        needs = self.needed(fact.planned_minutes)
        cured = replace(fact, dwell_minutes=max(needs, fact.dwell_minutes or 0), end_assumed=False, checked_out=True)
        if code == "end_assumed":
            return Remedy("confirm_end", {}, cured)
        if code == "no_check_out":
            return Remedy("stay_and_check_out", {"minutes": needs}, cured)
        return Remedy("stay_longer", {"minutes": needs - (fact.dwell_minutes or 0)}, cured)
