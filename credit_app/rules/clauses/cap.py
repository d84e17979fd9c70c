"""`cap`: no more than so many credits in a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from credit_app.rules.clauses.base import Remedy
from credit_app.rules.clauses.limits import Limit, LimitForm
from credit_app.rules.clauses.shapes import Credits
from credit_app.rules.trace import Step

if TYPE_CHECKING:
    from credit_app.rules.rows import Groups


class Cap(Limit):
    """What is earned in the window stops at `credits`; the participation that reaches it is cut."""

    kind: Literal["cap"]
    credits: Credits

    rank: ClassVar[int] = 2
    params: ClassVar[tuple[str, ...]] = ("used", "cap")

    @property
    def codes(self) -> tuple[str, ...]:
        """Within the cap, or cut by it; the reader is told which cap it is."""
        return "within_cap", self._cut_code()

    def _cut_code(self) -> str:
        scope = self.scope
        if self.per or scope.role or scope.tier:
            return "amount_cap"
        if scope.category is None:
            return "year_cap" if self.window == "academic_year" else "amount_cap"
        return "category_cap" if len(scope.category) == 1 else "amount_cap"

    def single(self) -> LimitForm:
        """The limit as a closure; the counter holds what has passed."""
        cap = self.credits

        def cut(before: int, used: int) -> tuple[int, int, int, tuple[int, ...]]:
            if used + before <= cap:
                return 0, before, used + before, (used, cap)
            return 1, cap - used, cap, (used, cap)

        return cut

    def batch(self, groups: Groups, before: Any) -> tuple[Any, Any]:
        """For each row of `groups`, the finding's place in `codes` and the new amount."""
        arrived = groups.sum_before(before)
        # What arrives never shrinks the sum, so what has passed is the sum so far, stopped at the cap.
        after = (arrived + before).clip(max=self.credits) - arrived.clip(max=self.credits)
        return (after < before).astype("int8"), after

    def counted(self, step: Step, counter: int) -> int:
        """More by what passed."""
        return counter + step.after

    def carried(self, counter: int, before: int, after: int) -> int:
        """More by what was earned; a cap lower than what another book gave is simply full."""
        return min(self.credits, counter + after)

    def remedy(self, step: Step) -> Remedy:
        """Another category, or a new window."""
        codes = {"category_cap": "other_category", "year_cap": "next_year"}
        return Remedy(codes.get(self.codes[1], "other_kind"))
