"""Signing in and out, as a browser meets it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from credit_app.extensions import db
from credit_app.organisations.models import School
from credit_app.people import actions as people
from credit_app.people import passwords
from credit_app.people import sign_in as sign_in_room
from credit_app.storage import writing
from tests.cast import PASSWORD, Cast, today_at
from tests.conftest import HeldClock
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


def test_each_arrives_where_their_work_begins(app: Flask, cast: Cast) -> None:
    for name, home in (
        ("linxiaoyu", "pupil.home"),
        ("zhou", "teacher.home"),
        ("zheng", "teacher.home"),
        ("venue.chen", "venue.home"),
        ("bureau.song", "bureau.home"),
    ):
        answer = _send(Visitor(app), name)
        assert (answer.status_code, answer.location) == (302, _address(app, home)), name


def test_somebody_without_any_role_arrives_at_their_account(client: Visitor, db_session: Session, cast: Cast) -> None:
    people.create_user(db_session, login_name="formerly", display_name="前同事", password=PASSWORD, now=today_at(7))
    answer = _send(client, "formerly")
    assert answer.location == "/account"
    assert "您现在没有任何身份" in client.get("/account").text


def test_after_signing_in_one_is_back_where_one_wanted_to_go(client: Visitor, cast: Cast) -> None:
    asked = client.get("/account?from=card")
    assert asked.location == "/sign-in?next=/account?from%3Dcard"
    page = client.get(asked.location).text
    assert 'value="/account?from=card"' in page
    assert _send(client, "linxiaoyu", next="/account?from=card").location == "/account?from=card"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "account",
    ],
)
@pytest.mark.sqlite_only
def test_no_link_leads_elsewhere_after_signing_in(client: Visitor, cast: Cast, elsewhere: str) -> None:
    assert _send(client, "linxiaoyu", next=elsewhere).location == _address(client.application, "pupil.home")
    assert client.submit("/language", {"language": "en", "next": elsewhere}).location == "/"


def test_a_wrong_password_is_told_without_giving_it_back(client: Visitor, cast: Cast) -> None:
    answer = _send(client, "linxiaoyu", WRONG)
    assert answer.status_code == 422
    assert "用户名或密码不正确" in answer.text
    assert 'value="linxiaoyu"' in answer.text
    assert WRONG not in answer.text
    assert client.get("/account").status_code == 302


def test_empty_fields_are_named(client: Visitor, cast: Cast) -> None:
    answer = _send(client, "", "")
    assert answer.status_code == 422
    assert "请填写用户名。" in answer.text
    assert "请填写密码。" in answer.text


def test_after_a_failure_known_and_unknown_names_are_shown_the_same_page(app: Flask, cast: Cast) -> None:
    def told(name: str) -> list[str]:
        text = _send(Visitor(app), name, WRONG).text
        return [line.strip() for line in text.splitlines() if "csrf" not in line and name not in line]

    assert told("linxiaoyu") == told("nobody-is-called-so")


def test_the_school_is_asked_for_only_when_it_must(app: Flask, db_session: Session, cast: Cast) -> None:
    client = Visitor(app)
    assert "海天学校" not in client.get("/sign-in").text
    people.create_user(
        db_session,
        login_name="linxiaoyu",
        display_name="林小雨",
        school=cast.other_school,
        password=PASSWORD,
        now=today_at(7),
    )
    asked = _send(client, "linxiaoyu")
    assert asked.status_code == 200
    assert "请选择您的学校" in asked.text
    assert "海天学校" in asked.text
    assert "青蓝学校" in asked.text
    chosen = _send(client, "linxiaoyu", school=cast.other_school.public_id)
    assert chosen.location == "/account"
    assert "林小雨" in client.get("/account").text


def test_after_five_failures_the_page_says_when_to_come_back(client: Visitor, cast: Cast, clock: HeldClock) -> None:
    for _ in range(4):
        assert _send(client, "linxiaoyu", WRONG).status_code == 422
    blocked = _send(client, "linxiaoyu", WRONG)
    assert blocked.status_code == 429
    assert int(blocked.headers["Retry-After"]) >= 30
    assert "08:01" in blocked.text
    assert _send(client, "linxiaoyu").status_code == 429
    clock.forward(seconds=30)
    assert _send(client, "linxiaoyu").status_code == 302


@pytest.mark.sqlite_only
def test_a_whole_class_behind_one_address_gets_in_and_a_guesser_is_slowed_down(client: Visitor, cast: Cast) -> None:
    answers = [_send(client, f"guess{number}", "").status_code for number in range(121)]
    assert answers == [422] * 120 + [429]


# The cookie.


def _cookie(client: Visitor) -> str:
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


def test_a_cookie_copied_before_signing_out_is_worth_nothing_afterwards(app: Flask, cast: Cast) -> None:
    client, thief = Visitor(app), Visitor(app)
    client.sign_in(cast.homeroom_teacher)
    thief.set_cookie("session", _cookie(client))
    assert "周老师" in thief.get("/account").text
    assert client.submit("/sign-out").location == "/"
    assert thief.get("/account").location == "/sign-in?next=/account"
    assert client.get("/account").status_code == 302


def test_what_was_planted_before_the_sign_in_does_not_become_one(app: Flask, cast: Cast) -> None:
    victim, attacker = Visitor(app), Visitor(app)
    attacker.get("/sign-in")
    planted = _cookie(attacker)
    victim.set_cookie("session", planted)
    victim.sign_in(cast.homeroom_teacher)
    assert _cookie(victim) != planted
    assert attacker.get("/account").status_code == 302


def test_signing_in_as_somebody_else_ends_the_sign_in_of_before(app: Flask, cast: Cast) -> None:
    client, earlier = Visitor(app), Visitor(app)
    client.sign_in(cast.homeroom_teacher)
    earlier.set_cookie("session", _cookie(client))
    client.sign_in(cast.colleague)
    assert "吴老师" in client.get("/account").text
    assert earlier.get("/account").status_code == 302


def test_the_cookie_is_for_this_site_alone_and_outlives_the_browser_only_on_ones_own_device(
    app: Flask, cast: Cast
) -> None:
    def cookie(**more: str) -> str:
        return next(
            header for header in _send(Visitor(app), "linxiaoyu", **more).headers.getlist("Set-Cookie") if header
        )

    shared, own = cookie(), cookie(on_own_device="y")
    for one in (shared, own):
        assert "HttpOnly" in one
        assert "SameSite=Lax" in one
    assert "Expires" not in shared
    assert "Expires" in own


def test_a_form_without_its_token_changes_nothing(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.homeroom_teacher)
    for path in ("/sign-out", "/language", "/sign-in", "/activate", "/account/password"):
        refused = client.post(path, data={"language": "en"})
        assert refused.status_code == 400, path
        assert "打开得太久" in refused.text
    assert client.get("/account").status_code == 200


# Passwords and transactions.


@pytest.mark.sqlite_only
def test_nobody_waits_for_a_password_to_be_checked(
    client: Visitor, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a hash is being computed, somebody else can write: on SQLite there is one write lock for everybody."""
    writes: list[int] = []
    code = people.issue_activation(db_session, user=cast.colleague, issued_by=cast.counselor, now=today_at(7))
    client.sign_in(cast.homeroom_teacher)
    impatient = db.engine

    def write_meanwhile() -> None:
        with writing(), impatient.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 1")
            connection.execute(update(School).values(name=School.name))
            connection.rollback()
        writes.append(1)

    def checked(password: str, stored: str | None) -> bool:
        write_meanwhile()
        return passwords.password_matches(password, stored)

    def hashed(password: str) -> str:
        write_meanwhile()
        return passwords.hash_password(password)

    monkeypatch.setattr(sign_in_room, "password_matches", checked)
    monkeypatch.setattr(sign_in_room, "hash_password", hashed)
    monkeypatch.setattr("credit_app.people.activation.hash_password", hashed)
    fields = {"current": PASSWORD, "password": NEW, "repeated": NEW}
    assert client.submit("/account/password", fields).status_code == 302
    assert _send(client, "linxiaoyu").status_code == 302
    assert _send(client, "linxiaoyu", WRONG).status_code == 422
    fields = {"login_name": "wu", "code": code, "password": NEW, "repeated": NEW}
    assert client.submit("/activate", fields).status_code == 302
    assert len(writes) == 5  # the change checks one and hashes one
