"""Deciding on worksheets: what is approved earns, what is returned is taken back, and nothing is decided twice."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.lists import Listed
from credit_app.attendance.models import Attendance
from credit_app.errors import InvalidInput
from credit_app.recognition.actions import BATCH, Decided, decide_worksheets
from credit_app.recognition.models import WorksheetReview
from credit_app.recognition.queries import latest_reviews
from tests.cast import Cast, today_at
from tests.recognition.deciding import EVENING, decide, entries, listed
from tests.scenes import stay


def test_approved_earns_what_two_planned_hours_are_worth(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 36))  # 96 of 120 minutes
    assert entries(db_session, cast.pupil) == []

    assert decide(db_session, cast, "approved") == Decided(changed=1, centicredits=100)

    assert entries(db_session, cast.pupil) == [("award", "inquiry_course", 100)]


def test_approved_after_too_short_a_stay_earns_nothing(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 35))  # 95 of the 96 asked for

    assert decide(db_session, cast, "approved") == Decided(changed=1, centicredits=0)

    kinds = entries(db_session, cast.pupil)
    assert kinds[0] == ("award", "inquiry_course", 0)
    assert sum(amount for _, _, amount in kinds) == 0


def test_approving_twice_changes_nothing(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    decide(db_session, cast, "approved")

    assert decide(db_session, cast, "approved") == Decided()

    assert entries(db_session, cast.pupil) == [("award", "inquiry_course", 100)]
    assert db_session.scalar(select(func.count()).select_from(WorksheetReview)) == 1


def test_returned_after_approved_takes_back_and_approved_again_gives_again(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    decide(db_session, cast, "approved")

    assert decide(db_session, cast, "returned") == Decided(changed=1, centicredits=-100)
    assert entries(db_session, cast.pupil) == [
        ("award", "inquiry_course", 100),
        ("adjustment", "inquiry_course", -100),
    ]

    assert decide(db_session, cast, "approved") == Decided(changed=1, centicredits=100)
    assert sum(amount for _, _, amount in entries(db_session, cast.pupil)) == 100


def test_refused_for_good_is_decided_at_nothing(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))

    assert decide(db_session, cast, "refused") == Decided(changed=1, centicredits=0)

    assert entries(db_session, cast.pupil) == [("award", "inquiry_course", 0)]


def test_a_presence_that_is_still_held_earns_nothing_yet(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    db_session.scalars(select(Attendance)).one().state = "held"
    db_session.commit()

    assert decide(db_session, cast, "approved") == Decided(changed=1, centicredits=0)

    assert entries(db_session, cast.pupil) == []


def test_the_newest_review_is_told_with_who_decided(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    decide(db_session, cast, "approved")
    decide(db_session, cast, "returned")
    (pupil,) = listed(db_session, cast, cast.course).pupils

    review = latest_reviews(db_session, attendance_ids=[pupil.attendance_id])[pupil.attendance_id]

    assert (review.decision, review.remark, review.decided_by.display_name) == (
        "returned",
        "第三题没有写结论",
        "周老师",
    )


@pytest.mark.parametrize(
    ("decision", "remark"), [("returned", ""), ("returned", "  \n "), ("refused", ""), ("approved", "字" * 201)]
)
def test_a_return_needs_a_reason_and_no_remark_is_longer_than_it_may_be(
    db_session: Session, cast: Cast, decision: str, remark: str
) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    found = listed(db_session, cast, cast.course)

    with pytest.raises(InvalidInput) as refusal:
        decide_worksheets(
            db_session,
            happening=found.happening,
            pupils=found.pupils,
            decision=decision,
            remark=remark,
            decided_by=cast.homeroom_teacher,
            now=EVENING,
        )

    assert refusal.value.field == "remark"
    assert db_session.scalar(select(func.count()).select_from(WorksheetReview)) == 0


def test_more_than_a_batch_is_a_slip_of_the_caller(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    found = listed(db_session, cast, cast.course)
    many: list[Listed] = found.pupils * (BATCH + 1)

    with pytest.raises(ValueError, match="at most 50"):
        decide_worksheets(
            db_session,
            happening=found.happening,
            pupils=many,
            decision="approved",
            remark="",
            decided_by=cast.homeroom_teacher,
            now=EVENING,
        )
