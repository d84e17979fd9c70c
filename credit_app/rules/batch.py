"""Many participations at once: the batch form of the rules, for simulating, replaying and checking a city's year.

It reads the same clauses as the single form, in the same order, and agrees with it on every step. The work is linear
in the number of participations, but for the sorting of those that do not come sorted. Participations of one pupil
must come together in one call; pupils can be divided among calls at will.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from credit_app.rules.book import Book
from credit_app.rules.clauses.base import Amount, Clause, Condition, Outcome
from credit_app.rules.clauses.limits import Limit
from credit_app.rules.clauses.scope import Scope
from credit_app.rules.frame import Order, days_of, event_order, sorted_columns
from credit_app.rules.rows import Array, Columns, Rows, Words
from credit_app.rules.single import NO_CLAUSE
from credit_app.rules.terms import NoRuleSet

STATES = ("awarded", "refused", "pending")
NOT_ASKED = -1
"""In a step's column: the participation never came to this clause."""


def award_batch(facts: pd.DataFrame, book: Book, *, rows_at_once: int = 125_000) -> pd.DataFrame:
    """What each participation earns under `book`, its pupil's participations judged in event order from the beginning.

    `rows_at_once` are judged together, by whole pupils: as many as keep what a clause touches in a processor's cache.

    `facts`, a row for each participation, in any order:

    =================================================== ===================== =========================================
    column                                              dtype                 meaning
    =================================================== ===================== =========================================
    pupil                                               int or str            whose participation; no nulls
    participation                                       int or str            ties in time are ordered by it; no nulls
    occurred_at                                         datetime64, UTC       planned start; no nulls
    occurred_on                                         datetime64 or date    local date; no nulls
    category, activity, role, proof, worksheet, evidence category or str      as in `Fact`; no nulls
    venue, tier, level, competition                     category or str       as in `Fact`; null: none
    grade, planned_minutes                              int                   as in `Fact`; no nulls
    dwell_minutes                                       Int32 or any number   null: no closed stay
    at_venue, end_assumed, checked_out                  bool                  as in `Fact`; no nulls
    =================================================== ===================== =========================================

    The result has the same index and order:

    ================ ======== ========================================================================================
    column           dtype    meaning
    ================ ======== ========================================================================================
    state            category awarded, refused, pending
    centicredits     int32    what it earns
    reason           category null when the full amount came out
    clause           category the awarding clause
    step:<id>        int8     of a condition: place of the finding in the clause's `codes` (0: met)
    step:<id>        int32    of an amount or limit: centicredits after the step
    ================ ======== ========================================================================================

    A step's column holds -1 where the participation never came to the clause.
    Raises: NoRuleSet, naming the earliest day that `book` does not cover.
    """
    days = days_of(facts["occurred_on"])
    _refuse_uncovered(days, book)
    order = event_order(facts)
    columns = sorted_columns(facts, days, order)
    verdicts = _Verdicts(len(columns), book)
    for part in _parts(columns.pupil, rows_at_once):
        _Judging(columns.part(part), book, verdicts, part).judge()
    return verdicts.table(columns, order, facts.index)


class _Verdicts:
    """What has been found of all participations; each part of them is judged into its own stretch of these arrays."""

    def __init__(self, count: int, book: Book) -> None:
        self.codes: list[str] = [NO_CLAUSE]
        """Every code met so far; columns of reasons hold places in this list."""
        self.amounts = [clause for clause in book.clauses if isinstance(clause, Amount)]
        self.steps = {
            clause.id: np.empty(count, dtype="int8" if isinstance(clause, Condition) else "int32")
            for clause in book.clauses
        }
        self.owner = np.full(count, NOT_ASKED, dtype="int16")
        """The place of the awarding clause among the book's amounts."""
        self.failed = np.full(count, NOT_ASKED, dtype="int16")
        self.undecided = np.full(count, NOT_ASKED, dtype="int16")
        self.cut = np.full(count, NOT_ASKED, dtype="int16")
        """The reasons: the first that failed, the first undecided, the last that cut."""
        self.centicredits = np.zeros(count, dtype="int32")

    def number_of(self, code: str) -> int:
        """The place of `code` among the codes; a new one takes the next."""
        if code not in self.codes:
            self.codes.append(code)
        return self.codes.index(code)

    def table(self, columns: Columns, order: Order, index: pd.Index) -> pd.DataFrame:
        """The result, back in the order in which the facts came."""
        without_plan = self.owner < 0
        self.failed[without_plan] = 0
        failed, undecided = self.failed >= 0, self.undecided >= 0
        state = np.where(failed, 1, np.where(undecided, 2, 0)).astype("int8")
        reason = np.where(failed, self.failed, np.where(undecided, self.undecided, self.cut))
        self.centicredits[failed | undecided] = 0

        back = order
        if not isinstance(order, slice):
            back = np.empty_like(order)
            back[order] = np.arange(len(order))
        result: dict[str, Any] = {
            "state": _categorical(state[back], STATES),
            "centicredits": self.centicredits[back],
            "reason": _categorical(reason[back], self.codes),
            "clause": self._clauses(columns.words["category"], back, without_plan),
        }
        for name in list(self.steps):
            result[f"step:{name}"] = self.steps.pop(name)[back]
        # The columns are nobody else's: copying them into one block would double the memory for nothing.
        return pd.DataFrame(result, index=index, copy=False)

    def _clauses(self, words: Words, back: Order, without_plan: Array) -> pd.Categorical[Any]:
        """The awarding clause; where none speaks, the category itself stands in its place."""
        names = [amount.id for amount in self.amounts]
        names += [word for word in words.known if word not in names]
        stand_in = Words(words.places, words.known).lookup({name: at for at, name in enumerate(names)}, -1, "int16")
        codes = np.where(without_plan, stand_in[words.places], self.owner)
        return _categorical(codes[back], names)


