"""The final list of a school, as the rules have it, and the long work of settling a district's year.

`settle` is done in pieces that the caller commits one by one: a worksheet batch, then a school's list with its accounts
closed in one transaction. Whatever cuts it short, the next run goes on with the pieces that are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.crediting import Credited, asks_for_worksheet
from credit_app.attendance.facts import Happening
from credit_app.attendance.lists import PRESENT_COLUMNS, Listed, enrolled_on, present_of
from credit_app.attendance.models import Attendance
from credit_app.attendance.queries import HAPPENING_COLUMNS, happening_of
from credit_app.ledger.models import Settlement, SettlementLine
from credit_app.ledger.settlements import final_lines, schools_to_settle
from credit_app.ledger.settling import close_accounts, finish_settling, record_list
from credit_app.organisations.models import School, Venue
from credit_app.people.models import User
from credit_app.progress.queries.figures import (
    Tally,
    balances_by_student,
    book_on,
    brief_tallies_by_student,
    standing_of,
    undecided,
    within,
)
from credit_app.recognition.actions import BATCH, decide_worksheets
from credit_app.rule_books.queries import latest_stamp
from credit_app.rules.calendar import academic_year_bounds
from credit_app.rules.targets import Standing
from credit_app.schools.models import Enrolment, SchoolClass, Student

# Stored with the review, and shown to whoever looks at the worksheet later.
REMARK = "学年结算时仍未通过，按未提交处理。"  # not translated: the words of the record


@dataclass(frozen=True, slots=True)
class FinalRow:
    """One pupil's year as it stands, or as it was settled. Units: centicredits.

    `target` None: the book asks nothing of the pupil, and `met` is None. `missing` holds what is not 0 of
    ``centicredits``, ``categories``, ``venue_attendances``. `student` None: erased since.
    """

    student: Student | None
    grade: int
    class_name: str
    by_category: Mapping[str, int]
    total: int
    target: int | None
    categories: int
    venue_attendances: int
    met: bool | None
    missing: Mapping[str, int]


def final_rows(session: Session, *, school: School, year: str) -> list[FinalRow]:
    """The pupils whose last place of the year was in the school, by class, number and name; four statements.

    Never by credits. Who was erased has no line: nobody could say whose it is.
    """
    _first, last = academic_year_bounds(year)
    students = _place_of_year(school, year).with_only_columns(Student.id)
    places = session.execute(_place_of_year(school, year)).all()
    balances = balances_by_student(session, students=students, year=year)
    tallies = brief_tallies_by_student(session, students=students, year=year)
    book = book_on(session, district_id=school.district_id, day=last)
    rows = []
    for place in sorted(places, key=_list_key):
        by_category = balances.get(place.Student.id, {})
        attendances = tallies.get(place.Student.id, Tally()).venue_attendances
        stands = standing_of(
            book,
            grade=place.grade,
            joined_on=place.joined_on,
            year=year,
            day=last,
            by_category=by_category,
            venue_attendances=attendances,
        )
        rows.append(_row(place, by_category, attendances, stands))
    return rows


@dataclass(frozen=True, slots=True)
class FinalList:
    """A school's pupils of a year: `settled` as the list was made, otherwise as they stand now."""

    settlement: Settlement
    school: School
    settled: bool
    rows: list[FinalRow]

    def count(self, met: bool | None) -> int:
        """How many of the pupils have, have not, or (None) need not."""
        return sum(row.met is met for row in self.rows)

    @property
    def categories(self) -> list[str]:
        """Those in which somebody has earned something."""
        return sorted({category for row in self.rows for category, amount in row.by_category.items() if amount})


def final_list(session: Session, *, settlement: Settlement, school: School) -> FinalList:
    """The school's list of the settlement's year: the settled one once it has been made."""
    lines = final_lines(session, settlement=settlement, school=school)
    if lines or settlement.state == "settled":
        return FinalList(settlement, school, True, [_settled_row(line) for line in lines])
    return FinalList(settlement, school, False, final_rows(session, school=school, year=settlement.academic_year))


def settle(session: Session, *, settlement: Settlement, now: datetime) -> Iterator[str]:
    """The year that an officer has settled is carried out, piece by piece; commit after each piece.

    Yields: the name of each piece, for a log. Worksheets that nobody approved count as refused: their awards of 0 are
    posted; then each school's list is made and its pupils' accounts are closed.
    """
    assert settlement.settled_by is not None
    for school in schools_to_settle(session, settlement=settlement):
        for happening, pupils in _open_worksheets(session, school, settlement.academic_year):
            _refuse(session, happening, pupils, settlement.settled_by, now)
            yield f"worksheets of {school.code}"
        _make_list(session, settlement, school, now)
        yield f"list of {school.code}"
    finish_settling(session, settlement=settlement, now=now)
    yield "settled"


def _make_list(session: Session, settlement: Settlement, school: School, now: datetime) -> None:
    year = settlement.academic_year
    _first, last = academic_year_bounds(year)
    refs = session.scalars(_place_of_year(school, year).with_only_columns(Student.account_ref)).all()
    # First the accounts are closed, then they are read: what a scan posts in between is either in the list or withheld.
    counts = close_accounts(session, account_refs=[ref for ref in refs if ref is not None], through=last, now=now)
    book = book_on(session, district_id=school.district_id, day=last)
    record_list(
        session,
        settlement=settlement,
        school=school,
        lines=(
            _line(row, row.student, counts, book.id if book is not None else "")
            for row in final_rows(session, school=school, year=year)
            if row.student is not None and row.student.account_ref in counts
        ),
        now=now,
    )


