"""Confirming a claim, as a pupil meets it: every outcome is told, and none leaves half of something."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.ledger.models import LedgerEntry
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, hidden_fields, nothing_came_of_it, refused, scans


def test_who_is_signed_in_confirms_with_one_button(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    now = clock.set(today_at(13))
    answer = Phone(app, cast.pupil.user).scan(cast.visit, "in", now)
    assert answer.status_code == 200
    assert "签到成功" in answer.text
    assert "停留 45 分钟并签退" in answer.text
    assert "0.5" in answer.text
    db_session.rollback()
    attendance = db_session.scalars(select(Attendance)).one()
    assert attendance.public_id[:4].upper() in answer.text  # the number by which the venue knows this pupil
    assert (attendance.student_id, attendance.first_in_at) == (cast.pupil.id, today_at(13))


def test_who_is_not_signed_in_does_both_at_once_and_the_time_is_that_of_the_scan(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    clock.forward(minutes=4)
    answer = phone.sign_in_and_confirm(cast.pupil.user)
    assert "签到成功" in answer.text
    db_session.rollback()
    assert db_session.scalars(select(Attendance)).one().first_in_at == today_at(13)
    # And is signed in from then on.
    assert phone.get("/pupil").status_code == 200


def test_a_wrong_password_can_be_typed_again(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    phone, now = Phone(app), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    wrong = phone.sign_in_and_confirm(cast.pupil.user, "not-the-password")
    assert wrong.status_code == 422
    assert "用户名或密码不正确" in wrong.text
    assert "周末参观" in wrong.text
    assert scans(db_session) == []
    assert "签到成功" in phone.sign_in_and_confirm(cast.pupil.user, page=wrong.text).text


def test_reloading_a_failed_sign_in_leads_back_to_the_claim(app: Flask, cast: Cast, clock: HeldClock) -> None:
    phone, now = Phone(app), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    assert phone.get("/k/sign-in").location == "/k"


def test_a_visit_from_code_to_credit(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    phone, came = Phone(app, cast.pupil.user), clock.set(today_at(13))
    phone.scan(cast.visit, "in", came)
    left = clock.forward(minutes=50)
    page = phone.open_code(cast.visit, "out", left, follow_redirects=True)
    assert "确认签退" in page.text
    answer = phone.confirm()
    assert "签退成功" in answer.text
    assert "+0.5" in answer.text.replace("\n", "")
    assert "停留 50 分钟" in answer.text
    assert "还差 7.5 学分" in answer.text  # grade 5 asks for 8.0
    assert scans(db_session) == ["ok", "checked_out"]


def test_a_second_tap_and_a_reload_get_the_same_answer(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(9))
    phone.open_code(cast.lecture, "in", now)
    page = phone.get("/k").text
    first, second = phone.confirm(page=page), phone.confirm(page=page)
    assert "签到成功" in first.text
    assert "签到成功" in second.text
    assert "签到成功" in phone.get("/k").text
    clock.forward(minutes=10)
    assert "签到成功" in phone.get("/k").text
    assert scans(db_session) == ["ok"]
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(LedgerEntry)) == 1


def test_scanning_again_while_inside_says_since_when(app: Flask, cast: Cast, clock: HeldClock) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13, 2))
    phone.scan(cast.visit, "in", now)
    answer = phone.scan(cast.visit, "in", clock.forward(minutes=20))
    assert answer.status_code == 200
    assert "已经签到过了" in answer.text
    assert "13:02" in answer.text


def test_a_claim_is_for_one_account(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    """Two friends and one phone: the second must scan for themselves."""
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13))
    phone.scan(cast.visit, "in", now)
    phone.post("/k/other-account", data=hidden_fields(phone.get("/pupil").text))
    answer = phone.sign_in_and_confirm(cast.classmate.user)
    assert answer.status_code == 200
    assert "这次扫码已被另一个账号使用" in answer.text
    assert scans(db_session) == ["ok", "claim_used"]
    db_session.rollback()
    assert [row.student_id for row in db_session.scalars(select(Attendance))] == [cast.pupil.id]
    assert "这次扫码已被另一个账号使用" in phone.get("/k").text


def test_a_claim_is_good_for_five_minutes(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    page = phone.get("/k").text
    clock.forward(minutes=5, seconds=1)
    assert "扫码后等待太久了" in phone.get("/k").text
    answer = phone.confirm(page=page)
    assert answer.status_code == 200
    assert "扫码后等待太久了" in answer.text
    assert scans(db_session) == ["claim_timeout"]
    assert nothing_came_of_it(db_session)


def test_a_claim_that_is_over_asks_nobody_to_sign_in(app: Flask, cast: Cast, clock: HeldClock) -> None:
    phone, now = Phone(app), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    page = phone.get("/k").text
    clock.forward(minutes=6)
    assert "扫码后等待太久了" in phone.get("/k").text
    assert "扫码后等待太久了" in phone.sign_in_and_confirm(cast.pupil.user, page=page).text


def test_a_page_of_another_occurrence_confirms_nothing(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """The page was left open, then the code of another activity was scanned."""
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(10))
    phone.open_code(cast.course, "in", now)
    page = phone.get("/k").text
    phone.open_code(cast.lecture, "in", now)
    answer = phone.confirm(page=page)
    assert answer.status_code == 200
    assert "这个码属于另一场活动" in answer.text
    assert refused(db_session) == {"wrong_occurrence": 1}
    assert nothing_came_of_it(db_session)
    # The claim itself is unused.
    assert "签到成功" in phone.confirm().text


def test_a_page_of_the_entrance_confirms_no_exit(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    page = phone.get("/k").text
    phone.open_code(cast.visit, "out", now)
    assert "这个码属于另一场活动" in phone.confirm(page=page).text
    assert scans(db_session) == []


@pytest.mark.parametrize(
    ("at", "direction", "status", "words"),
    [
        (today_at(12), "in", "too_early", "12:30 起可以签到"),
        (today_at(16, 1), "in", "closed", "这场活动已经结束"),
        (today_at(13), "out", "not_checked_in", "还没有签到，不能签退"),
    ],
)
def test_what_the_door_refuses_is_told_with_what_to_do(
    app: Flask,
    db_session: Session,
    cast: Cast,
    clock: HeldClock,
    at: datetime,
    direction: str,
    status: str,
    words: str,
) -> None:
    answer = Phone(app, cast.pupil.user).scan(cast.visit, direction, clock.set(at))
    assert answer.status_code == 200
    assert words in answer.text
    assert scans(db_session) == [status]
    assert nothing_came_of_it(db_session)


def test_a_full_occurrence_says_so(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    cast.visit.capacity = 1
    now = clock.set(today_at(13))
    Phone(app, cast.classmate.user).scan(cast.visit, "in", now)
    assert "名额已满" in Phone(app, cast.pupil.user).scan(cast.visit, "in", now).text
    assert scans(db_session) == ["ok", "full"]


def test_a_school_s_own_activity_is_for_its_own_pupils(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    cast.visit.activity.venue, cast.visit.activity.school = None, cast.school
    now = clock.set(today_at(13))
    assert "这是另一所学校的校内活动" in Phone(app, cast.other_pupil.user).scan(cast.visit, "in", now).text
    assert "签到成功" in Phone(app, cast.pupil.user).scan(cast.visit, "in", now).text
    assert scans(db_session) == ["not_eligible", "ok"]