class _Judging:
    """One part of the participations while the clauses pass over it, each over all the rows that it speaks about."""

    def __init__(self, columns: Columns, book: Book, verdicts: _Verdicts, part: slice) -> None:
        self.columns, self.book, self.verdicts, self.part = columns, book, verdicts, part
        self.owner, self.centicredits = verdicts.owner[part], verdicts.centicredits[part]
        self.failed, self.undecided, self.cut = verdicts.failed[part], verdicts.undecided[part], verdicts.cut[part]
        self.refused_by_count = np.zeros(len(columns), dtype=bool)
        self._category_rows: dict[str, Array] = {}

    def judge(self) -> None:
        """All clauses, in the order of a plan's steps."""
        for column in self.verdicts.steps.values():
            column[self.part] = NOT_ASKED
        for place, amount in enumerate(self.verdicts.amounts):
            self.owner[self._spoken_about(amount.scope)] = place
        for clause in self.book.clauses:
            if isinstance(clause, Condition):
                self._ask(clause)
        for amount in self.verdicts.amounts:
            self._amount(amount)
        for limit in self.book.limits_in_order:
            self._limit(limit)

    def _ask(self, clause: Condition) -> None:
        at = self._spoken_about(clause.scope)
        at = at[self.owner[at] >= 0]
        found = clause.batch(Rows(self.columns, at))
        self._column(clause)[at] = found
        self._note(clause, clause.outcomes, at, found)

    def _amount(self, clause: Amount) -> None:
        at = self._spoken_about(clause.scope)
        at = at[(self.failed[at] < 0) & (self.undecided[at] < 0)]
        found, amounts = clause.batch(Rows(self.columns, at))
        self._column(clause)[at] = amounts
        self.centicredits[at] = amounts
        self._note(clause, clause.outcomes, at, found)

    def _limit(self, clause: Limit) -> None:
        at = self._spoken_about(clause.scope)
        at = at[(self.owner[at] >= 0) & (self.failed[at] < 0) & (self.undecided[at] < 0) & ~self.refused_by_count[at]]
        for key in clause.per:
            at = at[self.columns.words[key].places[at] >= 0]
        rows = Rows(self.columns, at)
        found, after = clause.batch(rows.groups(clause.window, clause.per), self.centicredits[at].astype("int64"))
        self._column(clause)[at] = after
        self.centicredits[at] = after
        self._note(clause, (Outcome.MET, Outcome.MET), at, found)
        if clause.counts:
            self.refused_by_count[at[found > 0]] = True

    def _note(self, clause: Clause, outcomes: tuple[int, ...], at: Array, found: Array) -> None:
        """The reasons that `found` gives: of failures and open questions the first stands, of cuts the last."""
        for place in range(1, len(clause.codes)):
            where = at[found == place]
            number = self.verdicts.number_of(clause.codes[place])
            if outcomes[place] == Outcome.MET:
                self.cut[where] = number
            else:
                reasons = self.failed if outcomes[place] == Outcome.FAILED else self.undecided
                reasons[where[reasons[where] < 0]] = number

    def _column(self, clause: Clause) -> Array:
        return self.verdicts.steps[clause.id][self.part]

    def _spoken_about(self, scope: Scope) -> Array:
        """The places of the rows in `scope`, rising."""
        if scope.category is None:
            at = np.arange(len(self.columns))
        else:
            found = [self._rows_of(category) for category in dict.fromkeys(scope.category)]
            at = found[0] if len(found) == 1 else np.sort(np.concatenate(found))
        rows = Rows(self.columns, at)
        for name, accepted in (("role", scope.role), ("tier", scope.tier)):
            if accepted is not None:
                at = at[rows.is_one_of(name, accepted)]
                rows = Rows(self.columns, at)
        return at

    def _rows_of(self, category: str) -> Array:
        if not self._category_rows:
            words = self.columns.words["category"]
            by_category = np.argsort(words.places, kind="stable")
            ends = np.searchsorted(words.places[by_category], np.arange(len(words.known) + 1))
            for place, word in enumerate(words.known):
                self._category_rows[word] = by_category[ends[place] : ends[place + 1]]
        return self._category_rows.get(category, np.empty(0, dtype="int64"))


def _categorical(codes: Any, categories: Sequence[str]) -> pd.Categorical[Any]:
    return pd.Categorical.from_codes(codes, categories=pd.Index(categories))


def _refuse_uncovered(days: Array, book: Book) -> None:
    epoch = date(1970, 1, 1).toordinal()
    first, last = book.effective_on.toordinal() - epoch, book.until.toordinal() - epoch
    uncovered = days[(days < first) | (days > last)]
    if len(uncovered):
        raise NoRuleSet(date.fromordinal(int(uncovered.min()) + epoch))


def _parts(pupil: Array, rows_at_once: int) -> Iterator[slice]:
    """Stretches of about `rows_at_once` rows that divide no pupil's; `pupil` is sorted."""
    begin = 0
    while begin < len(pupil):
        last = pupil[min(begin + rows_at_once, len(pupil)) - 1]
        end = int(np.searchsorted(pupil, last, side="right"))
        yield slice(begin, end)
        begin = end
