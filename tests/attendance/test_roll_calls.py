"""A class called at arrival and at departure: a stay for each pupil, no call twice, the scanned only surer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.actions import close_occurrence
from credit_app.attendance.models import RollCall, ScanEvent
from credit_app.attendance.roll_calls import OtherContent
from credit_app.errors import InvalidInput
from credit_app.verification import verify
from tests.attendance.doorway import attendances, entries, scan
from tests.attendance.leading import call
from tests.cast import Cast, today_at


def test_the_time_between_two_calls_is_the_stay_of_each_pupil(db_session: Session, cast: Cast) -> None:
    both = (cast.pupil, cast.classmate)
    call(db_session, cast, cast.visit, "arrival", today_at(13), both, own={"孙浩": today_at(13, 20)})
    called = call(db_session, cast, cast.visit, "departure", today_at(14), both, own={"林晓雨": today_at(13, 50)})

    assert {answer.status for answer in called.answers.values()} == {"checked_out"}
    stays = {each.name: [row.stayed_seconds // 60 for row in attendances(db_session, each)] for each in both}
    assert stays == {"林晓雨": [50], "孙浩": [40]}
    assert [row.proof for row in attendances(db_session, cast.pupil)] == ["roll_call"]
    assert entries(db_session, cast.pupil) == [("award", 50)]
    assert not list(verify(db_session))


def test_who_is_absent_is_nowhere(db_session: Session, cast: Cast) -> None:
    call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil,), (cast.classmate,))
    assert attendances(db_session, cast.classmate) == []


def test_a_call_of_somebody_who_scanned_changes_nothing_but_proof(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    call(db_session, cast, cast.visit, "arrival", today_at(13, 10), (cast.pupil,))
    (row,) = attendances(db_session, cast.pupil)
    assert (row.first_in_at, row.open_since_at, row.proof) == (today_at(13), today_at(13), "roll_call")
    scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    (row,) = attendances(db_session, cast.pupil)
    assert (row.stayed_seconds, row.proof) == (3600, "roll_call")


def test_the_same_call_again_changes_nothing_and_another_under_its_key_is_refused(
    db_session: Session, cast: Cast
) -> None:
    first = call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil,), key="k")
    again = call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil,), key="k", now=today_at(18))
    assert (first.again, again.again, again.call.id) == (False, True, first.call.id)
    with pytest.raises(OtherContent):
        call(db_session, cast, cast.visit, "arrival", today_at(13), (), (cast.pupil,), key="k")
    db_session.rollback()
    assert len(db_session.scalars(select(RollCall)).all()) == len(db_session.scalars(select(ScanEvent)).all()) == 1


@pytest.mark.parametrize("first", ["departure", "arrival"])
def test_calls_count_in_any_order_of_arrival_also_after_closing(db_session: Session, cast: Cast, first: str) -> None:
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(17))
    second = "arrival" if first == "departure" else "departure"
    at = {"arrival": today_at(13), "departure": today_at(14)}
    for moment in (first, second):
        called = call(db_session, cast, cast.visit, moment, at[moment], (cast.pupil,), now=today_at(19))
        assert not called.refused
    (row,) = attendances(db_session, cast.pupil)
    assert (row.stayed_seconds, row.end_assumed, row.open_since_at) == (3600, False, None)
    assert entries(db_session, cast.pupil) == [("award", 50)]
    assert not list(verify(db_session))


def test_a_class_gets_in_when_every_seat_is_taken(db_session: Session, cast: Cast) -> None:
    cast.visit.capacity = 1
    scan(db_session, cast.other_pupil, cast.visit, "in", today_at(13))
    called = call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil, cast.classmate))
    assert {answer.status for answer in called.answers.values()} == {"ok"}


def test_whom_the_occurrence_is_not_for_is_refused_by_name_and_the_others_count(
    db_session: Session, cast: Cast
) -> None:
    cast.visit.activity.grade_from = cast.visit.activity.grade_to = 9
    called = call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil,))
    assert {answer.status for answer in called.refused.values()} == {"not_eligible"}
    assert attendances(db_session, cast.pupil) == []


@pytest.mark.parametrize("correction_first", [False, True])
def test_a_correction_takes_back_whom_nothing_but_the_call_had_found(
    db_session: Session, cast: Cast, correction_first: bool
) -> None:
    scan(db_session, cast.classmate, cast.visit, "in", today_at(13))
    both = (cast.pupil, cast.classmate)
    calls = [(today_at(13, 5), both, ()), (today_at(13, 10), (), both)]
    for at, present, absent in reversed(calls) if correction_first else calls:
        call(db_session, cast, cast.visit, "arrival", at, present, absent, now=today_at(13, 15))
    assert [row.state for row in attendances(db_session, cast.pupil)] == ["voided"]
    assert [row.state for row in attendances(db_session, cast.classmate)] == ["present"]
    assert not list(verify(db_session))


@pytest.mark.parametrize(
    ("at", "now"),
    [
        (today_at(12, 29), today_at(13)),
        (today_at(17, 1), today_at(18)),
        (today_at(14, 6), today_at(14)),
    ],
)
def test_a_call_outside_of_the_occurrence_or_to_come_is_none(
    db_session: Session, cast: Cast, at: object, now: object
) -> None:
    with pytest.raises(InvalidInput):
        call(db_session, cast, cast.visit, "arrival", at, (cast.pupil,), now=now)  # type: ignore[arg-type]


def test_a_telephone_whose_clock_runs_ahead_a_little_has_called_now(db_session: Session, cast: Cast) -> None:
    at = today_at(13) + timedelta(minutes=4)
    called = call(db_session, cast, cast.visit, "arrival", at, (cast.pupil,), now=today_at(13), key="ahead")
    assert called.call.called_at == today_at(13)
    assert call(db_session, cast, cast.visit, "arrival", at, (cast.pupil,), now=today_at(15), key="ahead").again
