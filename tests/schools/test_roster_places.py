"""A pupil's place from import to import, day by day: worked by hand, both ends of each place inclusive."""

from __future__ import annotations

from datetime import date

import pytest

from credit_app.schools.roster.places import ImportDay, NextPlace, left, next_place
from credit_app.schools.roster.plan import Ending, PlaceEdit, PlaceRow
from credit_app.schools.roster.present import PresentPlace

YEAR_BEGAN = date(2026, 9, 1)
TODAY = date(2026, 11, 20)
YESTERDAY = date(2026, 11, 19)


def on(today: date = TODAY, *, first: bool = False) -> ImportDay:
    return ImportDay(today=today, academic_year="2026-2027", year_starts_on=YEAR_BEGAN, is_first=first)


def place(
    *,
    starts_on: date = YEAR_BEGAN,
    ends_on: date | None = None,
    grade: int = 5,
    class_id: int | None = 51,
    **changed: object,
) -> PresentPlace:
    standing = PresentPlace(7, 1, "2026-2027", grade, class_id, YEAR_BEGAN, starts_on, ends_on)
    return standing._replace(**changed)  # type: ignore[arg-type]


def step(
    *places: PresentPlace,
    grade: int = 5,
    target: int | None = 51,
    keeps_class: bool = False,
    first_day: date | None = None,
    day: ImportDay | None = None,
) -> NextPlace:
    return next_place(
        1, places, grade=grade, target=target, keeps_class=keeps_class, first_day=first_day, on=day or on()
    )


def test_who_stands_there_already_stays() -> None:
    assert step(place()) == NextPlace("same")


@pytest.mark.parametrize(
    ("first_day", "first_import", "joined_on"),
    [
        (None, True, date(2026, 9, 1)),  # in the year's first import everybody is new
        (None, False, date(2026, 11, 20)),
        (date(2026, 10, 12), True, date(2026, 10, 12)),
        (date(2026, 10, 12), False, date(2026, 10, 12)),
        (date(2024, 9, 1), False, date(2026, 9, 1)),
        (date(2026, 12, 1), False, date(2026, 11, 20)),  # a day to come is no day of joining
    ],
)
def test_a_newcomer_joins(first_day: date | None, first_import: bool, joined_on: date) -> None:
    found = step(first_day=first_day, day=on(first=first_import))
    assert found == NextPlace("new", new=PlaceRow(1, 5, 51, joined_on, joined_on))


def test_a_change_of_class_ends_the_old_place_the_day_before_and_keeps_the_day_of_joining() -> None:
    assert step(place(), target=52) == NextPlace(
        "moved", ending=Ending(7, YESTERDAY), new=PlaceRow(1, 5, 52, YEAR_BEGAN, TODAY)
    )


def test_a_place_that_began_today_is_edited() -> None:
    assert step(place(starts_on=TODAY), target=52) == NextPlace("moved", edit=PlaceEdit(7, 5, 52))


def test_from_no_class_yet_into_a_class() -> None:
    assert step(place(class_id=None)).new == PlaceRow(1, 5, 51, YEAR_BEGAN, TODAY)


def test_a_roster_that_does_not_tell_the_class_changes_none() -> None:
    assert step(place(), target=None, keeps_class=True) == NextPlace("same")


def test_the_new_year_begins_on_the_first_of_september_whenever_the_roster_comes() -> None:
    last_year = place(academic_year="2025-2026", starts_on=date(2025, 9, 1), grade=4, class_id=41)
    assert step(last_year) == NextPlace(
        "promoted", ending=Ending(7, date(2026, 8, 31)), new=PlaceRow(1, 5, 51, date(2026, 9, 1), date(2026, 9, 1))
    )


def test_who_is_gone_today_was_there_until_yesterday() -> None:
    assert left(place(), on=on()) == Ending(7, YESTERDAY)


def test_who_came_and_went_on_one_day_was_there_that_day() -> None:
    assert left(place(starts_on=TODAY), on=on()) == Ending(7, TODAY)


def test_who_left_over_the_summer_was_there_until_the_year_ended() -> None:
    last_year = place(academic_year="2025-2026", starts_on=date(2025, 9, 1))
    assert left(last_year, on=on()) == Ending(7, date(2026, 8, 31))


def test_a_wrong_import_is_undone_by_the_right_one_on_the_same_day() -> None:
    gone = place(ends_on=YESTERDAY)
    assert step(gone) == NextPlace("back", edit=PlaceEdit(7, 5, 51))


def test_who_comes_back_later_has_a_new_place_and_the_old_day_of_joining() -> None:
    gone = place(ends_on=date(2026, 10, 9))
    assert step(gone) == NextPlace("back", new=PlaceRow(1, 5, 51, YEAR_BEGAN, TODAY))


def test_who_comes_back_into_another_class() -> None:
    gone = place(ends_on=YESTERDAY)
    assert step(gone, target=52) == NextPlace("back", new=PlaceRow(1, 5, 52, YEAR_BEGAN, TODAY))


def test_a_pupil_whose_last_day_somebody_has_entered_is_let_go_on_that_day() -> None:
    leaving = place(ends_on=date(2026, 12, 31))
    assert step(leaving) == NextPlace("same")


def test_a_place_never_overlaps_one_of_an_earlier_year_that_ended_late() -> None:
    late = place(academic_year="2025-2026", starts_on=date(2025, 9, 1), ends_on=date(2026, 9, 10), class_id=41)
    assert step(late).new == PlaceRow(1, 5, 51, date(2026, 9, 1), date(2026, 9, 11))
