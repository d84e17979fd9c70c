"""A run while it takes place and after: the list under numbers, worksheets, closing, and what is not closed twice."""

from __future__ import annotations

from sqlalchemy.orm import Session

from credit_app.attendance.lists import arrival_number
from credit_app.attendance.models import Attendance
from credit_app.extensions import db
from credit_app.ledger.queries import year_balance
from tests.activities.making import decide
from tests.cast import YEAR, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import words
from tests.scenes import scan, stay
from tests.statements import count_statements
from tests.visitor import Visitor


def earned(session: Session, cast: Cast) -> int:
    session.rollback()
    return year_balance(session, account_ref=cast.pupil.account_ref, year=YEAR).centicredits


def attendance_of(session: Session, cast: Cast, occurrence_id: int) -> Attendance:
    session.rollback()
    return session.query(Attendance).filter_by(student_id=cast.pupil.id, occurrence_id=occurrence_id).one()


def test_worksheets_are_approved_from_the_venues_list_and_credits_follow(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))  # 100 of 120 minutes; 96 are needed
    clock.set(today_at(12))
    client.sign_in(cast.venue_staff)
    page = f"/venue/occurrences/{cast.course.public_id}"
    participation = attendance_of(db_session, cast, cast.course.id).public_id
    assert arrival_number(participation) in words(client.get(page).text)
    assert earned(db_session, cast) == 0
    ticked = {"pupils": participation, "button": "approve"}
    answer = client.submit(f"{page}/worksheets", ticked, follow_redirects=True)
    assert "已通过 1 份学习单。" in answer.text
    assert earned(db_session, cast) == 100  # two full planned hours
    returned = {"pupils": participation, "button": "return", "remark": "第二题没有写完。"}
    client.submit(f"{page}/worksheets", returned)
    assert earned(db_session, cast) == 0


def test_an_empty_choice_is_refused_on_the_page_and_nothing_changes(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    clock.set(today_at(12))
    client.sign_in(cast.venue_staff)
    answer = client.submit(f"/venue/occurrences/{cast.course.public_id}/worksheets", {"button": "approve"})
    assert (answer.status_code, "请先勾选要审核的学生。" in answer.text) == (422, True)
    assert attendance_of(db_session, cast, cast.course.id).worksheet == "none"


def test_before_closing_the_page_says_how_many_ends_will_be_assumed(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    scan(db_session, cast.classmate, cast.visit, "in", today_at(13, 5))
    clock.set(today_at(15))
    client.sign_in(cast.venue_staff)
    page = f"/venue/occurrences/{cast.visit.public_id}/close"
    told = words(client.get(page).text)
    assert "到场 2 人" in told
    assert "有 1 人还没有签退" in told
    assert "计划 16:00 才结束" in told
    assert "系统会在 17:00 自动结束" in told
    answer = client.submit(page, follow_redirects=True)
    assert "1 人没有签退，离场时间待确认" in answer.text
    db_session.rollback()
    assert (cast.visit.status, cast.visit.closed_at) == ("closed", today_at(15))
    left = db_session.query(Attendance).filter_by(student_id=cast.classmate.id).one()
    assert (left.end_assumed, left.open_since_at) == (True, None)
    assert attendance_of(db_session, cast, cast.visit.id).end_assumed is False


def test_whose_credits_are_decided_is_not_among_the_assumed(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """A lecture earns at check-in; nobody checks out of one, and closing it troubles nobody."""
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    clock.set(today_at(10, 45))
    client.sign_in(cast.venue_staff)
    page = f"/venue/occurrences/{cast.lecture.public_id}/close"
    assert "还在场的 1 人学分已经认定，结束不影响他们。" in words(client.get(page).text)
    assert "场次已结束，不再接受签到和签退。" in client.submit(page, follow_redirects=True).text
    assert earned(db_session, cast) == 30
    assert attendance_of(db_session, cast, cast.lecture.id).end_assumed is False


def test_a_run_is_closed_once_and_not_before_it_begins(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(12, 59))
    client.sign_in(cast.venue_staff)
    page = f"/venue/occurrences/{cast.visit.public_id}/close"
    assert (client.get(page).status_code, client.submit(page).status_code) == (409, 409)
    clock.set(today_at(13))
    assert client.submit(page).status_code == 303
    again = client.submit(page)
    assert (again.status_code, "已经结束或取消" in again.text) == (409, True)
    db_session.rollback()
    assert cast.visit.closed_at == today_at(13)


def test_what_was_withdrawn_while_it_went_on_can_still_be_closed(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(14))
    cast.visit.starts_at = today_at(7)  # it has begun when the officer withdraws it at eight
    decide(db_session, cast.visit.activity, "withdrawn", cast, "停电。")
    client.sign_in(cast.venue_staff)
    assert client.submit(f"/venue/occurrences/{cast.visit.public_id}/close").status_code == 303


def test_the_list_asks_as_many_statements_for_two_as_for_one(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    clock.set(today_at(18))
    client.sign_in(cast.venue_staff)
    pages = [f"/venue/occurrences/{cast.course.public_id}", f"/venue/occurrences/{cast.course.public_id}/close"]

    def statements() -> list[int]:
        counts = []
        for page in pages:
            client.get(page)
            with count_statements(db.engine) as seen:
                assert client.get(page).status_code == 200
            counts.append(len(seen))
        return counts

    before = statements()
    stay(db_session, cast.classmate, cast.course, today_at(10), today_at(11))
    stay(db_session, cast.other_pupil, cast.course, today_at(10), today_at(11))
    assert statements() == before
    assert before[0] <= 10
