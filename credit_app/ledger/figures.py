"""The figures of a simulation: who gains, who loses, by school, grade and category. Added up chunk by chunk as values
that go into JSON and come back, so that a simulation that was cut short goes on where it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

from credit_app.ledger.rebooking import Change
from credit_app.ledger.simulation import Judged, Pupil, Trial
from credit_app.rules.book import Book
from credit_app.rules.calendar import academic_year
from credit_app.rules.targets import NoTarget, standing

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
    """Pupils with a target in the year, and how many have reached it, before and after: its credits and its breadth."""

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

    def add(self, pupil: Pupil, trial: Trial, book_before: Mapping[str, Book], *, venue_attendances: int) -> None:
        """One pupil more. `book_before`: the published books by id, for the targets; `venue_attendances`: those of the
        year, which the targets ask for too."""
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
        self._add_reach(pupil, shown[-1], trial, book_before, venue_attendances)

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

    def _add_reach(
        self, pupil: Pupil, last: Judged, trial: Trial, books: Mapping[str, Book], venue_attendances: int
    ) -> None:
        book_now = books.get(pupil.held.past[last.participation].rule_set)
        book_then = trial.change.book if _is_taken(pupil, trial.change, last.participation) else book_now
        before = _reaches(book_now, pupil, last, trial.year, _earned(pupil, trial.year, "before"), venue_attendances)
        after = _reaches(book_then, pupil, last, trial.year, _earned(pupil, trial.year, "after"), venue_attendances)
        if before is None or after is None:
            return
        self.reach.pupils += 1
        self.reach.before += before
        self.reach.after += after


def _is_taken(pupil: Pupil, change: Change, participation: str) -> bool:
    return pupil.held.is_taken_by(change, pupil.held.past[participation])


def _earned(pupil: Pupil, year: str, side: str) -> dict[str, int]:
    """The pupil's credits of the whole year by category, as progress counts them: wherever they were earned, and with
    what two people corrected."""
    sums: dict[str, int] = {}
    for item in pupil.judged:
        if academic_year(item.occurred_on) == year:
            amount = getattr(item, side) + pupil.held.past[item.participation].corrected
            sums[item.category] = sums.get(item.category, 0) + amount
    return sums


def _reaches(
    book: Book | None, pupil: Pupil, last: Judged, year: str, by_category: Mapping[str, int], venue_attendances: int
) -> bool | None:
    """Whether the pupil has all that the book asks in the year; None where it sets no target for the grade."""
    if book is None or pupil.held.whereabouts is None:
        return None
    stay = pupil.held.whereabouts.stay_on(last.occurred_on)
    try:
        stands = standing(
            book,
            grade=last.grade,
            joined_on=stay.joined_on if stay else None,
            year=year,
            today=last.occurred_on,
            by_category=by_category,
            venue_attendances=venue_attendances,
        )
    except NoTarget:
        return None
    return stands.state == "on_target"


def _divided(judged: Iterable[Judged], side: str) -> dict[str, list[Judged]]:
    name = "school_id" if side == "school" else side
    parts: dict[str, list[Judged]] = {}
    for item in judged:
        parts.setdefault(str(getattr(item, name)), []).append(item)
    return parts
