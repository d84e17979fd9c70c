"""Many participations at once: the batch form of the rules, for simulating, replaying and checking a city's year.

It reads the same clauses as the single form, in the same order, and agrees with it on every step. The work is linear
in the number of participations, but for the sorting of those that do not come sorted. Participations of one pupil
must come together in one call; pupils can be divided among calls at will.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from credit_app.rules.book import Book
from credit_app.rules.clauses.base import Amount, Clause, Condition, Outcome
from credit_app.rules.clauses.limits import Limit
from credit_app.rules.clauses.scope import Scope
from credit_app.rules.facts import Fact
from credit_app.rules.rows import Array, Columns, Rows, Words
from credit_app.rules.single import NO_CLAUSE
from credit_app.rules.terms import NoRuleSet

STATES = ("awarded", "refused", "pending")
WORDS = ("category", "activity", "venue", "tier", "role", "proof", "worksheet", "evidence", "level", "competition")
NUMBERS = ("grade", "planned_minutes", "at_venue", "end_assumed", "checked_out")
Order = Array | slice
NOT_ASKED = -1
"""In a step's column: the participation never came to this clause."""


def award_batch(facts: pd.DataFrame, book: Book) -> pd.DataFrame:
    """What each participation earns under `book`, its pupil's participations judged in event order from the beginning.

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
    days = _days(facts["occurred_on"])
    _refuse_uncovered(days, book)
    order = _event_order(facts)
    judging = _Judging(_columns(facts, days, order), book)
    judging.judge()
    return judging.table(order, facts.index)


def facts_frame(facts: Iterable[tuple[Any, Fact]]) -> pd.DataFrame:
    """The frame that `award_batch` takes, from pairs of pupil and fact; there must be at least one."""
    pupils, known = zip(*facts, strict=True)
    columns: dict[str, Any] = {
        "pupil": list(pupils),
        "participation": [fact.participation for fact in known],
        "occurred_at": pd.DatetimeIndex([fact.occurred_at for fact in known], tz="UTC"),
        "occurred_on": np.array([fact.occurred_on for fact in known], dtype="datetime64[D]"),
        "dwell_minutes": pd.array([fact.dwell_minutes for fact in known], dtype="Int32"),
    }
    columns |= {name: pd.Categorical([getattr(fact, name) for fact in known]) for name in WORDS}
    columns |= {name: [getattr(fact, name) for fact in known] for name in NUMBERS}
    return pd.DataFrame(columns)


class _Judging:
    """The state of all participations while the clauses pass over them, each over all the rows that it speaks about."""

    def __init__(self, columns: Columns, book: Book) -> None:
        self.columns, self.book = columns, book
        count = len(columns)
        self.codes: list[str] = [NO_CLAUSE]
        """Every code met so far; columns of reasons hold places in this list."""
        self.steps: dict[str, Array] = {}
        self.owner = np.full(count, NOT_ASKED, dtype="int16")
        """The place of the awarding clause among the book's amounts."""
        self.failed = np.full(count, NOT_ASKED, dtype="int16")
        self.undecided = np.full(count, NOT_ASKED, dtype="int16")
        self.cut = np.full(count, NOT_ASKED, dtype="int16")
        """The reasons: the first that failed, the first undecided, the last that cut."""
        self.refused_by_count = np.zeros(count, dtype=bool)
        self.centicredits = np.zeros(count, dtype="int32")
        self.amounts = [clause for clause in book.clauses if isinstance(clause, Amount)]
        self._category_rows: dict[str, Array] = {}

    def judge(self) -> None:
        """All clauses, in the order of a plan's steps."""
        for place, amount in enumerate(self.amounts):
            self.owner[self._spoken_about(amount.scope)] = place
        for clause in self.book.clauses:
            if isinstance(clause, Condition):
                self._ask(clause)
        for amount in self.amounts:
            self._amount(amount)
        for limit in self.book.limits_in_order:
            self._limit(limit)

    def _ask(self, clause: Condition) -> None:
        at = self._spoken_about(clause.scope)
        at = at[self.owner[at] >= 0]
        found = clause.batch(Rows(self.columns, at))
        self._column(clause, "int8")[at] = found
        self._note(clause, clause.outcomes, at, found)

    def _amount(self, clause: Amount) -> None:
        at = self._spoken_about(clause.scope)
        at = at[(self.failed[at] < 0) & (self.undecided[at] < 0)]
        found, amounts = clause.batch(Rows(self.columns, at))
        self._column(clause, "int32")[at] = amounts
        self.centicredits[at] = amounts
        self._note(clause, clause.outcomes, at, found)

    def _limit(self, clause: Limit) -> None:
        at = self._spoken_about(clause.scope)
        at = at[(self.owner[at] >= 0) & (self.failed[at] < 0) & (self.undecided[at] < 0) & ~self.refused_by_count[at]]
        for key in clause.per:
            at = at[self.columns.words[key].places[at] >= 0]
        rows = Rows(self.columns, at)
        found, after = clause.batch(rows.groups(clause.window, clause.per), self.centicredits[at].astype("int64"))
        self._column(clause, "int32")[at] = after
        self.centicredits[at] = after
        self._note(clause, (Outcome.MET, Outcome.MET), at, found)
        if clause.counts:
            self.refused_by_count[at[found > 0]] = True

    def _note(self, clause: Clause, outcomes: tuple[int, ...], at: Array, found: Array) -> None:
        """The reasons that `found` gives: of failures and open questions the first stands, of cuts the last."""
        for place in range(1, len(clause.codes)):
            where = at[found == place]
            number = self._number_of(clause.codes[place])
            if outcomes[place] == Outcome.MET:
                self.cut[where] = number
            else:
                reasons = self.failed if outcomes[place] == Outcome.FAILED else self.undecided
                reasons[where[reasons[where] < 0]] = number

    def _number_of(self, code: str) -> int:
        if code not in self.codes:
            self.codes.append(code)
        return self.codes.index(code)

    def _column(self, clause: Clause, dtype: str) -> Array:
        return self.steps.setdefault(f"step:{clause.id}", np.full(len(self.columns), NOT_ASKED, dtype=dtype))

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

    def table(self, order: Order, index: pd.Index) -> pd.DataFrame:
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
            "clause": self._clauses(back, without_plan),
        }
        for name in [f"step:{clause.id}" for clause in self.book.clauses]:
            result[name] = self.steps.pop(name)[back]
        # The columns are nobody else's: copying them into one block would double the memory for nothing.
        return pd.DataFrame(result, index=index, copy=False)

    def _clauses(self, back: Order, without_plan: Array) -> pd.Categorical[Any]:
        """The awarding clause; where none speaks, the category itself stands in its place."""
        words = self.columns.words["category"]
        names = [amount.id for amount in self.amounts]
        names += [word for word in words.known if word not in names]
        stand_in = Words(words.places, words.known).lookup({name: at for at, name in enumerate(names)}, -1, "int16")
        codes = np.where(without_plan, stand_in[words.places], self.owner)
        return _categorical(codes[back], names)


