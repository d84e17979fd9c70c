"""Every route of roll-calls, headcounts, late entries and the held queue, tried as everybody of the cast."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.actions import close_occurrence
from credit_app.attendance.models import Attendance, Headcount, Hold, RollCall, ScanEvent
from tests.attendance.leading import call, count_at
from tests.attendance.test_questions import propose
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.scenes import scan
from tests.visitor import Visitor

NOT_TEACHERS = ("pupil", "classmate", "other_pupil", "venue_staff", "other_venue_staff", "officer", "other_officer")
NOT_VENUE = ("pupil", "homeroom_teacher", "colleague", "counselor", "other_counselor", "officer", "other_officer")
OTHER_TEACHERS = ("colleague", "other_teacher", "other_counselor")


@pytest.fixture
def door(db_session: Session, cast: Cast, clock: HeldClock) -> dict[str, Any]:
    """The visit is over; one of each waits. Ids as texts: the session's rows are gone after each request."""
    clock.set(today_at(18))
    both = (cast.pupil, cast.classmate)
    call(db_session, cast, cast.visit, "arrival", today_at(13), both)
    count_at(db_session, cast, cast.visit, "arrival", 1, today_at(13, 5), cast.school)
    scan(db_session, cast.pupil, cast.course, "in", today_at(10, 5))
    for run in (cast.visit, cast.course):
        close_occurrence(db_session, occurrence=run, now=today_at(17))
    late = propose(
        db_session, cast, occurrence=cast.course, student=cast.classmate, in_at=today_at(10), out_at=today_at(11)
    )
    count = db_session.scalars(select(Hold).filter_by(kind="headcount")).one()
    number = db_session.scalars(
        select(Attendance.public_id).filter_by(student_id=cast.pupil.id, occurrence_id=cast.course.id)
    ).one()
    db_session.commit()
    return {
        "visit": cast.visit.public_id,
        "course": cast.course.public_id,
        "class": cast.school_class.public_id,
        "late": late.public_id,
        "count": count.public_id,
        "participation": number,
        "students": [each.public_id for each in both],
    }


def of_teacher(door: dict[str, Any]) -> list[str]:
    visit, course, school_class = door["visit"], door["course"], door["class"]
    return [
        f"/teacher/roll-calls/{visit}/{school_class}",
        f"/teacher/occurrences/{visit}/late-entry/{school_class}",
        f"/teacher/held/{door['count']}",
        f"/teacher/occurrences/{course}/ends",
    ]


def of_venue(door: dict[str, Any]) -> list[str]:
    course = f"/venue/occurrences/{door['course']}"
    return [f"{course}/headcount", f"{course}/ends", f"{course}/pupils/{door['participation']}/late-entry"]


def fingerprint(session: Session) -> list[object]:
    session.rollback()
    counted = [
        session.scalar(select(func.count()).select_from(each)) for each in (RollCall, Headcount, ScanEvent, Hold)
    ]
    return [*counted, session.scalars(select(Hold.state).order_by(Hold.id)).all()]


@pytest.mark.parametrize("who", ["homeroom_teacher", "counselor"])
def test_who_looks_after_the_class_gets_in(app: Flask, cast: Cast, door: dict[str, Any], who: str) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])
    pages = [*of_teacher(door), "/teacher/held", "/teacher/roll-calls"]
    assert {path: visitor.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)
    queue = visitor.get("/teacher/held").text
    assert ("孙浩" in queue, "fewer" in queue, door["late"] in queue) == (True, False, who == "counselor")


@pytest.mark.parametrize("who", OTHER_TEACHERS)
def test_other_teachers_find_nothing_and_change_nothing(
    app: Flask, db_session: Session, cast: Cast, door: dict[str, Any], who: str
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])
    before = fingerprint(db_session)
    found = {path: (visitor.get(path).status_code, visitor.submit(path).status_code) for path in of_teacher(door)}
    assert found == dict.fromkeys(of_teacher(door), (404, 404))
    answer = visitor.submit("/teacher/held", {"questions": door["late"], "button": "accept", "words": "看过"})
    assert answer.status_code == 404
    assert "没有待核实的内容" in visitor.get("/teacher/held").text
    assert fingerprint(db_session) == before


