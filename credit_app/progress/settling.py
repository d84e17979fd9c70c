"""The long work of settling a district's year.

`settle` is done in pieces that the caller commits one by one: a worksheet batch, then a school's list with its accounts
closed in one transaction. Whatever cuts it short, the next run goes on with the pieces that are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.crediting import Credited, asks_for_worksheet
from credit_app.attendance.facts import Happening
from credit_app.attendance.lists import PRESENT_COLUMNS, Listed, enrolled_on, present_of
from credit_app.attendance.models import Attendance
from credit_app.attendance.queries import HAPPENING_COLUMNS, happening_of
from credit_app.ledger.models import Settlement
from credit_app.ledger.settlements import schools_to_settle
from credit_app.ledger.settling import close_accounts, finish_settling, record_list
from credit_app.organisations.models import School, Venue
from credit_app.people.models import User
from credit_app.progress.final_lists import FinalRow, final_rows, place_of_year
from credit_app.progress.queries.figures import book_on, undecided, within
from credit_app.recognition.actions import BATCH, decide_worksheets
from credit_app.rule_books.queries import latest_stamp
from credit_app.rules.calendar import academic_year_bounds
from credit_app.schools.models import Enrolment, Student

# Stored with the review, and shown to whoever looks at the worksheet later.
REMARK = "学年结算时仍未通过，按未提交处理。"  # not translated: the words of the record


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
    refs = session.scalars(place_of_year(school, year).with_only_columns(Student.account_ref)).all()
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


def _open_worksheets(session: Session, school: School, year: str) -> Iterator[tuple[Happening, list[Listed]]]:
    """Batches of the year's worksheets that nobody approved, where the book of the day asks for one."""
    pupils = place_of_year(school, year).with_only_columns(Student.id)
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
