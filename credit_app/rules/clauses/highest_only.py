"""`highest_only`: of several results, only the highest counts; a better one adds the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from credit_app.rules.clauses.base import Remedy
from credit_app.rules.clauses.limits import Limit, LimitForm
from credit_app.rules.clauses.windows import Keys
from credit_app.rules.trace import Step

if TYPE_CHECKING:
    from credit_app.rules.rows import Groups


class HighestOnly(Limit):
    """Within the window and keys, the sum of what is earned is the highest single amount."""

    kind: Literal["highest_only"]
    per: Annotated[Keys, Field(min_length=1)]

    params: ClassVar[tuple[str, ...]] = ("best",)

    @property
    def codes(self) -> tuple[str, ...]:
        """Counted whole, or less what a result before it has earned."""
        return "first_result", "highest_only"

    def single(self) -> LimitForm:
        """The limit as a closure; the counter holds the highest amount so far."""

        def difference(before: int, best: int) -> tuple[int, int, int, tuple[int, ...]]:
            if best == 0:
                return 0, before, before, (0,)
            return 1, max(0, before - best), max(before, best), (best,)

        return difference

    def batch(self, groups: Groups, before: Any) -> tuple[Any, Any]:
        """For each row of `groups`, the finding's place in `codes` and the new amount."""
        best = groups.highest_before(before)
        return (best > 0).astype("int8"), (before - best).clip(min=0)

    def counted(self, step: Step, counter: int) -> int:
        """The higher of the two."""
        return max(counter, step.before)

    def carried(self, counter: int, before: int, after: int) -> int:
        """The higher of the two."""
        return max(counter, before)

    def remedy(self, step: Step) -> Remedy:
        """A higher level."""
        return Remedy("higher_level")
