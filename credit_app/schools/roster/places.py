"""A pupil's place from one import to the next: who stays, moves, is promoted, leaves, returns. Pure.

Days are inclusive. Who moves on a day stood in the old class until the day before; a place that began on the very day
is edited, so that an import and its correction on one day leave no trace of a class that nobody was in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from credit_app.schools.roster.plan import Ending, PlaceEdit, PlaceRow, Ref
from credit_app.schools.roster.present import PresentPlace

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDay:
    """The day of the import in the calendar that credits follow; `is_first` of the school in this academic year."""

    today: date
    academic_year: str
    year_starts_on: date
    is_first: bool

    @property
    def yesterday(self) -> date:
        return self.today - ONE_DAY

    def joined_on(self, first_day: date | None) -> date:
        """The day a newcomer joined in this year: as the roster says; else the first day of the year in the year's
        first import, when everybody is new, and today in a later one."""
        if first_day is not None and first_day <= self.today:
            return max(first_day, self.year_starts_on)
        return self.year_starts_on if self.is_first else self.today

    def end_of(self, starts_on: date) -> date:
        """The last day of what is gone today: yesterday, or its only day when it began today."""
        return max(self.yesterday, starts_on)


@dataclass(frozen=True, slots=True)
class NextPlace:
    """What becomes of a pupil's place; `kind` is ``same``, ``new``, ``back``, ``promoted`` or ``moved``."""

    kind: str
    ending: Ending | None = None
    edit: PlaceEdit | None = None
    new: PlaceRow | None = None


def next_place(
    student: Ref,
    places: Sequence[PresentPlace],
    *,
    grade: int,
    target: Ref | None,
    keeps_class: bool,
    first_day: date | None,
    on: ImportDay,
) -> NextPlace:
    """What becomes of the pupil's `places` when they are to stand in `grade` and the class `target` from today on.

    With `keeps_class` the roster does not tell the class, and the pupil keeps the one of this year they have.
    """
    last = max(places, key=lambda place: (place.ends_on or date.max, place.starts_on), default=None)
    if last is None:
        joined_on = on.joined_on(first_day)
        return NextPlace("new", new=PlaceRow(student, grade, target, joined_on, joined_on))
    if last.academic_year != on.academic_year:
        return _promoted(student, last, grade, target, on)
    if keeps_class:
        target = last.class_id
    fits = (last.grade, last.class_id) == (grade, target)
    if last.ends_on is None:
        return NextPlace("same") if fits else _moved(student, last, grade, target, on)
    if last.ends_on >= on.today and last.starts_on < on.today:
        return NextPlace("same")  # somebody has entered the day on which the pupil will leave
    if last.starts_on >= on.today or (fits and last.ends_on == on.yesterday):
        return NextPlace("back", edit=PlaceEdit(last.id, grade, target))
    starts_on = max(on.today, last.ends_on + ONE_DAY)
    return NextPlace("back", new=PlaceRow(student, grade, target, last.joined_on, starts_on))


def _moved(student: Ref, last: PresentPlace, grade: int, target: Ref | None, on: ImportDay) -> NextPlace:
    if last.starts_on >= on.today:
        return NextPlace("moved", edit=PlaceEdit(last.id, grade, target))
    new = PlaceRow(student, grade, target, last.joined_on, on.today)
    return NextPlace("moved", ending=Ending(last.id, on.yesterday), new=new)


def _promoted(student: Ref, last: PresentPlace, grade: int, target: Ref | None, on: ImportDay) -> NextPlace:
    """The place of an earlier year ends with that year; the pupil has been here from the first day of this one."""
    ends_on = last.ends_on or max(on.year_starts_on - ONE_DAY, last.starts_on)
    starts_on = max(on.year_starts_on, ends_on + ONE_DAY)
    ending = None if last.ends_on else Ending(last.id, ends_on)
    return NextPlace("promoted", ending, new=PlaceRow(student, grade, target, on.year_starts_on, starts_on))


def left(place: PresentPlace, *, on: ImportDay) -> Ending:
    """The end of the place of a pupil whom the roster no longer has: at the latest the end of its academic year."""
    last_day = on.yesterday if place.academic_year == on.academic_year else on.year_starts_on - ONE_DAY
    return Ending(place.id, max(last_day, place.starts_on))
