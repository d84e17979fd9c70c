"""`role`: the pupil took part in one of these roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from credit_app.rules.clauses.base import CheckForm, Condition, Outcome
from credit_app.rules.clauses.scope import Names

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class Role(Condition):
    """Only those who took part as one of `accepts`."""

    kind: Literal["role"]
    accepts: Names

    params: ClassVar[tuple[str, ...]] = ("role",)
    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED)

    @property
    def codes(self) -> tuple[str, ...]:
        """Eligible or not."""
        return "role_met", "role_not_eligible"

    def single(self) -> CheckForm:
        """The condition as a closure."""
        accepts = frozenset(self.accepts)
        return lambda fact: (0 if fact.role in accepts else 1, (fact.role,))

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`."""
        return rows.choose((rows.is_one_of("role", self.accepts), 0), otherwise=1)
