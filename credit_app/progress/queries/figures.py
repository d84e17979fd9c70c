"""What stands behind every figure of progress, for any set of pupils: earnings, whereabouts, standing.

A set of pupils is given as a select of student ids, so that no list of ids travels to the database and back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.models import Attendance
from credit_app.errors import NoRuleSet
from credit_app.ledger.models import LedgerBalance, LedgerEntry
from credit_app.recognition.results.models import ReviewedResult
from credit_app.rule_books.queries import book_for
from credit_app.rules.book import Book
from credit_app.rules.calendar import academic_year_bounds
from credit_app.rules.targets import NoTarget, Standing, standing
from credit_app.schools.models import Student

StudentIds = Select[int]


@dataclass(frozen=True, slots=True)
class Tally:
    """Where a pupil has been in an academic year, and what results they have; `pending` participations have nothing in
    the ledger yet."""

    participations: int = 0
    venue_attendances: int = 0
    pending: int = 0
    last_on: date | None = None
    last_title: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How the pupils of a class or a school stand; `without_target` are those for whom the book asks nothing."""

    on_target: int = 0
    near_target: int = 0
    at_risk: int = 0
    without_target: int = 0
    never_took_part: int = 0

    @property
    def pupils(self) -> int:
        return self.on_target + self.near_target + self.at_risk + self.without_target


def counts_of(pupils: Iterable[tuple[Standing | None, bool]]) -> Counts:
    """`pupils` are (standing, has taken part)."""
    seen = {"on_target": 0, "near_target": 0, "at_risk": 0, "without_target": 0, "never_took_part": 0}
    for stands, took_part in pupils:
        seen[stands.state if stands else "without_target"] += 1
        seen["never_took_part"] += not took_part
    return Counts(**seen)


def book_on(session: Session, *, district_id: int, day: date, stamp: int | None = None) -> Book | None:
    """The book that holds, or None: then credits are shown as they stand in the ledger, without a target."""
    try:
        return book_for(session, district_id=district_id, day=day, stamp=stamp)
    except NoRuleSet:
        return None


def standing_of(
    book: Book | None,
    *,
    grade: int | None,
    joined_on: date | None,
    year: str,
    day: date,
    by_category: Mapping[str, int],
    venue_attendances: int,
) -> Standing | None:
    """Where a pupil stands by `book`; None without a book, a grade, or a target for the grade."""
    if book is None or grade is None:
        return None
    try:
        return standing(
            book,
            grade=grade,
            joined_on=joined_on,
            year=year,
            today=day,
            by_category=by_category,
            venue_attendances=venue_attendances,
        )
    except NoTarget:
        return None


def categories_of(book: Book | None, balances: Iterable[Mapping[str, int]]) -> list[str]:
    """The categories to show: those of the book in its order, then any other that credits were earned in."""
    known = [category.id for category in book.categories] if book else []
    return known + sorted({category for balance in balances for category in balance} - set(known))


def balances_by_student(session: Session, *, students: StudentIds, year: str) -> dict[int, dict[str, int]]:
    """student id → centicredits of the year by category; one statement, and who has none is left out."""
    rows = session.execute(
        select(Student.id, LedgerBalance.category, LedgerBalance.centicredits)
        .join(LedgerBalance, LedgerBalance.account_id == Student.account_ref)
        .where(Student.id.in_(students), LedgerBalance.academic_year == year)
    )
    found: dict[int, dict[str, int]] = {}
    for student_id, category, centicredits in rows:
        found.setdefault(student_id, {})[category] = centicredits
    return found


