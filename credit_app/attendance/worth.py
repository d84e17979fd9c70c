"""What an activity is worth: the rules' own answer for a pupil with whom all goes well, never a separate number.

Asked while an activity is written, by whoever reviews it and by whoever looks for one. A pupil's own limits are left
out, since nobody in particular is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from credit_app.activities.models import Occurrence
from credit_app.attendance.facts import Happening, best_case, fact_of
from credit_app.attendance.stays import Presence
from credit_app.organisations.models import Venue
from credit_app.rules.book import Book
from credit_app.rules.calendar import local_date
from credit_app.rules.clauses.base import Clause
from credit_app.rules.facts import Fact
from credit_app.rules.single import Award
from credit_app.rules.single import award as judge

GRADES = range(1, 10)


@dataclass(frozen=True, slots=True)
class GradeWorth:
    """What pupils of these grades (both included) can earn; `award` tells why it is nothing, where it is."""

    grade_from: int
    grade_to: int
    award: Award


@dataclass(frozen=True, slots=True)
class Worth:
    """The answer for one dated run: by runs of grades, and what the book asks and limits, as its clauses say it.

    `amount` is the sentence that gives, `conditions` those that must be met, `limits` those that stop; empty where the
    book does not speak about the category.
    """

    book: Book
    by_grade: list[GradeWorth]
    amount: Clause | None
    conditions: list[Clause]
    limits: list[Clause]

    @property
    def most_centicredits(self) -> int:
        """The most that a pupil of any of the grades can earn."""
        return max((worth.award.centicredits for worth in self.by_grade), default=0)

    @property
    def earns(self) -> bool:
        """Somebody can earn something by being there."""
        return self.most_centicredits > 0


def worth_of_occurrence(book: Book, *, occurrence: Occurrence) -> Worth:
    """What the occurrence is worth by `book`."""
    activity = occurrence.activity
    return worth(
        book,
        category=activity.category,
        grades=range(activity.grade_from, activity.grade_to + 1),
        at_venue=activity.at_venue,
        venue=activity.venue,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
    )


def worth(
    book: Book,
    *,
    category: str,
    grades: Sequence[int],
    at_venue: bool,
    venue: Venue | None,
    starts_at: datetime,
    ends_at: datetime,
) -> Worth:
    """What a run of this kind, place and length is worth by `book` for pupils of `grades`; one at least is named.

    Raises: rules.terms.NoRuleSet when the book does not cover its day.
    """
    happening = Happening(
        occurrence_id=0,
        handle="",
        activity="",
        title="",
        category=category,
        grade_from=grades[0],
        grade_to=grades[-1],
        at_venue=at_venue,
        venue=venue.public_id if venue else None,
        venue_name="",
        tier=venue.tier if venue else None,
        starts_at=starts_at.astimezone(UTC),
        ends_at=ends_at.astimezone(UTC),
        occurs_on=local_date(starts_at),
        status="scheduled",
        capacity=None,
    )
    judged = [(grade, _at_best(book, happening, grade)) for grade in grades]
    by_grade = []
    for _told, same in groupby(judged, key=lambda pair: (pair[1].state, pair[1].centicredits, pair[1].reason)):
        pupils = list(same)
        by_grade.append(GradeWorth(pupils[0][0], pupils[-1][0], pupils[0][1]))
    plan = book.plan_for(_fact(happening, happening.grade_from))
    return Worth(
        book=book,
        by_grade=by_grade,
        amount=plan.amount.clause if plan else None,
        conditions=[step.clause for step in plan.conditions] if plan else [],
        limits=[step.clause for step in plan.limits] if plan else [],
    )


def worth_by_category(book: Book, *, venue: Venue | None, starts_at: datetime, ends_at: datetime) -> dict[str, Worth]:
    """What a run at `venue` is worth in each category in which it earns anything, in the book's order.

    The others (a competition's result, a piece of research) are decided on evidence: no activity is offered in them.
    """
    judged = {
        category.id: worth(
            book,
            category=category.id,
            grades=GRADES,
            at_venue=True,
            venue=venue,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        for category in book.categories
    }
    return {category: answer for category, answer in judged.items() if answer.earns}


def _at_best(book: Book, happening: Happening, grade: int) -> Award:
    return judge(best_case(_fact(happening, grade)), {}, book)


def _fact(happening: Happening, grade: int) -> Fact:
    return fact_of(happening, participation="", grade=grade, presence=Presence(), proof="self_scan", worksheet="none")
