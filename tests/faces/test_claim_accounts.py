"""Who confirms a claim: pupils only, whoever was signed in before, and as whom."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.actions import ScanRaced
from credit_app.attendance.models import Attendance
from credit_app.faces import claiming
from credit_app.people.actions import create_user
from credit_app.people.models import SignInSession
from tests.cast import PASSWORD, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, hidden_fields, scans


@pytest.mark.parametrize(
    "part", ["homeroom_teacher", "colleague", "counselor", "venue_staff", "officer", "other_counselor"]
)
def test_who_is_no_pupil_is_told_and_can_change_the_account(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, part: str
) -> None:
    phone, now = Phone(app, cast.users()[part]), clock.set(today_at(13))
    page = phone.open_code(cast.visit, "in", now, follow_redirects=True)
    assert page.status_code == 200
    assert "这不是学生账号" in page.text
    fields = hidden_fields(page.text)
    refusal = phone.post("/k", data=fields | {"occurrence": cast.visit.handle, "direction": "in"})
    assert refusal.status_code == 403
    assert "这不是学生账号" in refusal.text
    assert scans(db_session) == []
    assert phone.post("/k/other-account", data=fields).location == "/k"
    assert "签到成功" in phone.sign_in_and_confirm(cast.pupil.user).text


def test_changing_the_account_really_ends_the_sign_in(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app, cast.homeroom_teacher), clock.set(today_at(13))
    page = phone.open_code(cast.visit, "in", now, follow_redirects=True)
    phone.post("/k/other-account", data=hidden_fields(page.text))
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(SignInSession)) == 0


def test_a_teacher_who_signs_in_at_the_claim_is_signed_in_and_told(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    answer = phone.sign_in_and_confirm(cast.homeroom_teacher)
    assert answer.status_code == 403
    assert "这不是学生账号" in answer.text
    assert scans(db_session) == []


def test_without_a_code_the_page_says_how_to_begin(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(13))
    assert "还没有扫到码" in Phone(app).get("/k").text
    phone = Phone(app, cast.pupil.user)
    assert phone.post("/k", data=hidden_fields(phone.get("/pupil").text)).location == "/k"


def test_a_forged_claim_is_no_claim(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(13))
    phone = Phone(app, cast.pupil.user)
    phone.set_cookie("claim", "WyJub25jZSIsIkgiLCJpbiIsMF0.forged")
    assert "还没有扫到码" in phone.get("/k").text


def test_who_is_signed_out_meanwhile_is_asked_again(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    page = phone.get("/k").text
    db_session.delete(db_session.scalars(select(SignInSession)).one())
    assert phone.confirm(page=page).location == "/k"
    assert "登录并签到" in phone.get("/k").text


def test_a_confirmation_without_the_page_s_token_is_refused(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    fields = hidden_fields(phone.get("/k").text)
    del fields["csrf_token"]
    assert phone.post("/k", data=fields).status_code == 400
    assert scans(db_session) == []


def test_the_home_page_reminds_of_a_code_that_was_not_confirmed(app: Flask, cast: Cast, clock: HeldClock) -> None:
    """Somebody scans for the first time, sets a password by activation, and arrives at home."""
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13))
    assert "还没有确认" not in phone.get("/pupil").text
    phone.open_code(cast.visit, "in", now)
    assert "还没有确认" in phone.get("/pupil").text
    phone.confirm()
    assert "还没有确认" not in phone.get("/pupil").text


def test_the_school_is_asked_for_only_when_it_must(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """Two pupils of one name, each at their own school, with the same password."""
    create_user(
        db_session,
        login_name="linxiaoyu",
        display_name="林小雨",
        school=cast.other_school,
        password=PASSWORD,
        now=today_at(8),
    )
    phone, now = Phone(app), clock.set(today_at(13))
    page = phone.open_code(cast.visit, "in", now, follow_redirects=True)
    assert "学校或单位" not in page.text
    asked = phone.sign_in_and_confirm(cast.pupil.user, page=page.text)
    assert asked.status_code == 200
    assert "不止一处有人使用这个用户名" in asked.text
    assert scans(db_session) == []
    fields = hidden_fields(asked.text) | {"login_name": "linxiaoyu", "password": PASSWORD}
    answer = phone.post("/k/sign-in", data=fields | {"school": cast.school.public_id})
    assert "签到成功" in answer.text
    db_session.rollback()
    assert db_session.scalars(select(Attendance.student_id)).all() == [cast.pupil.id]


def test_a_door_that_cannot_decide_says_so_and_the_claim_stays(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every try meets another request: nobody is left with half an answer, and the time of the scan is kept."""
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    page = phone.get("/k").text
    tried = []

    def always_raced(*_args: object, **_kwargs: object) -> None:
        tried.append(1)
        raise ScanRaced

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(claiming, "record_scan", always_raced)
        answer = phone.confirm(page=page)
        assert answer.status_code == 503
        assert "现在人有点多" in answer.text
        assert "返回确认" in answer.text
    assert len(tried) == 3
    assert scans(db_session) == []
    clock.forward(minutes=1)
    assert "签到成功" in phone.confirm(page=page).text
    db_session.rollback()
    assert db_session.scalars(select(Attendance.first_in_at)).one() == today_at(13)
