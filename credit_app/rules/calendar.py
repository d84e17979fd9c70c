"""The school calendar that the rules count by: local days, academic years, semesters.

Credits follow this calendar, not the sessions of a roster: windows of limits must mean the same in every school.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")

FIRST_MONTH = 9
"""An academic year starts on the first day of this month."""

SECOND_SEMESTER_STARTS = (2, 1)
"""Month and day on which the second semester starts. Schools differ by a few days around the Spring Festival; the
rules need one day for a whole city, and the first of February lies within the winter holidays of all of them."""


def local_date(instant: datetime) -> date:
    """The date in Asia/Shanghai on which `instant` falls.

    Raises: ValueError when `instant` is naive, since a naive time belongs to no day.
    """
    if instant.tzinfo is None:
        raise ValueError("a naive time has no local date")
    return instant.astimezone(LOCAL).date()


def first_calendar_year(day: date) -> int:
    """The calendar year in which the academic year of `day` began."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def year_label(first_year: int) -> str:
    """The academic year that begins in the calendar year `first_year`, such as "2026-2027"."""
    return f"{first_year}-{first_year + 1}"


# A city's scans of one day share their date; the label is asked for at every award.
@lru_cache(maxsize=4096)
def academic_year(day: date) -> str:
    """The academic year of `day`, such as "2026-2027"."""
    return year_label(first_calendar_year(day))


def academic_year_bounds(year: str) -> tuple[date, date]:
    """First and last day of the academic year `year`, both inclusive.

    Raises: ValueError when `year` is not of the form "2026-2027".
    """
    first, dash, second = year.partition("-")
    if not (dash and len(year) == 9 and first.isdecimal() and second.isdecimal() and int(second) == int(first) + 1):
        raise ValueError(f"not an academic year: {year!r}")
    return date(int(first), FIRST_MONTH, 1), date(int(second), FIRST_MONTH, 1) - timedelta(days=1)


def semester(day: date) -> int:
    """1 from September to January, 2 from February to August."""
    return 2 if SECOND_SEMESTER_STARTS <= (day.month, day.day) < (FIRST_MONTH, 1) else 1