def tallies_by_student(session: Session, *, students: StudentIds, year: str) -> dict[int, Tally]:
    """student id → tally of the year; one statement, and who took part in nothing is left out."""
    attended = (
        _attended(year)
        .add_columns(
            Attendance.attended_on.label("day"),
            Activity.title.label("title"),
            case((at_venue(), 1), else_=0).label("at_venue"),
            case((undecided(), 1), else_=0).label("pending"),
            Occurrence.starts_at.label("starts_at"),
            Attendance.id.label("row_id"),
        )
        .join(Student, Student.id == Attendance.student_id)
        .where(Attendance.student_id.in_(students))
    )
    documented = (
        _documented(year)
        .add_columns(
            ReviewedResult.occurred_on,
            ReviewedResult.title,
            literal(0),
            case((_unposted(), 1), else_=0),
            null(),
            ReviewedResult.id,
        )
        .join(Student, Student.id == ReviewedResult.student_id)
        .where(ReviewedResult.student_id.in_(students))
    )
    each = union_all(attended, documented).subquery()
    newest_first = (each.c.day.desc(), each.c.starts_at.desc().nulls_last(), each.c.row_id.desc())
    placed = select(
        each, func.row_number().over(partition_by=each.c.student_id, order_by=newest_first).label("place")
    ).subquery()
    newest = placed.c.place == 1
    rows = session.execute(
        select(
            placed.c.student_id,
            func.count(),
            func.sum(placed.c.at_venue),
            func.sum(placed.c.pending),
            func.max(placed.c.day).filter(newest),
            func.max(placed.c.title).filter(newest),
        ).group_by(placed.c.student_id)
    )
    return {
        student_id: Tally(participations, int(venues), int(pending), last_on, title)
        for student_id, participations, venues, pending, last_on, title in rows
    }


def brief_tallies_by_student(session: Session, *, students: StudentIds, year: str) -> dict[int, Tally]:
    """As `tallies_by_student`, without what only a class's own page shows (pending, last activity)."""
    attended = (
        _attended(year)
        .add_columns(func.count().label("participations"), func.count().filter(at_venue()).label("venues"))
        .where(Attendance.student_id.in_(students))
        .group_by(Attendance.student_id)
    )
    documented = (
        _documented(year)
        .add_columns(func.count(), literal(0))
        .where(ReviewedResult.student_id.in_(students))
        .group_by(ReviewedResult.student_id)
    )
    each = union_all(attended, documented).subquery()
    rows = session.execute(
        select(each.c.student_id, func.sum(each.c.participations), func.sum(each.c.venues)).group_by(each.c.student_id)
    )
    return {student_id: Tally(int(participations), int(venues)) for student_id, participations, venues in rows}


def venue_attendances_by_account(session: Session, account_refs: Collection[str], year: str) -> dict[str, int]:
    """account → attendances of the year at venues, as the targets ask for them; who has none is left out."""
    rows = session.execute(
        _attended(year)
        .join(Student, Student.id == Attendance.student_id)
        .with_only_columns(Student.account_ref, func.count())
        .where(Student.account_ref.in_(account_refs), at_venue())
        .group_by(Student.account_ref)
    )
    return {account_ref: count for account_ref, count in rows if account_ref is not None}


def within(year: str) -> ColumnElement[bool]:
    """The attendances of the academic year that count as having been there."""
    return and_(Attendance.state != "voided", during(year))


def during(year: str) -> ColumnElement[bool]:
    """All attendances of the academic year, void ones included."""
    first, last = academic_year_bounds(year)
    return Attendance.attended_on.between(first, last)


def at_venue() -> ColumnElement[bool]:
    """An attendance at a venue's site, in any category, that nobody still has to confirm."""
    return and_(Activity.at_venue, Attendance.state == "present")


def undecided() -> ColumnElement[bool]:
    """Nothing has been posted for the participation: it waits for something. Needs `Student` in the statement."""
    return ~exists().where(
        LedgerEntry.account_id == Student.account_ref,
        LedgerEntry.participation == Attendance.public_id,
        LedgerEntry.kind == "award",
    )


def _unposted() -> ColumnElement[bool]:
    """The same of a reviewed result."""
    return ~exists().where(
        LedgerEntry.account_id == Student.account_ref,
        LedgerEntry.participation == ReviewedResult.public_id,
        LedgerEntry.kind == "award",
    )


def _documented(year: str) -> Select[*tuple[Any, ...]]:
    """Results proved by a document are participations too, unless they were sent back, refused or withdrawn."""
    return select(ReviewedResult.student_id).where(
        ReviewedResult.state.in_(("submitted", "approved")),
        ReviewedResult.occurred_on.between(*academic_year_bounds(year)),
    )


def _attended(year: str) -> Select[*tuple[Any, ...]]:
    return (
        select(Attendance.student_id)
        .join(Occurrence, Occurrence.id == Attendance.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .where(within(year))
    )
