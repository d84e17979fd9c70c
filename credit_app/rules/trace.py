"""What judging a participation leaves behind: its steps, its award, and their compact form in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from credit_app.rules.book import Book

State = Literal["awarded", "refused", "pending"]

ORDINARY = frozenset({
    "amount_by_level",
    "amount_fixed",
    "amount_per_hour",
    "at_venue_met",
    "dwell_met",
    "evidence_met",
    "first_result",
    "first_time",
    "grade_met",
    "listed_met",
    "proof_met",
    "role_met",
    "step_reached",
    "tier_met",
    "within_cap",
    "within_count",
    "worksheet_met",
})  # fmt: skip
"""The codes of steps at which nothing was refused or cut: the first code of every clause. They are left out of the
stored trace, since the clause tells them."""


COUNT_REFUSALS = frozenset({"same_activity", "repeated", "per_day_limit", "per_venue_limit", "count_limit"})
"""The codes of count limits that refused: such a participation counts nowhere, under any book."""


@dataclass(frozen=True, slots=True)
class Step:
    """One clause's finding: the amount before and after it, and the parameters that its sentence needs.

    Units: `before` and `after` are centicredits; conditions stand before the amount, at 0.
    """

    clause: str
    code: str
    before: int
    after: int
    params: Mapping[str, int | str]


@dataclass(frozen=True, slots=True)
class Award:
    """What a participation earned, and why.

    `state` is `awarded` when all conditions are met (the amount may be 0 through limits), `refused` when one failed
    for good, `pending` when one is undecided: then nothing is posted and nothing is counted.
    `reason` is None when the full amount came out; else the code of the last step that cut or refused it, or of the
    first condition that failed or is undecided.
    `missing` is what would earn more; each step's `after` is what the participation would earn then, 0 if unknown.
    `totals` holds the absolute new values of the counters that changed.
    """

    state: State
    centicredits: int
    reason: str | None
    clause: str
    rule_set: str
    trace: tuple[Step, ...]
    missing: tuple[Step, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)

    @property
    def counted(self) -> bool:
        """Whether the participation met its conditions and every count limit; caps may have left nothing of it."""
        return self.state == "awarded" and not any(step.code in COUNT_REFUSALS for step in self.trace)

    def trace_json(self) -> list[list[int | str]]:
        """The trace as short lists: clause, code unless ordinary, amount after the step, values of the parameters."""
        return [
            [step.clause, *(() if step.code in ORDINARY else (step.code,)), step.after, *step.params.values()]
            for step in self.trace
        ]


def trace_from_json(raw: Iterable[Sequence[Any]], book: Book) -> tuple[Step, ...]:
    """The steps that `Award.trace_json` wrote, under the same `book`.

    Raises: KeyError when `book` has no such clause: a trace is read with the book that made it, or not at all.
    """
    steps: list[Step] = []
    before = 0
    for clause_id, *rest in raw:
        clause = book.clause(clause_id)
        code = rest.pop(0) if isinstance(rest[0], str) else clause.codes[0]
        after, *values = rest
        steps.append(Step(clause_id, code, before, after, dict(zip(clause.params, values, strict=True))))
        before = after
    return tuple(steps)
