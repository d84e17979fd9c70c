"""Columns of many participations for the batch forms: numpy underneath, the words of a fact above.

Imported only by ``batch``. A clause's batch form sees a `Rows` (participations that it speaks about) or a `Groups`
(the same, divided by what a limit counts together); it needs no numpy of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from credit_app.rules.calendar import FIRST_MONTH
from credit_app.rules.clauses.windows import Years

Array = np.ndarray[Any, Any]

_LARGEST_KEY = 2**62
"""Keys of groups are combined in 64 bits; beyond this they are renumbered first."""


@dataclass(frozen=True)
class Words:
    """A column of words: for each row the place of its word in `known`, -1 where it has none."""

    places: Array
    known: tuple[str, ...]

    def lookup(self, value_of: Mapping[str, int], otherwise: int, dtype: str) -> Array:
        """A table from place to value; its last item is for the rows without a word, which index it by -1."""
        return np.array([*(value_of.get(word, otherwise) for word in self.known), otherwise], dtype=dtype)


@dataclass(frozen=True)
class Columns:
    """All participations, sorted by pupil and, within each pupil, in event order.

    `day` counts days since 1970; `numbers` holds whole numbers and flags, `words` the words, by names of a fact.
    """

    pupil: Array
    day: Array
    numbers: Mapping[str, Array]
    words: Mapping[str, Words]

    def __len__(self) -> int:
        return len(self.pupil)

    def part(self, part: slice) -> Columns:
        """A stretch of the rows, as views."""
        numbers = {name: column[part] for name, column in self.numbers.items()}
        words = {name: Words(column.places[part], column.known) for name, column in self.words.items()}
        return Columns(self.pupil[part], self.day[part], numbers, words)

    @cached_property
    def first_year(self) -> Array:
        """The calendar year in which the academic year of each row's day began."""
        if not len(self):
            return self.day
        # A year has few days and many rows: each day's year is looked up, not computed row by row.
        first = int(self.day.min())
        calendar = np.arange(first, int(self.day.max()) + 1).astype("datetime64[D]").astype("datetime64[M]")
        years = (calendar.astype("int64") - (FIRST_MONTH - 1)) // 12 + 1970
        return years.astype("int32")[self.day - first]


class Rows:
    """Those participations of `columns` whose places are `at`, in event order."""

    def __init__(self, columns: Columns, at: Array) -> None:
        self._columns, self._at = columns, at

    def __len__(self) -> int:
        return len(self._at)

    @property
    def grade(self) -> Array:
        """Grades."""
        return self._number("grade")

    @property
    def planned_minutes(self) -> Array:
        """Planned minutes."""
        return self._number("planned_minutes")

    @property
    def dwell_minutes(self) -> Array:
        """Minutes stayed; 0 where `no_stay`."""
        return self._number("dwell_minutes")

    @property
    def no_stay(self) -> Array:
        """Where there is no closed stay."""
        return self._number("no_stay")

    @property
    def end_assumed(self) -> Array:
        """Where the end was set by closing."""
        return self._number("end_assumed")

    @property
    def checked_out(self) -> Array:
        """Where the pupil checked out."""
        return self._number("checked_out")

    @property
    def at_venue(self) -> Array:
        """Where it took place at a venue's site."""
        return self._number("at_venue")

    def is_missing(self, name: str) -> Array:
        """Where the fact has no word for `name`."""
        return self._columns.words[name].places[self._at] < 0

    def is_one_of(self, name: str, accepted: Collection[str]) -> Array:
        """Where the word for `name` is one of `accepted`."""
        words = self._columns.words[name]
        return words.lookup(dict.fromkeys(accepted, 1), 0, "bool")[words.places[self._at]]

    def looked_up(self, name: str, value_of: Mapping[str, int]) -> Array:
        """The value of each row's word for `name`; 0 for words that are not named."""
        words = self._columns.words[name]
        return words.lookup(value_of, 0, "int64")[words.places[self._at]]

    def choose(self, *cases: tuple[Array, int], otherwise: int) -> Array:
        """For each row the number of the first case that holds."""
        chosen = np.full(len(self), otherwise, dtype="int8")
        for holds, number in reversed(cases):
            chosen[holds] = number
        return chosen

    def amounts(self, centicredits: Any, where: Any = True) -> Array:
        """Amounts, 0 where `where` does not hold."""
        return np.where(where, np.broadcast_to(centicredits, len(self)), 0).astype("int64")

    def groups(self, window: Any, keys: Iterable[str]) -> Groups:
        """The rows divided by pupil, stretch of `window` and `keys`."""
        parts = [self._columns.pupil[self._at], self._stretch(window)]
        parts += [self._columns.words[key].places[self._at] for key in keys]
        return Groups(_combined([part for part in parts if part is not None], len(self)))

    def _number(self, name: str) -> Array:
        return self._columns.numbers[name][self._at]

    def _stretch(self, window: Any) -> Array | None:
        if window == "whole":
            return None
        if window == "day":
            return self._columns.day[self._at]
        first_year = self._columns.first_year[self._at]
        return window.first_year(first_year, self.grade) if isinstance(window, Years) else first_year


