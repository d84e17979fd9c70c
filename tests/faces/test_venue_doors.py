"""Every route of the venue's face, tried as everybody of the cast: the venue's own staff get in, and nobody else."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.people.models import AccessLog
from tests.activities.making import draft, submitted, with_run
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.scenes import scan
from tests.visitor import Visitor

NOT_STAFF = ("pupil", "homeroom_teacher", "counselor", "other_counselor", "officer", "other_officer")
OWN_PAGES = ("/venue", "/venue/activities", "/venue/activities/new", "/venue/worth")


@pytest.fixture
def pages(db_session: Session, cast: Cast, clock: HeldClock) -> list[str]:
    """The pages of things that are the cast's venue's; it is half past ten, the course is going on."""
    clock.set(today_at(10, 30))
    unfinished = draft(db_session, cast)
    run = with_run(db_session, unfinished)
    scan(db_session, cast.pupil, cast.course, "in", today_at(10, 5))
    return [
        f"/venue/activities/{cast.course.activity.public_id}",
        f"/venue/activities/{unfinished.public_id}/edit",
        f"/venue/activities/{unfinished.public_id}/occurrences/new",
        f"/venue/occurrences/{run.public_id}/edit",
        f"/venue/occurrences/{cast.course.public_id}",
        f"/venue/occurrences/{cast.course.public_id}/close",
    ]


@pytest.fixture
def steps(db_session: Session, cast: Cast, pages: list[str]) -> list[str]:
    """Whatever changes something of the venue's."""
    waiting = submitted(db_session, cast)
    unfinished = db_session.scalars(select(Activity).filter_by(status="draft")).one()
    run = unfinished.occurrences[0]
    db_session.commit()
    return [
        f"/venue/activities/{unfinished.public_id}/edit",
        f"/venue/activities/{unfinished.public_id}/submit",
        f"/venue/activities/{unfinished.public_id}/occurrences/new",
        f"/venue/activities/{waiting.public_id}/recall",
        f"/venue/occurrences/{run.public_id}/edit",
        f"/venue/occurrences/{run.public_id}/remove",
        f"/venue/occurrences/{cast.visit.public_id}/cancel",
        f"/venue/occurrences/{cast.course.public_id}/close",
        f"/venue/occurrences/{cast.course.public_id}/worksheets",
    ]


def fingerprint(session: Session) -> list[object]:
    """What none of the refused steps may have changed."""
    session.rollback()
    activities = session.execute(
        select(Activity.id, Activity.title, Activity.status, Activity.submitted_at).order_by(Activity.id)
    ).all()
    runs = session.execute(
        select(Occurrence.id, Occurrence.starts_at, Occurrence.status, Occurrence.capacity).order_by(Occurrence.id)
    ).all()
    return [activities, runs]


def test_the_venues_staff_get_in(client: Visitor, cast: Cast, pages: list[str]) -> None:
    client.sign_in(cast.venue_staff)
    every = [*OWN_PAGES, *pages]
    assert {path: client.get(path).status_code for path in every} == dict.fromkeys(every, 200)


def test_another_venues_staff_find_nothing_and_change_nothing(
    client: Visitor, db_session: Session, cast: Cast, pages: list[str], steps: list[str]
) -> None:
    client.sign_in(cast.other_venue_staff)
    before = fingerprint(db_session)
    assert {path: client.get(path).status_code for path in pages} == dict.fromkeys(pages, 404)
    assert {path: client.submit(path).status_code for path in steps} == dict.fromkeys(steps, 404)
    assert fingerprint(db_session) == before


def test_who_is_no_venue_staff_is_told_so(
    app: Flask, db_session: Session, cast: Cast, pages: list[str], steps: list[str]
) -> None:
    before = fingerprint(db_session)
    every, new = [*OWN_PAGES, *pages], ["/venue/activities/new", *steps]
    for who in NOT_STAFF:
        visitor = Visitor(app)
        visitor.sign_in(cast.users()[who])
        assert {path: visitor.get(path).status_code for path in every} == dict.fromkeys(every, 403), who
        assert {path: visitor.submit(path).status_code for path in new} == dict.fromkeys(new, 403), who
    assert fingerprint(db_session) == before


def test_the_anonymous_visitor_is_sent_to_sign_in_and_back(client: Visitor, pages: list[str], steps: list[str]) -> None:
    for path in [*OWN_PAGES, *pages]:
        answer = client.get(path)
        assert (answer.status_code, "/sign-in?next=" in answer.location) == (302, True), path
    for path in steps:
        assert client.submit(path).status_code == 302, path


def test_staff_of_yesterday_are_staff_no_more(
    client: Visitor, db_session: Session, cast: Cast, pages: list[str]
) -> None:
    client.sign_in(cast.venue_staff)
    cast.venue_staff.roles[0].ends_on = today_at(0).date().replace(day=16)
    assert {path: client.get(path).status_code for path in pages} == dict.fromkeys(pages, 403)


def test_a_venue_sees_numbers_and_never_a_name_and_the_look_is_noted(
    client: Visitor, db_session: Session, cast: Cast, pages: list[str]
) -> None:
    client.sign_in(cast.venue_staff)
    page = client.get(f"/venue/occurrences/{cast.course.public_id}").text
    assert "海天学校" in page
    assert "5 年级" in page
    for secret in ("林晓雨", "0501", "五(1)班", cast.pupil.public_id):
        assert secret not in page
    db_session.rollback()
    noted = db_session.execute(select(AccessLog.user_id, AccessLog.scope)).all()
    assert noted == [(cast.venue_staff.id, f"occurrence:{cast.course.public_id}")]


def test_a_list_without_pupils_leaves_no_line_in_the_access_log(
    client: Visitor, db_session: Session, cast: Cast, pages: list[str]
) -> None:
    client.sign_in(cast.venue_staff)
    assert "还没有人签到" in client.get(f"/venue/occurrences/{cast.lecture.public_id}").text
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(AccessLog)) == 0
