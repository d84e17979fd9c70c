"""The figures of a simulation: who gains, who loses, by school, grade and category. Added up chunk by chunk as values
that go into JSON and come back, so that a simulation that was cut short goes on where it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from credit_app.ledger.rebooking import Change
from credit_app.ledger.simulation import Judged, Pupil, Trial
from credit_app.rules.book import Book
from credit_app.rules.targets import NoTarget, target_for

SIDES = ("school", "grade", "category")


@dataclass(slots=True)
class Group:
    """Some pupils and their participations. A pupil gains or loses by the sum of the group's participations.

    Units: `before`, `after`, `gained` and `lost` are centicredits; the last two add up single participations.
    """

    pupils_gaining: int = 0
    pupils_losing: int = 0
    pupils_unchanged: int = 0
    participations: int = 0
    changed: int = 0
    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0

    @property
    def pupils(self) -> int:
        return self.pupils_gaining + self.pupils_losing + self.pupils_unchanged

    @property
    def difference(self) -> int:
        return self.after - self.before

    def add_pupil(self, judged: Iterable[Judged]) -> None:
        """One pupil more, with the participations that belong to the group."""
        sum_before = self.difference
        for item in judged:
            self.participations += 1
            self.changed += item.difference != 0
            self.before += item.before
            self.after += item.after
            self.gained += max(item.difference, 0)
            self.lost += max(-item.difference, 0)
        moved = self.difference - sum_before
        self.pupils_gaining += moved > 0
        self.pupils_losing += moved < 0
        self.pupils_unchanged += moved == 0


@dataclass(slots=True)
class Reach:
    """Pupils with a target in the year, and how many have its credits, before and after; breadth is not asked."""

    pupils: int = 0
    before: int = 0
    after: int = 0


@dataclass(slots=True)
class Figures:
    """All the figures. `beyond`: what else would move, in other years and, where a pupil changed schools, in other
    districts. `settled`: participations that the change names but a settled year keeps as they are."""

    every: Group = field(default_factory=Group)
    beyond: Group = field(default_factory=Group)
    sides: dict[str, dict[str, Group]] = field(default_factory=lambda: {side: {} for side in SIDES})
    reach: Reach = field(default_factory=Reach)
    settled: int = 0

    def add(self, pupil: Pupil, trial: Trial, book_before: Mapping[str, Book]) -> None:
        """One pupil more. `book_before`: the published books by id, for the targets."""
        shown = [item for item in pupil.judged if item.shown]
        other = [item for item in pupil.judged if not item.shown and item.difference]
        if other:
            self.beyond.add_pupil(other)
        self.settled += sum(item.settled for item in shown)
        if not shown:
            return
        self.every.add_pupil(shown)
        for side in SIDES:
            for key, items in _divided(shown, side).items():
                self.sides[side].setdefault(key, Group()).add_pupil(items)
        self._add_reach(pupil, shown, trial, book_before)

    def to_json(self) -> dict[str, Any]:
        return {
            "every": astuple(self.every),
            "beyond": astuple(self.beyond),
            "reach": astuple(self.reach),
            "settled": self.settled,
            "sides": {
                side: {key: astuple(group) for key, group in groups.items()} for side, groups in self.sides.items()
            },
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Figures:
        if not raw:
            return cls()
        sides = {side: {key: Group(*values) for key, values in raw["sides"][side].items()} for side in SIDES}
        return cls(Group(*raw["every"]), Group(*raw["beyond"]), sides, Reach(*raw["reach"]), raw["settled"])

    def _add_reach(self, pupil: Pupil, shown: Sequence[Judged], trial: Trial, books: Mapping[str, Book]) -> None:
        last = shown[-1]
        item = pupil.held.past[last.participation]
        taken = _is_taken(pupil, trial.change, last.participation)
        before = _target(books.get(item.rule_set), pupil, last, trial.year)
        after = _target(trial.change.book, pupil, last, trial.year) if taken else before
        if before is None or after is None:
            return
        corrected = sum(pupil.held.past[each.participation].corrected for each in shown)
        self.reach.pupils += 1
        self.reach.before += sum(each.before for each in shown) + corrected >= before
        self.reach.after += sum(each.after for each in shown) + corrected >= after


def _is_taken(pupil: Pupil, change: Change, participation: str) -> bool:
    return pupil.held.is_taken_by(change, pupil.held.past[participation])


def _target(book: Book | None, pupil: Pupil, last: Judged, year: str) -> int | None:
    """The credits asked of the pupil in the year; None where the book sets no target for the grade."""
    if book is None or pupil.held.whereabouts is None:
        return None
    stay = pupil.held.whereabouts.stay_on(last.occurred_on)
    try:
        return target_for(book, last.grade, stay.joined_on if stay else None, year).centicredits
    except NoTarget:
        return None


def _divided(judged: Iterable[Judged], side: str) -> dict[str, list[Judged]]:
    name = "school_id" if side == "school" else side
    parts: dict[str, list[Judged]] = {}
    for item in judged:
        parts.setdefault(str(getattr(item, name)), []).append(item)
    return parts
