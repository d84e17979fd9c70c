"""A book's clauses that speak about one kind of participation, compiled once into plain tuples and closures.

The order of steps: conditions as the book has them, the amount, count limits, then amount limits. Within the limits
the finer comes first wherever one lies within the other; count limits of which neither is finer stand as in the book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from credit_app.rules.clauses.base import Amount, AmountForm, CheckForm, Clause, Condition
from credit_app.rules.clauses.limits import Limit, LimitForm
from credit_app.rules.facts import Fact
from credit_app.rules.trace import Step


class ConditionStep(NamedTuple):
    """A condition, ready to be asked."""

    clause: Condition
    clause_id: str
    check: CheckForm
    codes: tuple[str, ...]
    outcomes: tuple[int, ...]
    params: tuple[str, ...]


class AmountStep(NamedTuple):
    """The amount, ready to be computed."""

    clause: Amount
    clause_id: str
    compute: AmountForm
    codes: tuple[str, ...]
    outcomes: tuple[int, ...]
    params: tuple[str, ...]


class LimitStep(NamedTuple):
    """A limit, ready to be applied."""

    clause: Limit
    clause_id: str
    counter_key: Callable[[Fact], str | None]
    apply: LimitForm
    codes: tuple[str, ...]
    params: tuple[str, ...]
    counts: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is asked of one kind of participation, in order."""

    conditions: tuple[ConditionStep, ...]
    amount: AmountStep
    limits: tuple[LimitStep, ...]


class Limited(NamedTuple):
    """What the limits left: the amount, the counters that changed, all steps, and those that took something away."""

    centicredits: int
    changed: dict[str, int]
    steps: list[Step]
    cut_by: list[tuple[Limit, Step]]


def apply_limits(plan: Plan, fact: Fact, totals: Mapping[str, int], centicredits: int) -> Limited:
    """`centicredits` after all limits, one after the other; `totals` is only read."""
    changed: dict[str, int] = {}
    steps: list[Step] = []
    cut_by: list[tuple[Limit, Step]] = []
    for clause, clause_id, counter_key, apply, codes, names, counts in plan.limits:
        key = counter_key(fact)
        if key is None:
            continue
        counter = totals.get(key, 0)
        found, after, moved, values = apply(centicredits, counter)
        step = Step(clause_id, codes[found], centicredits, after, dict(zip(names, values, strict=True)))
        steps.append(step)
        centicredits = after
        if moved != counter:
            changed[key] = moved
        if found:
            cut_by.append((clause, step))
            # What one count limit refuses is no participation for the coarser ones.
            if counts:
                break
    return Limited(centicredits, changed, steps, cut_by)


def compile_plan(
    clauses: Iterable[Clause], limits_in_order: Iterable[Limit], kind: tuple[str, str, str | None]
) -> Plan | None:
    """The plan for participations of `kind` (category, role, tier); None when no amount clause speaks about them."""
    spoken = [clause for clause in clauses if clause.scope.matches(*kind)]
    amount = next((clause for clause in spoken if isinstance(clause, Amount)), None)
    if amount is None:
        return None
    conditions = tuple(
        ConditionStep(clause, clause.id, clause.single(), clause.codes, clause.outcomes, clause.params)
        for clause in spoken
        if isinstance(clause, Condition)
    )
    limits = tuple(
        LimitStep(clause, clause.id, clause.counter_key(), clause.single(), clause.codes, clause.params, clause.counts)
        for clause in limits_in_order
        if clause.scope.matches(*kind)
    )
    compiled = AmountStep(amount, amount.id, amount.single(), amount.codes, amount.outcomes, amount.params)
    return Plan(conditions, compiled, limits)


def ordered_limits(limits: Iterable[Limit], categories: tuple[str, ...]) -> list[Limit]:
    """Count limits, then amount limits, each finest first: one order for the whole book, so that two limits which meet
    for several kinds of participation meet in the same order for each of them, and in the batch form."""
    limits = list(limits)
    amount_limits = [limit for limit in limits if not limit.counts]
    return [
        *_finest_first([limit for limit in limits if limit.counts], categories),
        *sorted(amount_limits, key=lambda limit: limit.fineness(categories)),
    ]


def _finest_first(limits: list[Limit], categories: tuple[str, ...]) -> list[Limit]:
    """The order of the book, except that a limit waits for every other one that lies within it."""
    waiting, ordered = list(limits), []
    while waiting:
        chosen = next(
            limit
            for limit in waiting
            if not any(
                other.within(limit, categories) and not limit.within(other, categories)
                for other in waiting
                if other is not limit
            )
        )
        waiting.remove(chosen)
        ordered.append(chosen)
    return ordered
