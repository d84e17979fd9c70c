"""What organisers and bureaus find of the programme: theirs, in order, and nothing of others'."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from credit_app.activities import actions, queries
from credit_app.activities.models import Activity
from credit_app.errors import NotFound
from tests.activities.making import decide, draft, published, submitted, with_run
from tests.cast import MADE_AT, Cast, today_at
from tests.statements import count_statements


def test_an_activity_is_its_organisers_alone(db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast)
    run = with_run(db_session, activity)
    assert (
        queries.activity_for_organiser(db_session, public_id=activity.public_id, venue_ids=[cast.venue.id]) is activity
    )
    assert queries.occurrence_for_organiser(db_session, public_id=run.public_id, venue_ids=[cast.venue.id]) is run
    for find, thing in (
        (queries.activity_for_organiser, activity),
        (queries.occurrence_for_organiser, run),
    ):
        with pytest.raises(NotFound):
            find(db_session, public_id=thing.public_id, venue_ids=[cast.other_venue.id])
        with pytest.raises(NotFound):
            find(db_session, public_id=thing.public_id)
        with pytest.raises(NotFound):
            find(db_session, public_id="nosuchthing", venue_ids=[cast.venue.id])


def test_a_bureau_finds_what_was_submitted_in_its_district_and_no_drafts(db_session: Session, cast: Cast) -> None:
    waiting, unfinished = submitted(db_session, cast), draft(db_session, cast)
    own, others = [cast.district.id], [cast.other_district.id]
    assert queries.review_queue(db_session, district_ids=own) == [waiting]
    assert queries.review_queue(db_session, district_ids=others) == []
    assert queries.activity_for_bureau(db_session, district_ids=own, public_id=waiting.public_id) is waiting
    for districts, activity in ((others, waiting), (own, unfinished)):
        with pytest.raises(NotFound):
            queries.activity_for_bureau(db_session, district_ids=districts, public_id=activity.public_id)


def test_what_was_taken_back_is_out_of_the_bureaus_sight(db_session: Session, cast: Cast) -> None:
    activity = submitted(db_session, cast)
    actions.recall_activity(db_session, activity=activity)
    assert queries.review_queue(db_session, district_ids=[cast.district.id]) == []
    with pytest.raises(NotFound):
        queries.activity_for_bureau(db_session, district_ids=[cast.district.id], public_id=activity.public_id)


def test_the_queue_begins_with_who_has_waited_longest(db_session: Session, cast: Cast) -> None:
    later, sooner = draft(db_session, cast, title="后交的"), draft(db_session, cast, title="先交的")
    for activity, hour in ((later, 9), (sooner, 8)):
        with_run(db_session, activity)
        actions.submit_activity(db_session, activity=activity, now=today_at(hour))
    assert queries.review_queue(db_session, district_ids=[cast.district.id]) == [sooner, later]


def test_runs_are_those_that_go_on_in_the_interval(db_session: Session, cast: Cast) -> None:
    def titles(first: int, before: int) -> list[str]:
        found = queries.runs_between(
            db_session, venue_ids=[cast.venue.id], ends_after=today_at(first), starts_before=today_at(before)
        )
        return [run.activity.title for run in found]

    draft_run = with_run(db_session, draft(db_session, cast))
    assert draft_run.starts_at == today_at(14)
    assert titles(0, 23) == ["海洋为什么是蓝的", "动手做一台净水器", "周末参观"]  # 9, 10 and 13 o'clock, no draft
    assert titles(9, 10) == ["海洋为什么是蓝的"]
    # The lecture lasts until 10:30, the course until 12.
    assert titles(10, 13) == ["海洋为什么是蓝的", "动手做一台净水器"]
    assert titles(11, 13) == ["动手做一台净水器"]
    assert (
        queries.runs_between(
            db_session, venue_ids=[cast.other_venue.id], ends_after=today_at(0), starts_before=today_at(23)
        )
        == []
    )


def test_a_run_is_left_open_once_its_end_has_passed(db_session: Session, cast: Cast) -> None:
    ids = [cast.venue.id]
    assert queries.runs_left_open(db_session, venue_ids=ids, ended_before=today_at(10, 30)) == []
    later = today_at(10, 31)
    assert queries.runs_left_open(db_session, venue_ids=ids, ended_before=later) == [cast.lecture]
    assert queries.due_to_close(db_session, ended_before=later) == [cast.lecture]
    cast.lecture.status = "closed"
    db_session.flush()
    assert queries.runs_left_open(db_session, venue_ids=ids, ended_before=later) == []
    assert queries.due_to_close(db_session, ended_before=later) == []


def test_what_goes_on_while_it_is_withdrawn_is_still_closed(db_session: Session, cast: Cast) -> None:
    """Pupils may be inside: their participations must not wait for ever."""
    activity = cast.lecture.activity
    actions.decide_on_activity(
        db_session,
        activity=activity,
        decision="withdrawn",
        remark="停电。",
        decided_by=cast.officer,
        now=today_at(9, 30),
    )
    assert cast.lecture in queries.due_to_close(db_session, ended_before=today_at(12))


def test_counts_and_pages_agree(db_session: Session, cast: Cast) -> None:
    for number in range(5):
        draft(db_session, cast, title=f"草稿 {number}")
    returned = submitted(db_session, cast)
    decide(db_session, returned, "returned", cast, "改一改")
    ids = [cast.venue.id]
    assert queries.counts_by_status(db_session, venue_ids=ids) == {
        "draft": 5,
        "submitted": 0,
        "returned": 1,
        "published": 3,
        "withdrawn": 0,
    }
    first = queries.activities_page(db_session, venue_ids=ids, statuses=["draft"], page=1, size=2)
    assert ([each.title for each in first.activities], first.pages, first.total) == (["草稿 4", "草稿 3"], 3, 5)
    beyond = queries.activities_page(db_session, venue_ids=ids, statuses=["draft"], page=99, size=2)
    assert ([each.title for each in beyond.activities], beyond.page) == (["草稿 0"], 3)
    nothing = queries.activities_page(db_session, venue_ids=[cast.other_venue.id], page=-1)
    assert (nothing.activities, nothing.page, nothing.pages, nothing.total) == ([], 1, 1, 0)


def test_a_page_costs_the_same_however_much_hangs_on_its_activities(db_session: Session, cast: Cast) -> None:
    def statements() -> int:
        db_session.expire_all()
        ids = [cast.venue.id]
        with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
            for each in queries.activities_page(db_session, venue_ids=ids).activities:
                assert each.venue is not None
                _touch(each)
        return len(seen)

    before = statements()
    activity = published(db_session, cast)
    for day in range(1, 6):
        start = today_at(14) + timedelta(days=day)
        actions.add_occurrence(
            db_session, activity=activity, starts_at=start, ends_at=start + timedelta(hours=1), capacity=5
        )
    decide(db_session, activity, "withdrawn", cast, "不办了")
    db_session.commit()
    assert statements() == before
    assert before <= 5


def _touch(activity: Activity) -> None:
    assert activity.venue is not None
    assert [activity.venue.name, [run.occurs_on for run in activity.occurrences]]
    assert all(review.decided_by.display_name for review in activity.reviews)
    assert activity.created_at >= MADE_AT


def test_a_run_that_began_yesterday_and_still_goes_on_is_shown(db_session: Session, cast: Cast) -> None:
    midnight = today_at(0)
    cast.visit.starts_at, cast.visit.ends_at = midnight - timedelta(hours=2), midnight + timedelta(hours=5)
    db_session.flush()
    found = queries.runs_between(
        db_session, venue_ids=[cast.venue.id], ends_after=midnight, starts_before=midnight + timedelta(days=1)
    )
    assert cast.visit in found
