"""A scan at the door: always stored, decided on separately, and answered the same however often it is sent."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credit_app.activities.actions import decide_on_activity
from credit_app.activities.models import Occurrence
from credit_app.attendance.actions import close_occurrence
from credit_app.attendance.models import Attendance, ScanEvent
from credit_app.schools.actions import end_enrolment
from credit_app.verification import verify
from tests.attendance.doorway import attendances, entries, scan, statuses
from tests.cast import TODAY, Cast, today_at

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def test_a_lecture_is_credited_at_check_in(db_session: Session, cast: Cast) -> None:
    answer = scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    assert (answer.status, answer.params["state"], answer.params["gained"]) == ("ok", "awarded", 30)
    assert entries(db_session, cast.pupil) == [("award", 30)]


def test_a_visit_of_45_minutes_is_credited_at_check_out(db_session: Session, cast: Cast) -> None:
    came = scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    assert came.status == "ok"
    assert came.params["state"] == "pending"
    assert came.params["could_earn"] == 50
    assert came.params["awaits_check_out"] is True
    assert entries(db_session, cast.pupil) == []
    left = scan(db_session, cast.pupil, cast.visit, "out", today_at(13, 45))
    assert (left.status, left.params["gained"], left.params["stayed_minutes"]) == ("checked_out", 50, 45)
    assert entries(db_session, cast.pupil) == [("award", 50)]


def test_a_visit_of_a_second_less_is_refused_and_says_by_how_much(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    left = scan(db_session, cast.pupil, cast.visit, "out", today_at(13, 45) - SECOND)
    assert (left.status, left.params["gained"], left.params["stayed_minutes"]) == ("checked_out", 0, 44)
    assert left.params["reason"] == "dwell_too_short"
    assert [(step.code, step.params["minutes"], step.after) for step in left.missing] == [("stay_longer", 1, 50)]


def test_coming_back_in_adds_to_the_stay_and_the_difference_is_posted(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    scan(db_session, cast.pupil, cast.visit, "out", today_at(13, 30))
    assert scan(db_session, cast.pupil, cast.visit, "in", today_at(14)).status == "ok"
    left = scan(db_session, cast.pupil, cast.visit, "out", today_at(14, 15))
    assert (left.params["stayed_minutes"], left.params["gained"]) == (45, 50)
    assert entries(db_session, cast.pupil) == [("award", 0), ("adjustment", 50)]
    assert len(attendances(db_session, cast.pupil)) == 1


def test_a_second_check_in_says_since_when_and_is_no_error(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13, 2))
    again = scan(db_session, cast.pupil, cast.visit, "in", today_at(13, 20))
    assert again.good
    assert again.status == "already"
    assert datetime.fromisoformat(again.params["at"]) == today_at(13, 2)
    assert attendances(db_session, cast.pupil)[0].open_since_at == today_at(13, 2)


def test_a_second_check_out_changes_nothing(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    again = scan(db_session, cast.pupil, cast.visit, "out", today_at(15))
    assert (again.status, again.good) == ("already_out", True)
    assert attendances(db_session, cast.pupil)[0].last_out_at == today_at(14)
    assert entries(db_session, cast.pupil) == [("award", 50)]


@pytest.mark.parametrize(
    ("direction", "at", "status"),
    [
        ("in", today_at(12, 30) - SECOND, "too_early"),
        ("in", today_at(12, 30), "ok"),
        ("in", today_at(16), "ok"),
        ("in", today_at(16) + SECOND, "closed"),
        ("out", today_at(13), "not_checked_in"),
    ],
)
def test_the_door_opens_half_an_hour_before_and_ends_with_the_activity(
    db_session: Session, cast: Cast, direction: str, at: datetime, status: str
) -> None:
    assert scan(db_session, cast.pupil, cast.visit, direction, at).status == status
    assert statuses(db_session) == [status]
    assert bool(attendances(db_session, cast.pupil)) == (status == "ok")


@pytest.mark.parametrize(("after_the_end", "status"), [(60 * MINUTE, "checked_out"), (60 * MINUTE + SECOND, "closed")])
def test_who_is_inside_may_leave_until_an_hour_after_the_end(
    db_session: Session, cast: Cast, after_the_end: timedelta, status: str
) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    assert scan(db_session, cast.pupil, cast.visit, "out", today_at(16) + after_the_end).status == status


def test_a_full_occurrence_lets_nobody_else_in_and_everybody_out(db_session: Session, cast: Cast) -> None:
    cast.visit.capacity = 1
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    assert scan(db_session, cast.classmate, cast.visit, "in", today_at(13)).status == "full"
    assert attendances(db_session, cast.classmate) == []
    assert scan(db_session, cast.pupil, cast.visit, "out", today_at(13, 10)).status == "checked_out"
    # The seat stays the pupil's, who may come back in.
    assert scan(db_session, cast.classmate, cast.visit, "in", today_at(13, 11)).status == "full"
    assert scan(db_session, cast.pupil, cast.visit, "in", today_at(13, 12)).status == "ok"


@pytest.mark.parametrize(
    ("grade_from", "grade_to", "status"), [(1, 4, "not_eligible"), (5, 5, "ok"), (6, 9, "not_eligible")]
)
def test_an_activity_lets_in_its_own_grades(
    db_session: Session, cast: Cast, grade_from: int, grade_to: int, status: str
) -> None:
    cast.visit.activity.grade_from, cast.visit.activity.grade_to = grade_from, grade_to
    assert scan(db_session, cast.pupil, cast.visit, "in", today_at(13)).status == status


def test_a_cancelled_occurrence_lets_nobody_in(db_session: Session, cast: Cast) -> None:
    cast.visit.status = "cancelled"
    assert scan(db_session, cast.pupil, cast.visit, "in", today_at(13)).status == "cancelled"


def test_a_withdrawn_activity_lets_nobody_in_and_who_is_inside_out(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    decide_on_activity(
        db_session,
        activity=cast.visit.activity,
        decision="withdrawn",
        remark="设备检修",
        decided_by=cast.officer,
        now=today_at(13, 5),
    )
    assert scan(db_session, cast.classmate, cast.visit, "in", today_at(13, 6)).status == "cancelled"
    assert scan(db_session, cast.pupil, cast.visit, "out", today_at(13, 50)).params["gained"] == 50


def test_who_is_in_no_school_that_day_is_told_whom_to_ask(db_session: Session, cast: Cast) -> None:
    end_enrolment(db_session, student=cast.pupil, ends_on=TODAY.replace(day=16))
    assert scan(db_session, cast.pupil, cast.visit, "in", today_at(13)).status == "not_enrolled"


def test_who_leaves_the_school_between_check_in_and_check_out_is_still_credited(
    db_session: Session, cast: Cast
) -> None:
    """A roster that is imported in the afternoon takes nothing from who was there."""
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    end_enrolment(db_session, student=cast.pupil, ends_on=TODAY.replace(day=16))
    assert scan(db_session, cast.pupil, cast.visit, "out", today_at(13, 45)).params["gained"] == 50


def test_a_repeated_request_gets_its_first_answer(db_session: Session, cast: Cast) -> None:
    """Also when the rules of the door would answer otherwise by now."""
    first = scan(db_session, cast.pupil, cast.lecture, "in", today_at(9), key="nonce")
    cast.lecture.status = "closed"
    cast.lecture.capacity = 1
    assert scan(db_session, cast.pupil, cast.lecture, "in", today_at(9), key="nonce") == first
    assert statuses(db_session) == ["ok"]
    assert entries(db_session, cast.pupil) == [("award", 30)]


def test_a_refusal_is_repeated_too(db_session: Session, cast: Cast) -> None:
    assert scan(db_session, cast.pupil, cast.visit, "in", today_at(12), key="nonce").status == "too_early"
    assert scan(db_session, cast.pupil, cast.visit, "in", today_at(13), key="nonce").status == "too_early"
    assert statuses(db_session) == ["too_early"]


def test_a_claim_that_one_account_used_is_refused_to_a_second(db_session: Session, cast: Cast) -> None:
    first = scan(db_session, cast.pupil, cast.lecture, "in", today_at(9), key="nonce")
    for _ in range(2):
        assert scan(db_session, cast.classmate, cast.lecture, "in", today_at(9), key="nonce").status == "claim_used"
    assert attendances(db_session, cast.classmate) == []
    assert entries(db_session, cast.classmate) == []
    assert statuses(db_session) == ["ok", "claim_used"]
    # The first account's answer is still its own.
    assert scan(db_session, cast.pupil, cast.lecture, "in", today_at(9), key="nonce") == first


@pytest.mark.parametrize(("told_after", "status"), [(5 * MINUTE, "ok"), (5 * MINUTE + SECOND, "claim_timeout")])
def test_a_claim_is_good_for_five_minutes_and_its_time_is_that_of_the_scan(
    db_session: Session, cast: Cast, told_after: timedelta, status: str
) -> None:
    answer = scan(db_session, cast.pupil, cast.visit, "in", today_at(13), told_after=told_after, valid_for=5 * MINUTE)
    assert answer.status == status
    assert [row.first_in_at for row in attendances(db_session, cast.pupil)] == (
        [today_at(13)] if status == "ok" else []
    )
    event = db_session.scalars(select(ScanEvent)).one()
    assert (event.scanned_at, event.received_at) == (today_at(13), today_at(13) + told_after)


def test_a_used_claim_gets_its_answer_even_when_its_time_is_over(db_session: Session, cast: Cast) -> None:
    first = scan(db_session, cast.pupil, cast.visit, "in", today_at(13), key="nonce", valid_for=5 * MINUTE)
    late = scan(
        db_session, cast.pupil, cast.visit, "in", today_at(13), key="nonce", told_after=MINUTE * 9, valid_for=5 * MINUTE
    )
    assert late == first


def test_a_check_in_that_was_opened_first_and_confirmed_last_counts_no_minute_twice(
    db_session: Session, cast: Cast
) -> None:
    """Two codes opened at 13:00 and 13:01; the second confirmed, the pupil out at 13:04, then the first confirmed."""
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13, 1))
    scan(db_session, cast.pupil, cast.visit, "out", today_at(13, 4))
    late = scan(db_session, cast.pupil, cast.visit, "in", today_at(13), told_after=5 * MINUTE)
    assert late.status == "ok"
    (attendance,) = attendances(db_session, cast.pupil)
    assert (attendance.first_in_at, attendance.stayed_seconds) == (today_at(13), 4 * 60)
    assert attendance.open_since_at is None
    assert not list(verify(db_session))


def test_a_check_out_that_was_opened_before_the_check_in_ends_nothing(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13, 5))
    early = scan(db_session, cast.pupil, cast.visit, "out", today_at(13, 4), told_after=2 * MINUTE)
    assert early.status == "not_checked_in"
    assert attendances(db_session, cast.pupil)[0].open_since_at == today_at(13, 5)
    assert not list(verify(db_session))


def test_without_a_rule_set_the_attendance_stands_and_its_credit_waits(db_session: Session, cast: Cast) -> None:
    run = db_session.get_one(Occurrence, cast.lecture.id)
    moved = timedelta(days=366 * 3)
    run.starts_at, run.ends_at, run.occurs_on = run.starts_at + moved, run.ends_at + moved, run.occurs_on + moved
    answer = scan(db_session, cast.pupil, run, "in", today_at(9) + moved)
    assert (answer.status, answer.params["reason"]) == ("ok", "no_rule_set")
    assert len(attendances(db_session, cast.pupil)) == 1
    assert entries(db_session, cast.pupil) == []


def test_closing_assumes_the_ends_that_nobody_scanned(db_session: Session, cast: Cast) -> None:
    """Who never checked out waits for a confirmed end; who left before coming back keeps the end that was scanned."""
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    scan(db_session, cast.classmate, cast.visit, "in", today_at(13))
    scan(db_session, cast.classmate, cast.visit, "out", today_at(14))
    scan(db_session, cast.classmate, cast.visit, "in", today_at(15))
    assert close_occurrence(db_session, occurrence=cast.visit, now=today_at(17)) == 1
    db_session.commit()
    rows = {row.student_id: row for row in db_session.scalars(select(Attendance))}
    assert (rows[cast.pupil.id].end_assumed, rows[cast.pupil.id].open_since_at) == (True, None)
    assert (rows[cast.classmate.id].end_assumed, rows[cast.classmate.id].stayed_seconds) == (False, 3600)
    assert entries(db_session, cast.pupil) == []
    assert scan(db_session, cast.pupil, cast.visit, "out", today_at(17)).status == "closed"
    assert not list(verify(db_session))


def test_closing_leaves_alone_what_was_credited_at_check_in(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    assert close_occurrence(db_session, occurrence=cast.lecture, now=today_at(12)) == 0
    db_session.commit()
    assert entries(db_session, cast.pupil) == [("award", 30)]
    assert not list(verify(db_session))


def test_times_that_do_not_follow_from_the_scans_are_named(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    db_session.execute(update(Attendance).values(first_in_at=today_at(8)))
    db_session.commit()
    assert [finding.invariant for finding in verify(db_session)] == ["I2"]
