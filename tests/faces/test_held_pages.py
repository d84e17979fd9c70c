"""The held queue and what leads to it, as readers use it: answered together, told to the second, read by pupils."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance import deciding
from credit_app.attendance.actions import close_occurrence
from credit_app.attendance.models import Attendance, Hold, ScanEvent
from credit_app.extensions import db
from tests.attendance.leading import call, count_at
from tests.attendance.test_questions import held_scan, propose
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone
from tests.scenes import scan
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.fixture
def evening(clock: HeldClock) -> Any:
    return clock.set(today_at(18))


def as_(app: Flask, user: Any) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(user)
    return visitor


def states(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Hold.state).order_by(Hold.id)))


@pytest.mark.usefixtures("evening")
def test_questions_that_are_alike_are_answered_together_and_the_pupil_reads_it(
    app: Flask, db_session: Session, cast: Cast
) -> None:
    ids = [
        held_scan(db_session, each, cast.visit, "in", today_at(13)).public_id for each in (cast.pupil, cast.classmate)
    ]
    venue = as_(app, cast.venue_staff)
    assert "待核实 2 条" in venue.get("/venue").text
    assert "等待核实" in as_(app, cast.pupil.user).get("/pupil").text
    answer = venue.submit("/venue/held", {"questions": ids, "button": "reject", "words": "门口没有见到"})
    assert (answer.status_code, states(db_session)) == (303, ["rejected"] * 2)
    page = as_(app, cast.pupil.user).get("/pupil").text
    assert ("未通过" in page, "门口没有见到" in page) == (True, True)
    assert "没有待核实的内容" in venue.get("/venue/held").text


@pytest.mark.usefixtures("evening")
def test_the_second_to_decide_is_told_and_the_others_are_done(app: Flask, db_session: Session, cast: Cast) -> None:
    first, second = (
        held_scan(db_session, each, cast.visit, "in", today_at(13)) for each in (cast.pupil, cast.classmate)
    )
    ids = [first.public_id, second.public_id]
    venue, counselor = as_(app, cast.venue_staff), as_(app, cast.counselor)
    assert counselor.submit("/teacher/held", {"questions": ids[0], "button": "accept"}).status_code == 303
    answer = venue.submit("/venue/held", {"questions": ids, "button": "accept"}, follow_redirects=True)
    assert ("已处理 1 条" in answer.text, "刚才已有人处理了这一条" in answer.text) == (True, True)
    assert states(db_session) == ["accepted", "accepted"]
    again = venue.submit("/venue/held", {"questions": ids, "button": "reject", "words": "x"})
    assert (again.status_code, "刚才已有人处理了这一条" in again.text) == (422, True)


@pytest.mark.usefixtures("evening")
def test_of_two_who_decide_at_the_same_moment_the_second_is_told(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id = held_scan(db_session, cast.pupil, cast.visit, "in", today_at(13)).public_id
    barrier, lock = Barrier(2), deciding._lock

    def met(*args: Any) -> None:
        # On SQLite the second cannot even begin before the first is done: nobody to wait for.
        with suppress(BrokenBarrierError):
            barrier.wait(timeout=2)
        lock(*args)

    monkeypatch.setattr(deciding, "_lock", met)
    hands = [(as_(app, cast.venue_staff), "/venue/held"), (as_(app, cast.counselor), "/teacher/held")]
    fields = {"questions": public_id, "button": "accept", "words": "看到了"}
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(Context().run, hand.submit, path, fields) for hand, path in hands]
        answers = [each.result() for each in both]
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert [("刚才已有人处理" in answer.text) for answer in answers if answer.status_code == 422] == [True]
    db_session.rollback()
    assert list(db_session.scalars(select(ScanEvent.origin).filter_by(origin="hold"))) == ["hold"]


@pytest.mark.usefixtures("evening")
@pytest.mark.parametrize("fields", [{}, {"button": "accept"}, {"button": "reject", "questions": "ID"}])
def test_an_answer_that_lacks_something_is_told_what(
    app: Flask, db_session: Session, cast: Cast, fields: dict[str, str]
) -> None:
    public_id = held_scan(db_session, cast.pupil, cast.visit, "in", today_at(13)).public_id
    sent = {key: public_id if value == "ID" else value for key, value in fields.items()}
    answer = as_(app, cast.venue_staff).submit("/venue/held", sent)
    assert (answer.status_code, "有几处需要修改" in answer.text) == (422, True)
    assert states(db_session) == ["open"]


@pytest.mark.usefixtures("evening")
def test_who_proposed_a_late_entry_is_offered_no_answer(app: Flask, db_session: Session, cast: Cast) -> None:
    public_id = propose(db_session, cast).public_id
    teacher, counselor = as_(app, cast.homeroom_teacher), as_(app, cast.counselor)
    own, others = teacher.get("/teacher/held").text, counselor.get("/teacher/held").text
    assert (public_id in own, "等另一个人核实" in own, public_id in others) == (False, True, True)
    refused = teacher.submit("/teacher/held", {"questions": public_id, "button": "accept", "words": "在场"})
    assert (refused.status_code, states(db_session)) == (422, ["open"])


@pytest.mark.usefixtures("evening")
def test_a_late_entry_from_the_form_to_the_credit(app: Flask, db_session: Session, cast: Cast) -> None:
    path = f"/teacher/occurrences/{cast.visit.public_id}/late-entry/{cast.school_class.public_id}"
    teacher = as_(app, cast.homeroom_teacher)
    fields = {
        "pupil": cast.pupil.public_id,
        "in_at": "2026-10-17T13:00",
        "out_at": "2026-10-17T14:00",
        "reason": "forgot",
        "words": "全程在场",
    }
    assert teacher.submit(path, fields | {"words": ""}).status_code == 422
    assert teacher.submit(path, fields).status_code == 303
    (public_id,) = db_session.scalars(select(Hold.public_id)).all()
    answer = as_(app, cast.counselor).submit(
        "/teacher/held", {"questions": public_id, "button": "accept", "words": "核对过"}
    )
    assert answer.status_code == 303
    db_session.rollback()
    assert [row.stayed_seconds for row in db_session.scalars(select(Attendance))] == [3600]


@pytest.mark.usefixtures("evening")
def test_the_leader_names_the_excess_or_says_that_the_count_was_wrong(
    app: Flask, db_session: Session, cast: Cast
) -> None:
    call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil, cast.classmate))
    count_at(db_session, cast, cast.visit, "arrival", 1, today_at(13, 5), cast.school)
    path = "/teacher/held/" + db_session.scalars(select(Hold.public_id)).one()
    teacher = as_(app, cast.homeroom_teacher)
    page = teacher.get(path).text
    assert ("多出 1 人，请核对名单" in page, "林晓雨" in page, "孙浩" in page) == (True, True, True)
    assert teacher.submit(path, {"button": "reject", "words": "没来"}).status_code == 422
    named = {"button": "reject", "words": "没来", "questions": cast.classmate.public_id}
    assert teacher.submit(path, named).status_code == 303
    db_session.rollback()
    found = {row.student_id: row.state for row in db_session.scalars(select(Attendance))}
    assert found == {cast.pupil.id: "present", cast.classmate.id: "voided"}
    assert "清点 1 人，点名 1 人" in as_(app, cast.venue_staff).get(f"/venue/occurrences/{cast.visit.public_id}").text


@pytest.mark.usefixtures("evening")
def test_closing_leads_to_confirming_the_ends(app: Flask, db_session: Session, cast: Cast) -> None:
    for student in (cast.pupil, cast.classmate):
        scan(db_session, student, cast.visit, "in", today_at(13))
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(16, 30))
    ids = list(db_session.scalars(select(Attendance.public_id)))
    run = f"/venue/occurrences/{cast.visit.public_id}"
    venue = as_(app, cast.venue_staff)
    assert f"{run}/ends" in venue.get(run).text
    assert venue.submit(f"{run}/ends", {"pupils": ids, "at": "2026-10-17T16:31"}).status_code == 422
    assert venue.submit(f"{run}/ends", {"pupils": ids, "at": "2026-10-17T14:00"}).status_code == 303
    db_session.rollback()
    assert [(row.end_assumed, row.stayed_seconds) for row in db_session.scalars(select(Attendance))] == [
        (False, 3600)
    ] * 2


@pytest.mark.usefixtures("evening")
def test_the_pages_ask_as_many_statements_however_much_waits(app: Flask, db_session: Session, cast: Cast) -> None:
    venue, counselor = as_(app, cast.venue_staff), as_(app, cast.counselor)
    roll = f"/teacher/roll-calls/{cast.visit.public_id}/{cast.school_class.public_id}"

    def counted() -> dict[str, int]:
        figures = {}
        for visitor, path in ((venue, "/venue/held"), (counselor, "/teacher/held"), (counselor, roll)):
            with count_statements(db.engine) as seen:
                assert visitor.get(path).status_code == 200
            figures[path] = len(seen)
        return figures

    held_scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil,))
    few = counted()
    held_scan(db_session, cast.classmate, cast.visit, "in", today_at(13))
    propose(db_session, cast, cast.classmate)
    call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.classmate,))
    assert counted() == few
    assert max(few.values()) <= 14, few


def test_the_browser_is_known_within_one_occurrence_only(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    now = clock.set(today_at(10, 5))
    phone = Phone(app, cast.pupil.user)
    for run in (cast.lecture, cast.course):
        phone.scan(run, "in", now)
    db_session.rollback()
    first, second = ((each.evidence or {})["browser"] for each in db_session.scalars(select(ScanEvent)))
    assert first != second
    assert {len(first), len(second)} == {24}
