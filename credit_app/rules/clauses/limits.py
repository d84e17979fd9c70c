"""What limits have in common: a window, keys, and a counter that each participation reads and moves.

Every limit is a fold over the pupil's participations in event order: an amount and the counter go in, an amount and
the counter's new value come out. Count limits say yes or no; amount limits cut, convert or take the highest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from credit_app.rules.clauses.base import Clause, Remedy, Value
from credit_app.rules.clauses.windows import Keys, Window, counter_key, window_rank, window_within
from credit_app.rules.facts import Fact
from credit_app.rules.trace import Step

if TYPE_CHECKING:
    from credit_app.rules.rows import Groups

_EVERY_ROLE, _EVERY_TIER = 1000, 1000
"""More than can be listed: a scope that names none is wider than one that names them."""

LimitForm = Callable[[int, int], tuple[int, int, int, tuple[Value, ...]]]
"""An amount and the counter → the finding's place in `codes`, the new amount, the counter's new value, parameters."""


class Limit(Clause):
    """A clause that looks at the pupil's other participations in the same window, counted apart by its keys."""

    window: Window
    per: Keys = ()

    counts: ClassVar[bool] = False
    """A count limit refuses or lets pass; the others change amounts."""
    rank: ClassVar[int] = 0
    """Which comes first of two amount limits over the very same participations."""

    def single(self) -> LimitForm:
        """The limit as a closure."""
        raise NotImplementedError

    def batch(self, groups: Groups, before: Any) -> tuple[Any, Any]:
        """For each row of `groups`, in event order, the finding's place in `codes` and the new amount."""
        raise NotImplementedError

    def counted(self, step: Step, counter: int) -> int:
        """The counter after a participation whose step under this very clause was `step`."""
        raise NotImplementedError

    def carried(self, counter: int, before: int, after: int) -> int:
        """The counter after a participation that another book judged: `before` its limits, `after` them."""
        raise NotImplementedError

    def remedy(self, step: Step) -> Remedy:
        """What would earn more than what the limit let through, as `step` tells it."""
        raise NotImplementedError

    def counter_key(self) -> Callable[[Fact], str | None]:
        """A closure that names the counter in which a fact counts."""
        return counter_key(self.id, self.window, self.per)

    def within(self, other: Limit, categories: Iterable[str]) -> bool:
        """Whether all that counts in one counter of this limit counts in one counter of `other`."""
        return (
            window_within(self.window, other.window)
            and set(self.per) >= set(other.per)
            and self.scope.within(other.scope, categories)
        )

    def fineness(self, categories: Iterable[str]) -> tuple[int, ...]:
        """Sorts amount limits finest first: a limit that lies within another is no larger in any of these numbers."""
        scope = self.scope
        return (
            window_rank(self.window),
            -len(self.per),
            len(set(scope.category or categories)),
            len(set(scope.role)) if scope.role else _EVERY_ROLE,
            len(set(scope.tier)) if scope.tier else _EVERY_TIER,
            self.rank,
        )
