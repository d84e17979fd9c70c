"""One participation at a time: the single form of the rules, and a pupil's history judged with it.

`award` reads a pupil's counters and gives back those that changed; it keeps nothing. `History` carries the counters
from one participation to the next, also across a change of book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from credit_app.rules.book import Book
from credit_app.rules.clauses.base import Outcome
from credit_app.rules.clauses.steps import Steps
from credit_app.rules.facts import Fact
from credit_app.rules.missing import Finding, missing_after_limits, missing_before_limits
from credit_app.rules.plan import Plan, apply_limits
from credit_app.rules.terms import NoRuleSet
from credit_app.rules.trace import Award, State, Step, trace_from_json

__all__ = ["Award", "History", "Step", "award", "carry", "judge_history", "trace_from_json"]

NO_CLAUSE = "category_not_listed"
"""The book does not speak about participations of this kind: they earn nothing, and the reason says so."""


def award(fact: Fact, totals: Mapping[str, int], book: Book) -> Award:
    """What `fact` earns under `book`, given the counters of the pupil's earlier participations.

    Raises: NoRuleSet when `book` does not cover the day: no rule is not zero.
    """
    if not book.covers(fact.occurred_on):
        raise NoRuleSet(fact.occurred_on)
    plan = book.plan_for(fact)
    if plan is None:
        return Award("refused", 0, NO_CLAUSE, fact.category, book.id, ())

    steps: list[Step] = []
    failed: list[Finding] = []
    undecided: list[Finding] = []
    for clause, clause_id, check, codes, outcomes, names in plan.conditions:
        found, values = check(fact)
        steps.append(Step(clause_id, codes[found], 0, 0, dict(zip(names, values, strict=True))))
        if outcomes[found]:
            (failed if outcomes[found] == Outcome.FAILED else undecided).append((clause, codes[found]))
    if failed or undecided:
        return _not_awarded(fact, totals, book, plan, steps, failed, undecided)

    amount = plan.amount
    found, centicredits, values = amount.compute(fact)
    code, outcome = amount.codes[found], amount.outcomes[found]
    steps.append(Step(amount.clause_id, code, 0, centicredits, dict(zip(amount.params, values, strict=True))))
    if outcome:
        (failed if outcome == Outcome.FAILED else undecided).append((amount.clause, code))
        return _not_awarded(fact, totals, book, plan, steps, failed, undecided)

    limited = apply_limits(plan, fact, totals, centicredits)
    steps += limited.steps
    reason: str | None = None
    missing: tuple[Step, ...] = ()
    if limited.cut_by:
        reason = limited.cut_by[-1][1].code
        missing = missing_after_limits(limited.cut_by)
    elif found:
        reason = code
        missing = missing_before_limits(plan, fact, totals, [(amount.clause, code)])
    return Award(
        "awarded", limited.centicredits, reason, amount.clause_id, book.id, tuple(steps), missing, limited.changed
    )


def _not_awarded(
    fact: Fact,
    totals: Mapping[str, int],
    book: Book,
    plan: Plan,
    steps: list[Step],
    failed: list[Finding],
    undecided: list[Finding],
) -> Award:
    """Refused when anything failed for good, else pending; with what would still make it count."""
    reason = (failed or undecided)[0][1]
    missing = missing_before_limits(plan, fact, totals, failed, undecided)
    state: State = "refused" if failed else "pending"
    return Award(state, 0, reason, plan.amount.clause_id, book.id, tuple(steps), missing)


class History:
    """A pupil's participations, judged one after the other in event order, from empty counters."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = {}
        """The counters as the book of the latest participation keys them."""
        self.judged: list[tuple[Fact, Award]] = []
        self._book: Book | None = None

    def judge(self, fact: Fact, book: Book) -> Award:
        """The award of the next participation; its counters stand in `totals` afterwards.

        Raises: ValueError when `fact` does not come after those judged before.
        """
        if self.judged and fact.order_key < self.judged[-1][0].order_key:
            raise ValueError("participations are judged in the order of their events")
        if book is not self._book:
            if self.judged:
                self.totals = carry(self.judged, book)
            self._book = book
        judged = award(fact, self.totals, book)
        self.totals.update(judged.totals)
        self.judged.append((fact, judged))
        return judged


def judge_history(facts: Iterable[Fact], book_of: Callable[[Fact], Book]) -> list[Award]:
    """A pupil's whole history, judged in event order from empty counters; the awards stand in that order.

    Participations that are pending count nowhere. Where the book changes from one to the next, the counters are keyed
    anew for the new book, in whose windows categories of the same name count.
    Raises: what `book_of` raises.
    """
    history = History()
    return [history.judge(fact, book_of(fact)) for fact in sorted(facts, key=lambda fact: fact.order_key)]


def carry(history: Iterable[tuple[Fact, Award]], book: Book) -> dict[str, int]:
    """The counters as `book` would hold them after `history`, which other books may have judged.

    What `book` itself judged counts exactly as it did then. What another book judged counts as it stood in the end:
    its participations in the count limits, its credits in the caps.
    """
    totals: dict[str, int] = {}
    for fact, judged in history:
        if judged.state != "awarded":
            continue
        plan = book.plan_for(fact)
        if plan is None:
            continue
        if judged.rule_set == book.id:
            _count_own(totals, fact, judged, plan)
        else:
            _count_foreign(totals, fact, judged, plan)
    return totals


def _count_own(totals: dict[str, int], fact: Fact, judged: Award, plan: Plan) -> None:
    steps = {step.clause: step for step in judged.trace}
    for limit in plan.limits:
        key, step = limit.counter_key(fact), steps.get(limit.clause_id)
        if key is not None and step is not None:
            _set(totals, key, limit.clause.counted(step, totals.get(key, 0)))


def _count_foreign(totals: dict[str, int], fact: Fact, judged: Award, plan: Plan) -> None:
    if not judged.counted:
        return
    raw = next(step.after for step in judged.trace if step.clause == judged.clause)
    has_steps = any(isinstance(limit.clause, Steps) for limit in plan.limits)
    if has_steps:
        # Thresholds count in the new book's own measure (lectures, hours), which only its amount clause can tell.
        _, raw, _ = plan.amount.compute(fact)
    gathering = has_steps
    for limit in plan.limits:
        key = limit.counter_key(fact)
        if key is None:
            continue
        counter = totals.get(key, 0)
        moved = limit.clause.carried(counter, raw, raw if gathering else judged.centicredits)
        _set(totals, key, moved)
        if isinstance(limit.clause, Steps):
            gathering = False
        elif gathering and not limit.counts:
            # Only what gets past a limit before the thresholds is gathered by them.
            raw = moved - counter


def _set(totals: dict[str, int], key: str, counter: int) -> None:
    """Counters at 0 are left out, as `award` leaves them out."""
    if counter:
        totals[key] = counter