class Groups:
    """Rows that count together, as a limit sees them: each method answers row by row, in event order."""

    def __init__(self, key: Array) -> None:
        # Rows arrive by pupil and time, so that most keys rise already; else a stable sort keeps the event order.
        rising = len(key) < 2 or bool((key[1:] >= key[:-1]).all())
        self._order: Array | None = None if rising else np.argsort(key, kind="stable")
        if self._order is not None:
            key = key[self._order]
        starts = np.ones(len(key), dtype=bool)
        np.not_equal(key[1:], key[:-1], out=starts[1:])
        self._starts = starts
        self._first = np.maximum.accumulate(np.where(starts, np.arange(len(key)), 0)) if len(key) else key

    def earlier_rows(self) -> Array:
        """How many rows of the same group come before each row."""
        return self._back(np.arange(len(self._first)) - self._first)

    def sum_before(self, amounts: Array) -> Array:
        """The sum of the amounts of the same group before each row."""
        amounts = self._there(amounts)
        before = np.cumsum(amounts, dtype="int64") - amounts
        return self._back(before - before[self._first])

    def highest_before(self, amounts: Array) -> Array:
        """The highest amount of the same group before each row, 0 where there is none. Amounts are not negative."""
        amounts = self._there(amounts)
        # Lifting each group above the one before it lets one running maximum serve them all.
        lift = np.cumsum(self._starts, dtype="int64") * (int(amounts.max(initial=0)) + 1)
        highest = np.maximum.accumulate(amounts + lift)
        before = np.where(self._starts, 0, np.concatenate((highest[:1], highest[:-1])) - lift)
        return self._back(before)

    @staticmethod
    def stepped(totals: Array, reaches: Sequence[int], earned: Sequence[int]) -> Array:
        """What has been earned at each of `totals`: `earned[i]` once `i` of `reaches` are reached."""
        return np.asarray(earned, dtype="int64")[np.searchsorted(np.asarray(reaches), totals, side="right")]

    def _there(self, amounts: Array) -> Array:
        return amounts if self._order is None else amounts[self._order]

    def _back(self, values: Array) -> Array:
        if self._order is None:
            return values
        back = np.empty_like(values)
        back[self._order] = values
        return back


def _combined(parts: Sequence[Array], length: int) -> Array:
    """One number for each row, equal where all `parts` are equal; the first part weighs most."""
    key = np.zeros(length, dtype="int64")
    if not length:
        return key
    span = 1
    for part in parts:
        lowest = int(part.min())
        width = int(part.max()) - lowest + 1
        if span * width >= _LARGEST_KEY:
            key = np.unique(key, return_inverse=True)[1]
            span = int(key.max()) + 1
        key = key * width + (part.astype("int64") - lowest)
        span *= width
    return key
