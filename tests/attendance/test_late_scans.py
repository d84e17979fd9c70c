"""Scans that arrive late, as an offline door's will: in any order they end in the same attendance and credits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.actions import Scan, close_occurrence, record_scan
from credit_app.attendance.answers import Answer
from credit_app.attendance.models import Attendance
from credit_app.ledger.queries import participation_records
from credit_app.rule_books.queries import every_book
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.attendance.doorway import attendances, context_of, entries, scan, statuses
from tests.cast import Cast, today_at

WEEK = timedelta(days=7)


def late(session: Session, student: Student, occurrence: Occurrence, direction: str, at: datetime) -> Answer:
    """A scan whose time is `at`, and which arrives a week later."""
    return scan(session, student, occurrence, direction, at, told_after=WEEK)


def outcome(session: Session, student: Student) -> list[tuple[object, ...]]:
    """What the attendances and the ledger say, whatever led there."""
    rows = attendances(session, student)
    times = [(row.first_in_at, row.open_since_at, row.last_out_at, row.stayed_seconds, row.end_assumed) for row in rows]
    nets = [
        (record.category, record.net_centicredits)
        for record in participation_records(session, account_ref=student.account_ref, year="2026-2027")
    ]
    return [*times, *nets]


VISIT = (("in", 13, 0), ("out", 13, 20), ("in", 13, 30), ("out", 14, 10))
EVERY_ORDER = list(permutations(range(4)))


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_any_order_of_arrival_ends_in_the_same_stay_and_credit(db_session: Session, cast: Cast, closed: bool) -> None:
    """Two stays of 20 and 40 minutes make 60: 0.5. Every order of the four scans, before and after closing."""
    expected: tuple[object, ...] = (today_at(13), None, today_at(14, 10), 3600, False)
    for order in EVERY_ORDER:
        point = db_session.begin_nested()
        if closed:
            close_occurrence(db_session, occurrence=cast.visit, now=today_at(17))
        for number in order:
            direction, hour, minute = VISIT[number]
            _arrive(db_session, cast.pupil, cast.visit, direction, today_at(hour, minute))
        assert outcome(db_session, cast.pupil) == [expected, ("venue_visit", 50)], order
        assert not list(verify(db_session)), order
        point.rollback()
        db_session.expire_all()


def _arrive(session: Session, student: Student, occurrence: Occurrence, direction: str, at: datetime) -> None:
    """As `late`, within the transaction of the test."""
    key = f"{direction}-{at.isoformat()}"
    record_scan(
        session,
        context=context_of(session, student, occurrence, key),
        scan=Scan("claim", key, direction, "staff_scan", at),
        now=at + WEEK,
    )


def test_a_scan_seen_twice_by_two_devices_counts_once(db_session: Session, cast: Cast) -> None:
    assert late(db_session, cast.pupil, cast.visit, "in", today_at(13)).status == "ok"
    assert late(db_session, cast.pupil, cast.visit, "in", today_at(13, 30)).status == "already"
    # The other device saw the pupil leave in between: the second "in" was no repetition after all.
    assert late(db_session, cast.pupil, cast.visit, "out", today_at(13, 20)).status == "checked_out"
    assert attendances(db_session, cast.pupil)[0].open_since_at == today_at(13, 30)
    assert late(db_session, cast.pupil, cast.visit, "out", today_at(14, 10)).params["gained"] == 50
    assert not list(verify(db_session))


def test_a_check_out_that_arrives_after_closing_replaces_the_assumed_end(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    assert close_occurrence(db_session, occurrence=cast.visit, now=today_at(17)) == 1
    db_session.commit()
    assert late(db_session, cast.pupil, cast.visit, "out", today_at(14)).params["gained"] == 50
    assert [(row.end_assumed, row.stayed_seconds) for row in attendances(db_session, cast.pupil)] == [(False, 3600)]
    assert not list(verify(db_session))


def test_a_check_in_that_arrives_after_closing_waits_for_a_confirmed_end(db_session: Session, cast: Cast) -> None:
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(17))
    db_session.commit()
    assert late(db_session, cast.pupil, cast.visit, "in", today_at(13)).status == "ok"
    (row,) = attendances(db_session, cast.pupil)
    assert (row.open_since_at, row.end_assumed) == (None, True)
    assert entries(db_session, cast.pupil) == []
    assert not list(verify(db_session))


def test_a_code_scanned_after_closing_is_refused_however_late_it_arrives(db_session: Session, cast: Cast) -> None:
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(14))
    db_session.commit()
    assert late(db_session, cast.pupil, cast.visit, "in", today_at(14)).status == "closed"
    assert late(db_session, cast.pupil, cast.visit, "in", today_at(13, 59)).status == "ok"
    assert statuses(db_session) == ["closed", "ok"]


def test_a_late_scan_is_judged_by_the_book_of_the_day_of_the_event(db_session: Session, cast: Cast) -> None:
    """SCHEME, example 11: a visit on the last day of a rule set's term, whose scan arrives when the term is over."""
    (book,) = every_book(db_session)
    last = book.until
    assert last is not None
    assert last > date(2026, 10, 17)
    run = cast.visit
    moved = last - run.occurs_on
    run.starts_at, run.ends_at, run.occurs_on = run.starts_at + moved, run.ends_at + moved, last
    db_session.commit()
    came = today_at(13) + moved
    assert late(db_session, cast.pupil, run, "out", came + timedelta(minutes=50)).status == "not_checked_in"
    assert late(db_session, cast.pupil, run, "in", came).params["gained"] == 50
    attended = db_session.scalars(select(Attendance)).one()
    assert attended.attended_on == last
    assert not list(verify(db_session))


def test_a_late_scan_moves_what_came_after_it(db_session: Session, cast: Cast) -> None:
    """An earlier lecture takes its place in the order; the visit's amount stays, and its steps tell of the lecture."""
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    assert late(db_session, cast.pupil, cast.lecture, "in", today_at(9)).params["gained"] == 30
    assert sorted(entries(db_session, cast.pupil)) == [("adjustment", 0), ("award", 30), ("award", 50)]
    assert not list(verify(db_session))
