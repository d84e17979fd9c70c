"""The harness itself: tests that rest on it may trust what they see."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app import clock as program_clock
from credit_app.extensions import db
from credit_app.organisations.actions import create_district
from credit_app.organisations.models import District
from tests.browser import Watch
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.mark.parametrize("attempt", [1, 2])
def test_no_test_sees_what_another_wrote(db_session: Session, attempt: int) -> None:
    assert db_session.scalar(select(func.count()).select_from(District)) == 0
    create_district(db_session, code="x", name=f"{attempt}")
    db_session.commit()


def test_everybody_of_the_cast_can_sign_in(app: Flask, cast: Cast) -> None:
    assert len(cast.users()) == 13
    for user in cast.users().values():
        assert Visitor(app).sign_in(user).status_code == 302


def test_two_visitors_are_two_people(app: Flask, cast: Cast) -> None:
    teacher, stranger = Visitor(app), Visitor(app)
    teacher.sign_in(cast.homeroom_teacher)
    assert cast.homeroom_teacher.display_name in teacher.get("/").text
    assert cast.homeroom_teacher.display_name not in stranger.get("/").text


def test_only_what_is_asked_of_the_database_is_counted(db_session: Session) -> None:
    db_session.rollback()
    with count_statements(db.engine) as statements:
        db_session.scalars(select(District)).all()
        with db_session.begin_nested():
            create_district(db_session, code="a", name="甲")
        db_session.commit()
    assert [statement.split()[0] for statement in statements] == ["SELECT", "SELECT", "INSERT"]


def test_the_clock_stands_where_it_was_set_and_goes_on_when_moved(clock: HeldClock) -> None:
    clock.set(today_at(9))
    assert program_clock.now() == today_at(9)
    assert clock.forward(minutes=45) == program_clock.now() == today_at(9, 45)


@pytest.mark.browser
def test_the_browser_is_a_phone_in_shanghai_that_reads_chinese(page: Page) -> None:
    page.goto("/")
    zone = page.evaluate("[Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.language, innerWidth]")
    assert zone == ["Asia/Shanghai", "zh-CN", 390]
    assert page.locator("html").get_attribute("lang") == "zh-CN"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("location.assign('http://elsewhere.test/')", "called another host"),
        ("fetch('http://elsewhere.test/').catch(() => {})", "Content Security Policy"),
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        ("console.error('broken')", "broken"),
        ("setTimeout(() => { throw new Error('stopped') })", "JavaScript stopped"),
    ],
    ids=["leaving for another host", "calling another host", "inline style", "an error", "an exception"],
)
def test_the_watch_sees(page: Page, watch: Watch, script: str, complaint: str) -> None:
    page.goto("/")
    page.evaluate(f"() => {{ {script} }}")
    page.wait_for_timeout(300)
    assert any(complaint in told for told in watch.verdict())
    watch.forget()


@pytest.mark.browser
def test_a_page_that_is_not_there_is_no_complaint(page: Page) -> None:
    answer = page.goto("/no-such-page")
    assert answer is not None
    assert answer.status == 404