@pytest.mark.parametrize("who", NOT_TEACHERS)
def test_who_is_no_teacher_is_told_so(
    app: Flask, db_session: Session, cast: Cast, door: dict[str, Any], who: str
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])
    before = fingerprint(db_session)
    pages = [*of_teacher(door), "/teacher/held"]
    found = {path: (visitor.get(path).status_code, visitor.submit(path).status_code) for path in pages}
    assert found == dict.fromkeys(pages, (403, 403))
    assert visitor.get("/teacher/roll-calls").status_code == 403
    assert sent(visitor, door).status_code == 403
    assert fingerprint(db_session) == before


def test_the_venue_gets_in_and_reads_no_name(app: Flask, cast: Cast, door: dict[str, Any]) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.venue_staff)
    for path in [*of_venue(door), "/venue/held", f"/venue/occurrences/{door['visit']}"]:
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        assert not re.search("林晓雨|孙浩|0501|0502|五\\(1\\)班", answer.text.replace("五(1)班", "")), path


@pytest.mark.parametrize(("who", "status"), [("other_venue_staff", 404), *((who, 403) for who in NOT_VENUE)])
def test_nobody_else_gets_to_the_venues_pages(
    app: Flask, db_session: Session, cast: Cast, door: dict[str, Any], who: str, status: int
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])
    before = fingerprint(db_session)
    found = {path: (visitor.get(path).status_code, visitor.submit(path).status_code) for path in of_venue(door)}
    assert found == dict.fromkeys(of_venue(door), (status, status))
    answer = visitor.submit("/venue/held", {"questions": door["late"], "button": "accept", "words": "看过"})
    assert answer.status_code == status
    assert fingerprint(db_session) == before


def test_the_venue_cannot_answer_for_the_leader(
    app: Flask, db_session: Session, cast: Cast, door: dict[str, Any]
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.venue_staff)
    before = fingerprint(db_session)
    answer = visitor.submit("/venue/held", {"questions": door["count"], "button": "accept", "words": "看过"})
    assert (answer.status_code, fingerprint(db_session)) == (404, before)


def test_strangers_are_sent_to_sign_in(client: Visitor, door: dict[str, Any]) -> None:
    for path in [*of_teacher(door), *of_venue(door), "/teacher/held", "/venue/held"]:
        assert client.get(path).location.startswith("/sign-in"), path
    assert sent(client, door).status_code == 401


def sent(visitor: Visitor, door: dict[str, Any], **other: Any) -> Any:
    """The call as the page's script sends it."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', visitor.get("/").text)
    assert token is not None
    body = {
        "client_uid": "from-a-phone",
        "occurrence": door["visit"],
        "class": door["class"],
        "moment": "departure",
        "called_ms": int(today_at(15).timestamp() * 1000),
        "marks": [[student, "present", None] for student in door["students"]],
    }
    return visitor.post("/api/roll-calls", json=body | other, headers={"X-CSRFToken": token.group(1)})


def test_a_call_is_received_once_with_a_receipt(
    app: Flask, db_session: Session, cast: Cast, door: dict[str, Any]
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.homeroom_teacher)
    first, again = sent(visitor, door), sent(visitor, door)
    assert (first.status_code, again.status_code) == (200, 200)
    assert [answer.get_json()["again"] for answer in (first, again)] == [False, True]
    assert (first.get_json()["present"], first.get_json()["refused"]) == (2, [])
    other = sent(visitor, door, moment="arrival")
    assert (other.status_code, other.get_json()["status"]) == (422, "conflict")
    db_session.rollback()
    rows = db_session.scalars(select(Attendance).filter_by(occurrence_id=cast.visit.id)).all()
    assert {row.stayed_seconds for row in rows} == {7200}


@pytest.mark.parametrize("who", OTHER_TEACHERS)
def test_nobody_calls_anothers_class(
    app: Flask, db_session: Session, cast: Cast, door: dict[str, Any], who: str
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])
    before = fingerprint(db_session)
    assert sent(visitor, door).status_code == 404
    assert fingerprint(db_session) == before


@pytest.mark.parametrize(
    "broken",
    [
        {"marks": []},
        {"marks": "all"},
        {"marks": [["nobody", "present", None]]},
        {"marks": [[1]]},
        {"called_ms": None},
        {"called_ms": 10**30},
        {"called_ms": "soon"},
        {"moment": "lunch"},
        {"client_uid": ""},
        {"client_uid": "x" * 65},
    ],
)
def test_what_is_no_call_is_refused(
    app: Flask, db_session: Session, cast: Cast, door: dict[str, Any], broken: dict[str, Any]
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.homeroom_teacher)
    before = fingerprint(db_session)
    assert sent(visitor, door, **broken).status_code == 422
    assert fingerprint(db_session) == before