def _line(row: FinalRow, student: Student, counts: Mapping[str, int], rule_set: str) -> dict[str, Any]:
    assert student.account_ref is not None
    return {
        "student_id": student.id,
        "account_id": student.account_ref,
        "entry_count": counts[student.account_ref],
        "grade": row.grade,
        "class_name": row.class_name,
        "by_category": dict(row.by_category),
        "total": row.total,
        "target": row.target,
        "categories": row.categories,
        "venue_attendances": row.venue_attendances,
        "met": row.met,
        "missing": dict(row.missing),
        "rule_set": rule_set,
    }


def _row(place: Any, by_category: Mapping[str, int], attendances: int, stands: Standing | None) -> FinalRow:
    missing = {}
    if stands is not None:
        gaps = {
            "centicredits": stands.missing_centicredits,
            "categories": stands.missing_categories,
            "venue_attendances": stands.missing_venue_attendances,
        }
        missing = {name: gap for name, gap in gaps.items() if gap}
    return FinalRow(
        student=place.Student,
        grade=place.grade,
        class_name=place.class_name or "",
        by_category=by_category,
        total=sum(by_category.values()),
        target=stands.target.centicredits if stands is not None else None,
        categories=sum(amount > 0 for amount in by_category.values()),
        venue_attendances=attendances,
        met=stands.state == "on_target" if stands is not None else None,
        missing=missing,
    )


def _settled_row(line: SettlementLine) -> FinalRow:
    return FinalRow(
        student=line.student,
        grade=line.grade,
        class_name=line.class_name,
        by_category=line.by_category,
        total=line.total,
        target=line.target,
        categories=line.categories,
        venue_attendances=line.venue_attendances,
        met=line.met,
        missing=line.missing,
    )


def _place_of_year(school: School, year: str) -> Any:
    """The pupils whose last place of the academic year was in the school, with grade, joining day and class."""
    later = aliased(Enrolment)
    moved_on = exists().where(
        later.student_id == Enrolment.student_id,
        later.academic_year == year,
        or_(
            later.starts_on > Enrolment.starts_on,
            (later.starts_on == Enrolment.starts_on) & (later.id > Enrolment.id),
        ),
    )
    return (
        select(Student, Enrolment.grade, Enrolment.joined_on, SchoolClass.name.label("class_name"))
        .join(Enrolment, Enrolment.student_id == Student.id)
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(
            Enrolment.school_id == school.id,
            Enrolment.academic_year == year,
            ~moved_on,
            Student.account_ref.is_not(None),
        )
    )


def _list_key(place: Any) -> tuple[int, str, str, str, int]:
    student = place.Student
    return place.grade, place.class_name or "", student.student_no, student.sort_name, student.id


def _open_worksheets(session: Session, school: School, year: str) -> Iterator[tuple[Happening, list[Listed]]]:
    """Batches of the year's worksheets that nobody approved, where the book of the day asks for one."""
    pupils = _place_of_year(school, year).with_only_columns(Student.id)
    query: Any = (
        select(*HAPPENING_COLUMNS, *PRESENT_COLUMNS, Student.account_ref, School.district_id)
        .select_from(Attendance)
        .join(Occurrence, Occurrence.id == Attendance.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .join(Student, Student.id == Attendance.student_id)
        .outerjoin(Enrolment, enrolled_on(Attendance.attended_on))
        .join(School, School.id == func.coalesce(Enrolment.school_id, Student.school_id))
        .where(
            Attendance.student_id.in_(pupils),
            Attendance.state == "present",
            within(year),
            Attendance.worksheet.in_(("none", "submitted", "returned")),
            or_(undecided(), Attendance.worksheet == "returned"),
        )
        .order_by(Occurrence.id, Attendance.id)
    )
    rows = session.execute(query).all()
    stamp = session.scalar(select(latest_stamp()))
    asking: dict[tuple[int, date, int], bool] = {}
    batches: dict[int, list[Listed]] = {}
    happenings: dict[int, Happening] = {}
    for row in rows:
        happening = happening_of(row)
        key = (row.district_id, happening.occurs_on, happening.occurrence_id)
        if key not in asking:
            book = book_on(session, district_id=row.district_id, day=happening.occurs_on, stamp=stamp)
            asking[key] = book is not None and asks_for_worksheet(book, happening)
        if asking[key]:
            happenings[happening.occurrence_id] = happening
            batches.setdefault(happening.occurrence_id, []).append(_listed(row))
    for occurrence_id, waiting in batches.items():
        for start in range(0, len(waiting), BATCH):
            yield happenings[occurrence_id], waiting[start : start + BATCH]


def _listed(row: Any) -> Listed:
    """The pupil as deciding on a worksheet needs them: nobody reads this list, so it has no names."""
    return Listed(
        attendance_id=row.id,
        student_public_id="",
        name="",
        student_no="",
        school_name="",
        class_name="",
        present=present_of(row),
        to=Credited(row.account_ref, row.district_id),
        asks_for_worksheet=True,
    )


def _refuse(session: Session, happening: Happening, pupils: Iterable[Listed], by: User, now: datetime) -> None:
    decide_worksheets(
        session,
        happening=happening,
        pupils=list(pupils),
        decision="refused",
        remark=REMARK,
        decided_by=by,
        now=now,
    )
