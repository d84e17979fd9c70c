"""The pupil's own phone at the door, and what happens to phones there: taps, tabs, the back button, a bad network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.models import ScanEvent
from credit_app.attendance.receipt_code import receipt_text
from tests.browser import OpenBrowser, Watch
from tests.cast import PASSWORD, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import code_of, scans
from tests.journeys.steps import sign_in
from tests.scenes import scan

pytestmark = pytest.mark.browser

Opened = Callable[..., str]


@pytest.fixture
def opened(db_session: Session, cast: Cast, clock: HeldClock) -> Opened:
    """``opened("visit", "in")`` is the address that the screen of the occurrence shows at this moment."""

    def address(part: str = "visit", direction: str = "in") -> str:
        occurrence: Occurrence = getattr(cast, part)
        found = "/K/" + code_of(occurrence, direction, now)
        db_session.commit()
        return found

    now = clock.set(today_at(13))
    return address


def ready_to_confirm(page: Page, address: str) -> None:
    sign_in(page, "linxiaoyu")
    page.goto(address)
    expect(page.get_by_role("button", name="确认签到")).to_be_visible()


def test_the_back_button_after_the_answer_shows_the_answer_again(
    page: Page, db_session: Session, opened: Opened
) -> None:
    ready_to_confirm(page, opened())
    page.get_by_role("button", name="确认签到").click()
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    page.get_by_role("link", name="我的学分").click()
    page.goto("/k")
    page.go_back()
    page.go_forward()
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    assert scans(db_session) == ["ok"]


def test_two_quick_taps_are_one_scan(page: Page, db_session: Session, opened: Opened) -> None:
    ready_to_confirm(page, opened())
    page.get_by_role("button", name="确认签到").dblclick()
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    assert scans(db_session) == ["ok"]


def test_two_tabs_with_two_codes_confirm_nothing_that_they_do_not_show(
    page: Page, db_session: Session, cast: Cast, clock: HeldClock, opened: Opened
) -> None:
    clock.set(today_at(10))
    first = "/K/" + code_of(cast.course, "in", today_at(10))
    second = "/K/" + code_of(cast.lecture, "in", today_at(10))
    db_session.commit()
    ready_to_confirm(page, first)
    tab = page.context.new_page()
    tab.goto(second)
    page.get_by_role("button", name="确认签到").click()
    expect(page.get_by_role("heading", name="这个码属于另一场活动")).to_be_visible()
    assert scans(db_session) == []
    db_session.rollback()  # or the phone's next scan would wait for this session
    page.get_by_role("link", name="返回确认").click()
    expect(page.get_by_role("heading", name="海洋为什么是蓝的")).to_be_visible()
    page.get_by_role("button", name="确认签到").click()
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()


def test_while_the_network_is_slow_the_button_takes_no_second_tap(
    page: Page, db_session: Session, opened: Opened
) -> None:
    held: list[Route] = []
    ready_to_confirm(page, opened())
    page.route("**/k", lambda route: held.append(route))  # noqa: PLW0108 — Playwright cannot call a method of a list
    # By the keyboard, since Playwright's click would wait for the answer that is held back. What the button says
    # meanwhile is tried in tests/looks/test_scripts.py.
    page.get_by_role("button", name="确认签到").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    assert scans(db_session) == ["ok"]


def test_an_answer_that_was_lost_on_the_way_is_there_when_one_looks_again(
    page: Page, db_session: Session, opened: Opened, watch: Watch
) -> None:
    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort("connectionreset")

    ready_to_confirm(page, opened())
    page.route("**/k", lose_the_answer)
    page.get_by_role("button", name="确认签到").click()
    page.wait_for_url("chrome-error://chromewebdata/")
    page.unroute("**/k")
    page.goto("/k")
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    assert scans(db_session) == ["ok"]
    watch.forget()


def test_who_types_too_long_is_told_and_nothing_is_half_done(
    page: Page, db_session: Session, clock: HeldClock, opened: Opened
) -> None:
    page.goto(opened())
    page.get_by_label("用户名").fill("linxiaoyu")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    clock.forward(minutes=5, seconds=1)
    page.get_by_role("button", name="登录并签到").click()
    expect(page.get_by_role("heading", name="扫码后等待太久了")).to_be_visible()
    expect(page.get_by_role("link", name="相机扫不了？输入短码")).to_be_visible()
    assert scans(db_session) == []


def test_the_wrong_account_gives_way_to_the_right_one_and_the_time_stays(
    page: Page, db_session: Session, clock: HeldClock, opened: Opened
) -> None:
    address = opened()
    sign_in(page, "zhou")
    page.goto(address)
    expect(page.get_by_role("heading", name="这不是学生账号")).to_be_visible()
    clock.forward(minutes=2)
    page.get_by_role("button", name="换学生账号").click()
    page.get_by_label("用户名").fill("linxiaoyu")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("密码", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    db_session.rollback()
    assert db_session.scalars(select(ScanEvent.scanned_at)).one() == today_at(13)


def test_a_browser_that_keeps_no_cookies_is_told_what_to_do(page: Page, opened: Opened) -> None:
    page.goto(opened())
    page.context.clear_cookies()
    page.reload()
    expect(page.get_by_role("heading", name="浏览器没有保存 Cookie")).to_be_visible()
    expect(page.get_by_text("请在浏览器设置里允许 Cookie")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390])
def test_every_page_of_the_way_fits_a_small_phone(
    open_browser: OpenBrowser, db_session: Session, cast: Cast, opened: Opened, width: int
) -> None:
    scan(db_session, cast.classmate, cast.visit, "in", today_at(13))
    event = db_session.scalars(select(ScanEvent)).one()
    receipt = "/receipt/" + receipt_text(scan_id=event.id, digest=event.digest)
    phone = open_browser(width=width, height=640)
    for address in ("/k", "/k/code", "/k?opened=1", "/receipt", "/receipt/0", receipt, opened()):
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= width, address
    phone.get_by_label("用户名").fill("linxiaoyu")
    phone.get_by_label("密码", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="登录并签到").click()
    expect(phone.get_by_role("heading", name="签到成功")).to_be_visible()
    phone.get_by_text("显示回执二维码").click()
    assert phone.evaluate("document.documentElement.scrollWidth") <= width


def test_with_the_keyboard_alone_from_the_code_to_the_answer(page: Page, db_session: Session, opened: Opened) -> None:
    page.goto(opened())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.type("linxiaoyu")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="签到成功")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("签到成功")
    assert scans(db_session) == ["ok"]
