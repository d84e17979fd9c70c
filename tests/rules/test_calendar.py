"""Days, academic years and semesters, on both sides of each boundary."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from credit_app.rules.calendar import academic_year, academic_year_bounds, local_date, semester


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 8, 31, 15, 59, 59, tzinfo=UTC), date(2026, 8, 31)),
        (datetime(2026, 8, 31, 16, 0, tzinfo=UTC), date(2026, 9, 1)),
    ],
)
def test_a_day_begins_at_midnight_in_shanghai(instant: datetime, day: date) -> None:
    assert local_date(instant) == day


def test_a_naive_time_belongs_to_no_day() -> None:
    with pytest.raises(ValueError, match="naive"):
        local_date(datetime(2026, 8, 31))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 8, 31), "2025-2026"), (date(2026, 9, 1), "2026-2027"), (date(2027, 1, 1), "2026-2027")],
)
def test_an_academic_year_starts_on_the_first_of_september(day: date, year: str) -> None:
    assert academic_year(day) == year


def test_the_bounds_of_a_year_are_both_inside_it() -> None:
    assert academic_year_bounds("2026-2027") == (date(2026, 9, 1), date(2027, 8, 31))


@pytest.mark.parametrize("text", ["2026", "2026-2028", "2026-27", "2027-2026", "26-27", "2026/2027", "abcd-abcd"])
def test_what_is_no_academic_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="academic year"):
        academic_year_bounds(text)


@pytest.mark.parametrize(
    ("day", "number"),
    [(date(2026, 9, 1), 1), (date(2027, 1, 31), 1), (date(2027, 2, 1), 2), (date(2027, 8, 31), 2)],
)
def test_the_second_semester_starts_on_the_first_of_february(day: date, number: int) -> None:
    assert semester(day) == number
