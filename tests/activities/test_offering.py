"""An activity from draft to publication: who may change what when, and what is refused with which message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.activities import actions
from credit_app.activities.models import Activity, ActivityReview
from credit_app.errors import Conflict, InvalidInput
from credit_app.extensions import db
from tests.activities.making import OUTLINE, decide, draft, published, submitted, with_run
from tests.cast import MADE_AT, Cast, today_at


@pytest.mark.parametrize(
    ("outline", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "长" * 81}, "title"),
        ({"summary": "字" * 2001}, "summary"),
        ({"grade_from": 0}, "grade_to"),
        ({"grade_to": 10}, "grade_to"),
        ({"grade_from": 6, "grade_to": 3}, "grade_to"),
    ],
)
def test_an_outline_that_is_wrong_is_refused_at_its_field(
    db_session: Session, cast: Cast, outline: dict[str, Any], field: str
) -> None:
    before = db_session.scalar(select(func.count()).select_from(Activity))
    with pytest.raises(InvalidInput) as refusal:
        draft(db_session, cast, **outline)
    assert refusal.value.field == field
    assert db_session.scalar(select(func.count()).select_from(Activity)) == before


def test_the_longest_title_and_summary_are_kept_whole(db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast, title="长" * 80, summary="字" * 2000)
    assert (activity.title, activity.summary) == ("长" * 80, "字" * 2000)


@pytest.mark.parametrize(
    ("run", "field"),
    [
        ({"ends_at": today_at(14)}, "ends_at"),
        ({"ends_at": today_at(13, 59)}, "ends_at"),
        ({"ends_at": today_at(14) + timedelta(hours=14, minutes=1)}, "ends_at"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": -3}, "capacity"),
        ({"capacity": 50_001}, "capacity"),
        ({"room": "楼" * 61}, "room"),
    ],
)
def test_a_run_that_is_wrong_is_refused_at_its_field(
    db_session: Session, cast: Cast, run: dict[str, Any], field: str
) -> None:
    activity = draft(db_session, cast)
    with pytest.raises(InvalidInput) as refusal:
        with_run(db_session, activity, **run)
    assert refusal.value.field == field
    db_session.flush()
    assert activity.occurrences == []


def test_a_run_may_last_fourteen_hours_and_hold_one(db_session: Session, cast: Cast) -> None:
    run = with_run(db_session, draft(db_session, cast), ends_at=today_at(14) + timedelta(hours=14), capacity=1)
    assert (run.planned_minutes, run.capacity) == (840, 1)


def test_a_run_after_midnight_belongs_to_the_local_day_on_which_it_starts(db_session: Session, cast: Cast) -> None:
    start = today_at(0, 30)  # 16:30 of the day before in UTC
    run = with_run(db_session, draft(db_session, cast), starts_at=start, ends_at=start + timedelta(hours=1))
    assert run.occurs_on == start.date()


def test_what_is_submitted_has_a_run_to_come(db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast)
    with pytest.raises(InvalidInput, match="invalid_input") as refusal:
        actions.submit_activity(db_session, activity=activity, now=MADE_AT)
    assert "场次" in str(refusal.value.message)
    with_run(db_session, activity)
    with pytest.raises(InvalidInput):
        actions.submit_activity(db_session, activity=activity, now=today_at(16))
    actions.submit_activity(db_session, activity=activity, now=today_at(15, 59))
    assert activity.status == "submitted"


def change_outline(session: Session, activity: Activity) -> None:
    actions.edit_activity(session, activity=activity, outline=OUTLINE)


def change_run(session: Session, activity: Activity) -> None:
    actions.change_occurrence(
        session, occurrence=activity.occurrences[0], starts_at=today_at(9), ends_at=today_at(10), room="北门"
    )


def remove_run(session: Session, activity: Activity) -> None:
    actions.remove_occurrence(session, occurrence=activity.occurrences[0])


def add_run(session: Session, activity: Activity) -> None:
    with_run(session, activity, starts_at=today_at(18), ends_at=today_at(19))


Step = Callable[[Session, Activity], None]


@pytest.mark.parametrize("step", [change_outline, change_run, remove_run, add_run])
def test_nothing_changes_while_the_bureau_looks_at_it(db_session: Session, cast: Cast, step: Step) -> None:
    activity = submitted(db_session, cast)
    with pytest.raises(Conflict) as refusal:
        step(db_session, activity)
    assert "撤回" in str(refusal.value.message)
    assert (activity.title, len(activity.occurrences)) == (OUTLINE.title, 1)


@pytest.mark.parametrize("step", [change_outline, change_run, remove_run])
def test_what_was_published_stays_as_it_was_read(db_session: Session, cast: Cast, step: Step) -> None:
    with pytest.raises(Conflict):
        step(db_session, published(db_session, cast))


@pytest.mark.parametrize("step", [change_outline, change_run, remove_run, add_run])
def test_a_returned_activity_can_be_changed_and_submitted_again(db_session: Session, cast: Cast, step: Step) -> None:
    activity = submitted(db_session, cast)
    decide(db_session, activity, "returned", cast, "请补充安全预案。")
    step(db_session, activity)
    if step is remove_run:
        assert activity.occurrences == []
        add_run(db_session, activity)
    actions.submit_activity(db_session, activity=activity, now=today_at(8))
    assert activity.status == "submitted"


def test_a_changed_run_has_a_new_day_as_well_as_a_new_time(db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast)
    run = with_run(db_session, activity)
    tomorrow = today_at(9) + timedelta(days=1)
    actions.change_occurrence(
        db_session, occurrence=run, starts_at=tomorrow, ends_at=tomorrow + timedelta(hours=1), capacity=12
    )
    assert (run.occurs_on, run.planned_minutes, run.capacity) == (tomorrow.date(), 60, 12)


def test_the_organiser_may_take_back_what_nobody_has_decided_on(db_session: Session, cast: Cast) -> None:
    activity = submitted(db_session, cast)
    actions.recall_activity(db_session, activity=activity)
    assert activity.status == "draft"
    with pytest.raises(Conflict):
        actions.recall_activity(db_session, activity=activity)


def test_published_runs_are_added_and_cancelled_but_withdrawn_ones_are_not(db_session: Session, cast: Cast) -> None:
    activity = published(db_session, cast)
    add_run(db_session, activity)
    actions.cancel_occurrence(db_session, occurrence=activity.occurrences[1], now=today_at(17, 59))
    assert [run.status for run in activity.occurrences] == ["scheduled", "cancelled"]
    decide(db_session, activity, "withdrawn", cast, "内容与申报不符。")
    with pytest.raises(Conflict):
        add_run(db_session, activity)


def test_a_run_that_has_begun_is_not_cancelled(db_session: Session, cast: Cast) -> None:
    activity = published(db_session, cast)
    with pytest.raises(Conflict):
        actions.cancel_occurrence(db_session, occurrence=activity.occurrences[0], now=today_at(14))
    assert activity.occurrences[0].status == "scheduled"


def test_a_run_of_a_draft_is_removed_not_cancelled(db_session: Session, cast: Cast) -> None:
    run = with_run(db_session, draft(db_session, cast))
    with pytest.raises(Conflict):
        actions.cancel_occurrence(db_session, occurrence=run, now=MADE_AT)


def test_withdrawing_cancels_what_is_to_come_and_leaves_what_is_going_on(db_session: Session, cast: Cast) -> None:
    activity = submitted(db_session, cast)
    db_session.flush()
    actions.recall_activity(db_session, activity=activity)
    with_run(db_session, activity, starts_at=today_at(7), ends_at=today_at(9))
    actions.submit_activity(db_session, activity=activity, now=MADE_AT)
    decide(db_session, activity, "approved", cast)
    decide(db_session, activity, "withdrawn", cast, "场地出现安全隐患。")  # at 8:00
    assert {run.starts_at: run.status for run in activity.occurrences} == {
        today_at(7): "scheduled",
        today_at(14): "cancelled",
    }


@pytest.mark.parametrize("decision", ["returned", "withdrawn"])
@pytest.mark.parametrize("remark", ["", "   \n "])
def test_a_refusal_gives_its_reason(db_session: Session, cast: Cast, decision: str, remark: str) -> None:
    activity = submitted(db_session, cast) if decision == "returned" else published(db_session, cast)
    before = activity.status
    with pytest.raises(InvalidInput) as refusal:
        decide(db_session, activity, decision, cast, remark)
    assert refusal.value.field == "remark"
    assert activity.status == before


def test_a_remark_has_an_end(db_session: Session, cast: Cast) -> None:
    activity = submitted(db_session, cast)
    with pytest.raises(InvalidInput) as refusal:
        decide(db_session, activity, "returned", cast, "改" * 501)
    assert refusal.value.field == "remark"
    decide(db_session, activity, "returned", cast, "改" * 500)
    assert [len(review.remark) for review in activity.reviews] == [500]


@pytest.mark.parametrize("decision", ["approved", "returned"])
def test_what_has_been_decided_is_not_decided_again(db_session: Session, cast: Cast, decision: str) -> None:
    activity = published(db_session, cast)
    with pytest.raises(Conflict):
        decide(db_session, activity, decision, cast, "再看一次")
    assert [review.decision for review in activity.reviews] == ["approved"]


def test_two_officers_decide_at_once_and_one_of_them_is_told(app: Flask, db_session: Session, cast: Cast) -> None:
    """The second waits for the first; without the lock both would read "submitted" and both would have decided."""
    activity = submitted(db_session, cast)
    db_session.commit()
    activity_id, officer_id = activity.id, cast.second_officer.id
    told: list[str] = []

    def second() -> None:
        with app.app_context():
            try:
                actions.decide_on_activity(
                    db.session(),
                    activity=db.session.get_one(Activity, activity_id),
                    decision="returned",
                    remark="请补充说明。",
                    decided_by=db.session.get_one(type(cast.second_officer), officer_id),
                    now=today_at(8),
                )
                db.session.commit()
                told.append("decided")
            except Conflict:
                db.session.rollback()
                told.append("conflict")

    decide(db_session, activity, "approved", cast)
    other = Thread(target=second)
    other.start()
    other.join(timeout=0.5)
    assert told == []  # it is waiting
    db_session.commit()
    other.join(timeout=10)
    assert told == ["conflict"]
    assert db_session.scalars(
        select(ActivityReview.decision).where(ActivityReview.activity_id == activity_id)
    ).all() == ["approved"]