def _categorical(codes: Any, categories: Sequence[str]) -> pd.Categorical[Any]:
    return pd.Categorical.from_codes(codes, categories=pd.Index(categories))


def _days(column: pd.Series) -> Array:
    return column.to_numpy().astype("datetime64[D]").astype("int64").astype("int32")


def _refuse_uncovered(days: Array, book: Book) -> None:
    epoch = date(1970, 1, 1).toordinal()
    first, last = book.effective_on.toordinal() - epoch, book.until.toordinal() - epoch
    uncovered = days[(days < first) | (days > last)]
    if len(uncovered):
        raise NoRuleSet(date.fromordinal(int(uncovered.min()) + epoch))


def _event_order(facts: pd.DataFrame) -> Order:
    """The places of the rows by pupil, then instant, then participation; a slice of all where they stand so already."""
    pupil = _numbered(facts["pupil"])
    instant = facts["occurred_at"].dt.tz_convert(None).to_numpy().astype("datetime64[us]").astype("int64")
    rising = _rising(pupil, instant)
    order = np.arange(len(facts)) if rising else np.lexsort((instant, pupil))
    if not rising:
        pupil, instant = pupil[order], instant[order]
    tied = np.zeros(len(order), dtype=bool)
    same = (pupil[1:] == pupil[:-1]) & (instant[1:] == instant[:-1])
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    if len(places):
        # Ids are compared only where two participations share an instant: comparing words is slow.
        rank = pd.factorize(facts["participation"].to_numpy()[order[places]], sort=True)[0]
        order[places] = order[places[np.lexsort((rank, instant[places], pupil[places]))]]
    return order if (order[1:] < order[:-1]).any() else slice(None)


def _rising(pupil: Array, instant: Array) -> bool:
    later = (pupil[1:] > pupil[:-1]) | ((pupil[1:] == pupil[:-1]) & (instant[1:] >= instant[:-1]))
    return bool(later.all())


def _numbered(column: pd.Series) -> Array:
    """Whole numbers that are equal where the values are."""
    if pd.api.types.is_integer_dtype(column.dtype):
        return column.to_numpy().astype("int64")
    return _words(column).places.astype("int64")


def _words(column: pd.Series) -> Words:
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    return Words(column.cat.codes.to_numpy(), tuple(str(word) for word in column.cat.categories))


def _columns(facts: pd.DataFrame, days: Array, order: Order) -> Columns:
    stay = facts["dwell_minutes"].astype("Int32")
    numbers = {name: facts[name].to_numpy()[order] for name in NUMBERS}
    numbers["no_stay"] = stay.isna().to_numpy()[order]
    numbers["dwell_minutes"] = stay.fillna(0).to_numpy().astype("int32")[order]
    words = {name: _words(facts[name]) for name in WORDS}
    return Columns(
        pupil=_numbered(facts["pupil"])[order],
        day=days[order],
        numbers=numbers,
        words={name: Words(column.places[order], column.known) for name, column in words.items()},
    )
