"""Activation, one's own account, the language, and the open doors of the demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config import Config
from credit_app.app import create_app
from credit_app.faces.account import attempt
from credit_app.people import actions as people
from credit_app.people.models import User
from tests.cast import PASSWORD, Cast, today_at
from tests.conftest import HeldClock
from tests.databases import release
from tests.visitor import Visitor

WRONG = "not-the-right-one"
NEW = "silver-meadow-64"


@pytest.fixture(autouse=True)
def _in_the_school_year(clock: HeldClock) -> None:
    clock.set(today_at(8))


def _send(client: Visitor, login_name: str, password: str = PASSWORD, **more: Any) -> TestResponse:
    fields = {"login_name": login_name, "password": password, **more}
    return client.submit("/sign-in", fields, seen_on="/activate")


def _address(app: Flask, endpoint: str) -> str:
    with app.test_request_context():
        return url_for(endpoint)


# Activation.


def test_a_slip_becomes_an_account_that_is_signed_in(client: Visitor, db_session: Session, cast: Cast) -> None:
    user = people.create_user(db_session, login_name="0511", display_name="新同学", school=cast.school, now=today_at(7))
    code = people.issue_activation(db_session, user=user, issued_by=cast.homeroom_teacher, now=today_at(7))
    assert 'value="0511"' in client.get("/activate?name=0511").text
    fields = {"login_name": "0511", "code": code.lower(), "password": NEW, "repeated": NEW}
    assert client.submit("/activate", fields).status_code == 302
    assert "新同学" in client.get("/account").text
    assert _send(client, "0511", NEW).status_code == 302


def test_each_way_an_activation_fails_is_told_at_its_field(client: Visitor, db_session: Session, cast: Cast) -> None:
    code = people.issue_activation(db_session, user=cast.colleague, issued_by=cast.counselor, now=today_at(7))
    good = {"login_name": "wu", "code": code, "password": NEW, "repeated": NEW}
    for wrong, told in (
        ({"code": "AAAAA-AAAAA"}, "对不上"),
        ({"login_name": "zhou"}, "对不上"),
        ({"repeated": "something-else-1"}, "两次输入的密码不一样"),
        ({"password": "12345678", "repeated": "12345678"}, "太容易被猜到"),
        ({"password": "short", "repeated": "short"}, "至少要有 8 个字符"),
        ({"code": ""}, "请填写激活码"),
    ):
        answer = client.submit("/activate", {**good, **wrong})
        assert answer.status_code == 422
        assert told in answer.text
        assert NEW not in answer.text
    assert client.submit("/activate", good).status_code == 302
    again = Visitor(client.application).submit("/activate", good)
    assert (again.status_code, "已经用过" in again.text) == (422, True)


# One's own account.


def test_the_account_shows_who_one_is_and_where(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.counselor)
    page = client.get("/account").text
    for word in ("郑老师", "zheng", "科技辅导员", "海天学校", "2026-09-01 起"):
        assert word in page


def test_a_changed_password_keeps_this_browser_and_signs_out_the_others(app: Flask, cast: Cast) -> None:
    laptop, phone = Visitor(app), Visitor(app)
    for visitor in (laptop, phone):
        visitor.sign_in(cast.homeroom_teacher)
    fields = {"current": PASSWORD, "password": NEW, "repeated": NEW}
    assert laptop.submit("/account/password", fields).location == "/account"
    assert "密码已经修改" in laptop.get("/account").text
    assert phone.get("/account").status_code == 302
    assert _send(Visitor(app), "zhou").status_code == 422
    assert _send(Visitor(app), "zhou", NEW).status_code == 302


def test_the_present_password_is_asked_for_and_cannot_be_guessed_there(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.homeroom_teacher)
    fields = {"current": WRONG, "password": NEW, "repeated": NEW}
    answers = [client.submit("/account/password", fields) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert "现在的密码不正确" in answers[0].text
    weak = {"current": PASSWORD, "password": "12345678", "repeated": "12345678"}
    assert client.submit("/account/password", weak).status_code == 429


# The language.


def test_the_language_is_chosen_once_and_survives_signing_in(client: Visitor, cast: Cast) -> None:
    assert '<html lang="zh-CN">' in client.get("/sign-in").text
    assert client.submit("/language", {"language": "en", "next": "/sign-in?next=/account"}).location == (
        "/sign-in?next=/account"
    )
    assert '<html lang="en">' in client.get("/sign-in").text
    client.sign_in(cast.pupil.user or User())
    assert '<html lang="en">' in client.get("/account").text
    assert client.submit("/language", {"language": "fr"}).status_code == 400


def test_without_a_choice_the_browser_decides_and_chinese_comes_first(client: Visitor) -> None:
    def language(accepted: str | None) -> str:
        headers = {"Accept-Language": accepted} if accepted else {}
        return "zh" if '<html lang="zh-CN">' in client.get("/activate", headers=headers).text else "en"

    accepted = (None, "fr", "zh-CN,en-US;q=0.8,en;q=0.7", "fr,zh-TW;q=0.9,en;q=0.8", "en-GB,en;q=0.9,zh;q=0.8")
    assert [language(one) for one in accepted] == ["zh", "zh", "zh", "zh", "en"]


# Demonstration mode.


@pytest.fixture
def demonstration(app: Flask, cast: Cast, db_session: Session) -> Iterator[Flask]:
    """The same database in demonstration mode, with one part of the demonstration's cast."""
    pupil = people.create_user(
        db_session, login_name="demo-pupil", display_name="演示学生", school=cast.school, now=today_at(7)
    )
    people.grant_role(db_session, user=pupil, kind="pupil", school=cast.school, starts_on=today_at(7).date())
    db_session.commit()
    settings = app.config["SETTINGS"]
    made = create_app(Config(mode="demonstration", database_url=settings.database_url, jobs_path=settings.jobs_path))
    yield made
    release(made)


def test_in_a_demonstration_one_click_signs_in(demonstration: Flask) -> None:
    client = Visitor(demonstration)
    assert "/try/pupil" in client.get("/").text
    assert client.submit("/try/pupil").location == _address(demonstration, "pupil.home")
    assert "演示学生" in client.get("/account").text
    assert client.submit("/try/headmaster").status_code == 404
    assert client.submit("/try/bureau").status_code == 404  # this city has no such part


def test_anywhere_else_nobody_is_signed_in_by_a_click(app: Flask, demonstration: Flask) -> None:
    client = Visitor(app)
    assert "/try/" not in client.get("/").text
    assert client.submit("/try/pupil").status_code == 404
    assert client.get("/account").status_code == 302


def test_the_clock_of_the_page_shows_the_first_minute_that_works() -> None:
    at = datetime(2026, 10, 17, 1, 0, 1, tzinfo=UTC)
    assert attempt._shown_minute(at) == "09:01"
    assert attempt._shown_minute(at.replace(second=0)) == "09:00"
