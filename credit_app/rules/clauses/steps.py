"""`steps`: what was gathered turns into credits only when a threshold is reached.

The amount clause before it gathers (one a lecture, one an hour); each threshold reached earns its credits, once.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from credit_app.rules.clauses.base import Remedy
from credit_app.rules.clauses.limits import Limit, LimitForm
from credit_app.rules.clauses.shapes import Credits, Strict
from credit_app.rules.trace import Step

if TYPE_CHECKING:
    from credit_app.rules.rows import Groups


class Threshold(Strict):
    """Reaching so much earns so many credits, on top of those of the thresholds below."""

    reach: Credits
    credits: Credits


class Steps(Limit):
    """Either `credits` for `every` so much gathered, again and again; or a list of thresholds."""

    kind: Literal["steps"]
    every: Credits | None = None
    credits: Credits | None = None
    thresholds: Annotated[tuple[Threshold, ...], Field(min_length=1)] | None = None

    rank: ClassVar[int] = 1
    params: ClassVar[tuple[str, ...]] = ("gathered", "next")

    @model_validator(mode="after")
    def _one_way(self) -> Steps:
        regular = self.every is not None and self.credits is not None
        if regular == (self.thresholds is not None) or (self.every is None) != (self.credits is None):
            raise PydanticCustomError("steps_one_way", "needs every and credits, or thresholds")
        reaches = [threshold.reach for threshold in self.thresholds or ()]
        if any(later <= earlier for earlier, later in pairwise(reaches)):
            raise PydanticCustomError("thresholds_not_rising", "thresholds do not rise")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """A threshold was reached, or not yet the next one."""
        return "step_reached", "step_not_reached"

    def table(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Where the thresholds lie, and what has been earned below the first, at the first, at the second …"""
        listed = self.thresholds or ()
        earned = accumulate((threshold.credits for threshold in listed), initial=0)
        return tuple(threshold.reach for threshold in listed), tuple(earned)

    def single(self) -> LimitForm:
        """The limit as a closure; the counter holds what has been gathered."""
        if self.every is not None and self.credits is not None:
            return _regular(self.every, self.credits)
        return _listed(*self.table())

    def batch(self, groups: Groups, before: Any) -> tuple[Any, Any]:
        """For each row of `groups`, the finding's place in `codes` and the new amount."""
        gathered = groups.sum_before(before)
        if self.every is not None and self.credits is not None:
            after = ((gathered + before) // self.every - gathered // self.every) * self.credits
        else:
            reaches, earned = self.table()
            after = groups.stepped(gathered + before, reaches, earned) - groups.stepped(gathered, reaches, earned)
        return (after == 0).astype("int8"), after

    def counted(self, step: Step, counter: int) -> int:
        """More by what came in."""
        return counter + step.before

    def carried(self, counter: int, before: int, after: int) -> int:
        """More by what came in."""
        return counter + before

    def remedy(self, step: Step) -> Remedy:
        """Gather on to the next threshold; beyond the last one, turn to something else."""
        gathered, following = step.params["gathered"], step.params["next"]
        if isinstance(gathered, int) and isinstance(following, int) and following > gathered:
            return Remedy("gather_on", {"missing": following - gathered})
        return Remedy("other_kind")


def _regular(every: int, credits: int) -> LimitForm:
    def step(before: int, gathered: int) -> tuple[int, int, int, tuple[int, ...]]:
        total = gathered + before
        after = (total // every - gathered // every) * credits
        return (0 if after else 1), after, total, (total, (total // every + 1) * every)

    return step


def _listed(reaches: tuple[int, ...], earned: tuple[int, ...]) -> LimitForm:
    def step(before: int, gathered: int) -> tuple[int, int, int, tuple[int, ...]]:
        total = gathered + before
        reached = bisect_right(reaches, total)
        after = earned[reached] - earned[bisect_right(reaches, gathered)]
        # Beyond the last threshold there is no next one: it is told as 0.
        return (0 if after else 1), after, total, (total, reaches[reached] if reached < len(reaches) else 0)

    return step
