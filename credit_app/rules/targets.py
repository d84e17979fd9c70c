"""What a pupil should reach in a year, and where the pupil stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from credit_app.rules.book import Book
from credit_app.rules.calendar import academic_year_bounds, semester, year_label
from credit_app.rules.clauses.windows import Years
from credit_app.rules.facts import Fact
from credit_app.rules.trace import Award

StandingState = Literal["on_target", "near_target", "at_risk"]


class NoTarget(LookupError):
    """The book sets no target for the grade: no target is not a target of zero."""

    def __init__(self, book: str, grade: int) -> None:
        super().__init__(f"{book} sets no target for grade {grade}")
        self.book, self.grade = book, grade


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of one pupil in one year."""

    centicredits: int
    categories: int
    venue_attendances: int
    quotas: Mapping[str, int] = field(default_factory=dict)
    """Participations asked for, by the id of the quota."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a pupil stands against the target."""

    state: StandingState
    target: Target
    earned: int
    missing_centicredits: int
    missing_categories: int
    missing_venue_attendances: int
    missing_quotas: Mapping[str, int] = field(default_factory=dict)


def target_for(book: Book, grade: int, joined_on: date | None, year: str) -> Target:
    """What `book` asks in `year` of a pupil of `grade` who joined the scheme on `joined_on` (None: before the year).

    Who joins in the second semester has the share and the breadth that the book gives; who joins after the year has
    ended is asked for nothing in it.
    Raises: NoTarget when the book sets none for the grade.
    """
    clause = next((each for each in book.targets if each.grades.first <= grade <= each.grades.last), None)
    if clause is None:
        raise NoTarget(book.id, grade)
    first_on, last_on = academic_year_bounds(year)
    if joined_on is not None and joined_on > last_on:
        return Target(0, 0, 0)
    breadth, late = book.breadth, book.second_semester
    quotas = {quota.id: quota.participations for quota in breadth.quotas} if breadth else {}
    if late is not None and joined_on is not None and joined_on >= first_on and semester(joined_on) == 2:
        # Half a hundredth is rounded up, in whole numbers.
        share = (clause.credits * late.credits_percent + 50) // 100
        return Target(share, late.categories, late.venue_attendances, quotas)
    return Target(
        clause.credits, breadth.categories if breadth else 0, breadth.venue_attendances if breadth else 0, quotas
    )


def target_bounds(book: Book, grade: int, year: str) -> tuple[date, date]:
    """First and last day of the time over which the target is counted: the academic year, unless the book says more."""
    first_on, last_on = academic_year_bounds(year)
    window = book.target_window
    if isinstance(window, Years):
        first = window.first_year(first_on.year, grade)
        last_year = year_label(first + window.years - 1)
        return academic_year_bounds(year_label(first))[0], academic_year_bounds(last_year)[1]
    return first_on, last_on


def standing(
    book: Book,
    *,
    grade: int,
    joined_on: date | None,
    year: str,
    today: date,
    by_category: Mapping[str, int],
    venue_attendances: int,
    by_quota: Mapping[str, int] | None = None,
) -> Standing:
    """Where a pupil stands on `today`, given the credits by category and the attendances at venues.

    `on_target`: the credits and the breadth are reached. Otherwise `at_risk` when the book's grace days are over and
    the pupil has earned less than the book's percentage of what the elapsed part of the time asks for; with 60 % and
    a target of 8.0, half-way through the year, that is less than 2.4. Else `near_target`. For who joined within
    the time it begins on the day of joining.
    Units: `by_category` in centicredits; a category counts for the breadth when it has earned something.
    Raises: NoTarget when the book sets none for the grade.
    """
    target = target_for(book, grade, joined_on, year)
    earned = sum(by_category.values())
    counted = sum(1 for centicredits in by_category.values() if centicredits > 0)
    reached = by_quota or {}
    quotas = {
        name: asked - reached.get(name, 0) for name, asked in target.quotas.items() if asked > reached.get(name, 0)
    }
    missing = (
        max(0, target.centicredits - earned),
        max(0, target.categories - counted),
        max(0, target.venue_attendances - venue_attendances),
    )
    state: StandingState = "near_target"
    if not any(missing) and not quotas:
        state = "on_target"
    elif _at_risk(book, target, earned, target_bounds(book, grade, year), joined_on, today):
        state = "at_risk"
    return Standing(state, target, earned, *missing, quotas)


def _at_risk(
    book: Book, target: Target, earned: int, bounds: tuple[date, date], joined_on: date | None, today: date
) -> bool:
    outlook = book.outlook
    if outlook is None:
        return False
    first_on, last_on = bounds
    if joined_on is not None and first_on < joined_on <= last_on:
        first_on = joined_on
    days = (last_on - first_on).days + 1
    elapsed = min(max(0, (today - first_on).days), days)
    if elapsed < outlook.grace_days:
        return False
    # earned / target < elapsed / days * percent / 100, without division
    return earned * days * 100 < target.centicredits * elapsed * outlook.at_risk_below_percent


def quota_counts(book: Book, judged: Iterable[tuple[Fact, Award]], *, grade: int, year: str) -> dict[str, int]:
    """How many participations counted toward each quota of `book`, within the time over which targets are counted.

    A participation counts when it met its conditions and every count limit; what caps left of its credits is no matter.
    """
    first_on, last_on = target_bounds(book, grade, year)
    quotas = book.breadth.quotas if book.breadth else ()
    counts = {quota.id: 0 for quota in quotas}
    for fact, award in judged:
        if not (first_on <= fact.occurred_on <= last_on and award.counted):
            continue
        for quota in quotas:
            counts[quota.id] += quota.scope.matches(fact.category, fact.role, fact.tier)
    return counts
