"""More people sign in than the machine can check: they are told, keep what they scanned, and get in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.faces.account import turns
from credit_app.people import passwords
from credit_app.people.actions import issue_activation
from credit_app.people.line import Line
from tests.browser import OpenBrowser
from tests.cast import PASSWORD, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, code_of, scans
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    """A line of this test's own: one at once, none waiting in a thread, one let in."""
    made = Line(at_once=1, waiting=0, admitted=1)
    monkeypatch.setattr(passwords, "line", made)
    monkeypatch.setattr(turns, "line", made)
    return made


@contextmanager
def somebody_signing_in(line: Line) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(line.visit(None))
        stack.enter_context(line.seat())
        yield


def test_without_a_seat_the_claim_s_page_says_how_many_are_ahead_and_keeps_all_but_the_password(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, line: Line
) -> None:
    phone, now = Phone(app), clock.set(today_at(13))
    phone.open_code(cast.visit, "in", now)
    with somebody_signing_in(line):
        answer = phone.sign_in_and_confirm(cast.pupil.user)
    assert (answer.status_code, int(answer.headers["Retry-After"]) <= 60) == (503, True)
    assert "前面还有 1 人" in answer.text
    assert "扫码的时间不会变" in answer.text
    assert 'value="linxiaoyu"' in answer.text
    assert PASSWORD not in answer.text
    assert scans(db_session) == []
    clock.forward(minutes=3)
    assert "签到成功" in phone.sign_in_and_confirm(cast.pupil.user, page=answer.text).text
    db_session.rollback()
    assert db_session.scalars(select(Attendance.first_in_at)).one() == now


def test_the_sign_in_page_and_activation_say_it_too(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, line: Line
) -> None:
    clock.set(today_at(8))
    code = issue_activation(db_session, user=cast.colleague, issued_by=cast.counselor, now=today_at(7))
    client = Visitor(app)
    with somebody_signing_in(line):
        answer = client.submit("/sign-in", {"login_name": "zhou", "password": PASSWORD}, seen_on="/sign-in")
        assert (answer.status_code, "前面还有 1 人" in answer.text) == (503, True)
        fields = {"login_name": "wu", "code": code, "password": "silver-meadow-64", "repeated": "silver-meadow-64"}
        answer = client.submit("/activate", fields, seen_on="/activate")
        assert (answer.status_code, "前面还有 1 人" in answer.text) == (503, True)
    assert client.submit("/activate", fields, seen_on="/activate").status_code == 302, "the code was not spent"


def test_who_found_no_seat_has_not_failed(app: Flask, cast: Cast, clock: HeldClock, line: Line) -> None:
    """Waiting is no guess: nobody is locked out for having come with the crowd."""
    clock.set(today_at(8))
    client = Visitor(app)
    fields = {"login_name": "zhou", "password": PASSWORD}
    with somebody_signing_in(line):
        for _ in range(6):
            assert client.submit("/sign-in", fields, seen_on="/sign-in").status_code == 503
    assert client.submit("/sign-in", fields, seen_on="/sign-in").status_code == 302


def test_asking_for_one_s_turn_costs_the_database_nothing(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, line: Line
) -> None:
    clock.set(today_at(8))
    with somebody_signing_in(line), count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        told = Visitor(app).get("/sign-in/turn").get_json()
    assert seen == []
    assert (told["go"], told["ahead"]) == (False, 1)
    assert told["again_in_ms"] >= 100
    again = Visitor(app).get("/sign-in/turn", query_string={"ticket": told["ticket"]}).get_json()
    assert again == {"go": True, "ahead": 0, "again_in_ms": 0, "ticket": told["ticket"]}


@pytest.mark.browser
def test_the_page_waits_with_name_and_password_and_goes_on_by_itself(
    app: Flask, db_session: Session, cast: Cast, open_browser: OpenBrowser, clock: HeldClock, line: Line
) -> None:
    address = "/K/" + code_of(cast.visit, "in", clock.set(today_at(13)))
    db_session.commit()
    phone = open_browser()
    phone.goto(address)
    phone.get_by_label("用户名").fill("linxiaoyu")
    phone.get_by_label("密码", exact=True).fill(PASSWORD)
    button = phone.get_by_role("button", name="登录并签到")
    with somebody_signing_in(line):
        button.click()
        expect(phone.get_by_role("status").filter(has_text="前面还有 1 人，请稍候")).to_be_visible()
        expect(phone.get_by_role("button", name="正在登录…")).to_have_attribute("aria-disabled", "true")
        # A second tap asks for nothing more, and the page stays.
        phone.get_by_role("button", name="正在登录…").click(force=True)
        expect(phone.get_by_label("用户名")).to_have_value("linxiaoyu")
    expect(phone.get_by_role("heading", name="签到成功")).to_be_visible()
    assert scans(db_session) == ["ok"]


@pytest.mark.browser
def test_when_the_question_fails_the_form_is_sent_all_the_same(
    app: Flask, db_session: Session, cast: Cast, open_browser: OpenBrowser, clock: HeldClock
) -> None:
    address = "/K/" + code_of(cast.visit, "in", clock.set(today_at(13)))
    db_session.commit()
    phone = open_browser()
    phone.route("**/sign-in/turn*", lambda route: route.fulfill(status=204))
    phone.goto(address)
    phone.get_by_label("用户名").fill("linxiaoyu")
    phone.get_by_label("密码", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="登录并签到").click()
    expect(phone.get_by_role("heading", name="签到成功")).to_be_visible()
