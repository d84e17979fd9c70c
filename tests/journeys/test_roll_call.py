"""A class is called where there is no network: the call is kept, survives the tab, and is uploaded by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance, RollCall
from credit_app.verification import verify
from tests.browser import OpenBrowser
from tests.cast import Cast
from tests.journeys.steps import sign_in

pytestmark = pytest.mark.browser

# The network is cut without the browser's complaint that a request has failed.
CUT = """
window.cut = sessionStorage.getItem('cut') === 'yes';
const reach = window.fetch;
window.fetch = (...request) => window.cut ? Promise.reject(new TypeError('no network')) : reach(...request);
"""


@pytest.fixture
def trip(db_session: Session, cast: Cast) -> dict[str, str]:
    """The visit goes on at this very moment; the roll-call page of the class, and who signs in."""
    now = datetime.now(UTC)
    run = cast.visit
    run.starts_at, run.ends_at = now - timedelta(minutes=20), now + timedelta(hours=2)
    page = f"/teacher/roll-calls/{run.public_id}/{cast.school_class.public_id}"
    told = {"page": page, "teacher": cast.homeroom_teacher.login_name, "visit": run.activity.title}
    db_session.commit()
    return told


def kept(page: Page) -> int:
    """How many calls the browser keeps."""
    return page.evaluate(
        "Object.keys(localStorage).filter(k => k.startsWith('roll-calls'))"
        ".reduce((n, k) => n + JSON.parse(localStorage.getItem(k)).length, 0)"
    )


def test_a_call_without_network_is_kept_and_uploaded_once(
    db_session: Session, cast: Cast, open_browser: OpenBrowser, trip: dict[str, str]
) -> None:
    phone = open_browser()
    phone.add_init_script(CUT)
    sign_in(phone, trip["teacher"])
    phone.get_by_role("link", name="点名").first.click()
    phone.get_by_role("link", name=trip["visit"]).click()
    phone.wait_for_url("**" + trip["page"])
    phone.evaluate("sessionStorage.setItem('cut', 'yes'); window.cut = true")
    phone.get_by_role("radiogroup", name="孙浩").get_by_label("未到").check()
    expect(phone.get_by_text("到 1 人，未到 1 人")).to_be_visible()
    phone.get_by_role("button", name="提交到场点名").click()
    expect(phone.locator("[data-outbox]")).to_contain_text("未上传")
    assert kept(phone) == 1

    # A reload, and a tab that was closed, lose nothing.
    phone.reload()
    expect(phone.locator("[data-outbox]")).to_contain_text("未上传")
    other = phone.context.new_page()
    phone.close()
    db_session.rollback()
    assert db_session.scalars(select(RollCall)).all() == []
    db_session.rollback()  # the program must be able to write

    other.goto("/teacher")
    expect(other.locator("[data-outbox]")).to_contain_text("点名已上传")
    assert kept(other) == 0
    other.goto(trip["page"])
    expect(other.get_by_role("main")).to_contain_text("未到 1 人")
    db_session.rollback()
    (call,) = db_session.scalars(select(RollCall)).all()
    assert call.received_at >= call.called_at
    assert db_session.scalars(select(Attendance.student_id)).all() == [cast.pupil.id]
    assert not list(verify(db_session))


def test_it_works_without_javascript(
    db_session: Session, cast: Cast, open_browser: OpenBrowser, trip: dict[str, str]
) -> None:
    laptop = open_browser(width=1280, height=800, java_script_enabled=False)
    sign_in(laptop, trip["teacher"])
    laptop.goto(trip["page"])
    laptop.get_by_role("button", name="提交到场点名").click()
    expect(laptop.get_by_role("status")).to_contain_text("点名已保存")
    laptop.get_by_role("link", name="离场时").click()
    laptop.get_by_role("button", name="提交离场点名").click()
    expect(laptop.get_by_role("status")).to_contain_text("点名已保存")
    db_session.rollback()
    assert {row.proof for row in db_session.scalars(select(Attendance))} == {"roll_call"}
    assert {row.last_out_at is not None for row in db_session.scalars(select(Attendance))} == {True}
    assert not list(verify(db_session))
