"""`no_repeat` and `at_most`: only so many participations of one kind count.

`no_repeat` is `at_most` one, with a name of its own because a reader looks for it: the same activity counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from credit_app.rules.clauses.base import Remedy
from credit_app.rules.clauses.limits import Limit, LimitForm
from credit_app.rules.clauses.windows import Keys
from credit_app.rules.trace import Step

if TYPE_CHECKING:
    from credit_app.rules.rows import Groups


class CountLimit(Limit):
    """The first so many participations in the window pass, with their whole amount; later ones earn nothing."""

    counts: ClassVar[bool] = True
    params: ClassVar[tuple[str, ...]] = ("nth", "limit")

    @property
    def allowed(self) -> int:
        """How many pass."""
        raise NotImplementedError

    def single(self) -> LimitForm:
        """The limit as a closure; the counter holds how many have passed."""
        allowed = self.allowed

        def pass_or_refuse(before: int, passed: int) -> tuple[int, int, int, tuple[int, ...]]:
            if passed < allowed:
                return 0, before, passed + 1, (passed + 1, allowed)
            return 1, 0, passed, (passed + 1, allowed)

        return pass_or_refuse

    def batch(self, groups: Groups, before: Any) -> tuple[Any, Any]:
        """For each row of `groups`, the finding's place in `codes` and the new amount."""
        refused = groups.earlier_rows() >= self.allowed
        return refused.astype("int8"), before * ~refused

    def counted(self, step: Step, counter: int) -> int:
        """One more, unless it was refused here."""
        return counter + (step.code == self.codes[0])

    def carried(self, counter: int, before: int, after: int) -> int:
        """One more."""
        return counter + 1


class NoRepeat(CountLimit):
    """The same thing counts once in the window."""

    kind: Literal["no_repeat"]
    per: Annotated[Keys, Field(min_length=1)] = ("activity",)

    @property
    def codes(self) -> tuple[str, ...]:
        """For the first time, or again."""
        return "first_time", ("same_activity" if "activity" in self.per else "repeated")

    @property
    def allowed(self) -> int:
        """Once."""
        return 1

    def remedy(self, step: Step) -> Remedy:
        """Something else."""
        return Remedy("other_activity")


class AtMost(CountLimit):
    """At most `count` participations in the window."""

    kind: Literal["at_most"]
    count: Annotated[int, Field(ge=1)]

    @property
    def codes(self) -> tuple[str, ...]:
        """Within the number, or beyond it; the reader is told which number it is."""
        if self.window == "day":
            return "within_count", "per_day_limit"
        return "within_count", ("per_venue_limit" if "venue" in self.per else "count_limit")

    @property
    def allowed(self) -> int:
        """As many as the book says."""
        return self.count

    def remedy(self, step: Step) -> Remedy:
        """Another day, another venue, or something that does not fall under this limit."""
        return Remedy({"per_day_limit": "other_day", "per_venue_limit": "other_venue"}.get(self.codes[1], "other_kind"))
