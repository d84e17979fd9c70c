"""What would earn more: the other half of every refusal.

A remedy carries the fact as it would stand then, so that the reader is told an amount ("再停留 45 分钟并签退可得 0.5"),
and is never sent after something that a limit would take away again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from credit_app.rules.clauses.base import Amount, Condition, Remedy
from credit_app.rules.clauses.limits import Limit
from credit_app.rules.facts import Fact
from credit_app.rules.plan import Limited, Plan, apply_limits
from credit_app.rules.trace import Step

Finding = tuple[Condition | Amount, str]
"""A clause and the code that it found wanting."""


def missing_before_limits(
    plan: Plan,
    fact: Fact,
    totals: Mapping[str, int],
    failed: Iterable[Finding],
    undecided: Iterable[Finding] = (),
) -> tuple[Step, ...]:
    """What the pupil or the staff can still do, with what the participation would earn then.

    Where a limit would leave nothing anyway, the limit is told instead: nobody should stay longer for nothing. What
    is only undecided is not asked for when something else cannot be mended.
    """
    wanted: dict[str, tuple[str, Remedy]] = {}
    cured: Fact | None = _cure(fact, failed, wanted)
    if cured is not None:
        cured = _cure(cured, undecided, wanted)
    worth = 0
    if cured is not None:
        limited = _potential(plan, cured, totals)
        if limited is not None and limited.centicredits == 0 and limited.cut_by:
            return missing_after_limits(limited.cut_by)
        worth = limited.centicredits if limited is not None else 0
    if "stay_and_check_out" in wanted:
        # "Stay and check out" says what "check out" says.
        wanted.pop("check_out", None)
    return tuple(Step(clause_id, code, 0, worth, remedy.params) for code, (clause_id, remedy) in wanted.items())


def _cure(fact: Fact, findings: Iterable[Finding], wanted: dict[str, tuple[str, Remedy]]) -> Fact | None:
    """`fact` as it would stand if every finding were mended, None if one cannot be; the remedies go to `wanted`."""
    cured, curable = fact, True
    for clause, code in findings:
        remedy = clause.remedy(cured, code)
        if remedy is not None:
            wanted.setdefault(remedy.code, (clause.id, remedy))
        if remedy is None or remedy.cured is None:
            curable = False
        else:
            cured = remedy.cured
    return cured if curable else None


def missing_after_limits(cut_by: Iterable[tuple[Limit, Step]]) -> tuple[Step, ...]:
    """What would have got past the limits that cut."""
    remedies = ((clause.id, clause.remedy(step)) for clause, step in cut_by)
    return tuple(Step(clause_id, remedy.code, 0, 0, remedy.params) for clause_id, remedy in remedies)


def _potential(plan: Plan, cured: Fact, totals: Mapping[str, int]) -> Limited | None:
    """What `cured` would earn if all its conditions were met; None while its amount is undecided."""
    found, centicredits, _ = plan.amount.compute(cured)
    if plan.amount.outcomes[found]:
        return None
    return apply_limits(plan, cured, totals, centicredits)
