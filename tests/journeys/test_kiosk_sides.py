"""The screen in the hall: in and out at once or one of them, as large as the hall needs, on whatever tablet it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from credit_app.attendance.kiosk_code import check, read_code
from tests.browser import OpenBrowser, Watch
from tests.cast import Cast
from tests.journeys.steps import sign_in
from tests.journeys.test_kiosk import CUT, HALL, has_heard, judged, now_on, open_screen
from tests.pictures import qr_texts

__all__ = ["now_on"]

pytestmark = pytest.mark.browser


def codes_on(page: Page, browser: Browser) -> list[str]:
    """The codes that an independent decoder reads from a picture of the whole screen."""
    return [address.rpartition("/")[2] for address in qr_texts(browser, page.screenshot())]


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1024, 768), (768, 1024)])
def test_both_codes_stand_side_by_side_and_both_are_good(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str, width: int, height: int
) -> None:
    page = open_browser(width=width, height=height)
    open_screen(page, now_on, "both")
    assert sorted(judged(app, code) for code in codes_on(page, browser)) == [("in", "ok"), ("out", "ok")]
    first, second = (page.locator(f"[data-side={side}]").bounding_box() for side in ("in", "out"))
    assert first is not None
    assert second is not None
    assert first["x"] + first["width"] < second["x"]
    assert abs(first["y"] - second["y"]) < 2
    foot = page.locator(".screen-foot").bounding_box()
    assert foot is not None
    assert first["y"] + first["height"] <= foot["y"]


def test_switching_needs_neither_the_network_nor_who_opened_the_screen(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    page = open_browser(**HALL)
    page.add_init_script(CUT)
    open_screen(page, now_on)
    has_heard(page)
    page.context.clear_cookies()
    page.evaluate("window.cut = true")
    page.get_by_role("link", name="切换到签退").click()
    expect(page.locator(".kiosk-direction:visible")).to_have_text("签退")
    expect(page.get_by_text("看到“签退成功”再离开")).to_be_visible()
    assert [judged(app, code) for code in codes_on(page, browser)] == [("out", "ok")]
    page.get_by_role("link", name="双码").click()
    expect(page.locator(".kiosk-direction:visible")).to_have_text(["签到", "签退"])
    assert "direction=both" in page.url, "a tablet that starts anew comes back with it"


def test_the_large_code_takes_the_height_of_the_hall_s_screen_and_stays(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    page = open_browser(**HALL)
    open_screen(page, now_on)
    page.get_by_role("button", name="大码").click()
    page.reload()
    expect(page.get_by_role("button", name="大码")).to_have_attribute("aria-pressed", "true")
    frame = page.locator("[data-side=in] [data-frame]").bounding_box()
    assert frame is not None
    assert frame["height"] > 0.78 * HALL["height"]
    assert frame["y"] >= 0
    assert frame["y"] + frame["height"] <= HALL["height"]
    assert [judged(app, code) for code in codes_on(page, browser)] == [("in", "ok")]


def test_dark_dots_on_white_with_room_around_whatever_the_device_does_to_colours(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    page = open_browser(**HALL, color_scheme="dark", forced_colors="active")
    open_screen(page, now_on)
    drawing = page.locator("[data-side=in] svg[role=img]")
    assert str(drawing.get_attribute("viewBox")).startswith("-4 -4 "), "four dots of white"
    assert [judged(app, code) for code in codes_on(page, browser)] == [("in", "ok")]


@pytest.mark.parametrize("wrong_by", [timedelta(days=1), timedelta(days=-1)], ids=["a day ahead", "a day behind"])
def test_a_tablet_whose_clock_is_wrong_by_a_day_shows_codes_of_this_moment(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str, wrong_by: timedelta
) -> None:
    page = open_browser(**HALL)
    page.add_init_script(CUT)
    page.clock.install(time=datetime.now(UTC) + wrong_by)
    open_screen(page, now_on)
    has_heard(page)
    expect(page.locator("[data-screen-alarm]")).to_be_hidden()
    assert [judged(app, code) for code in codes_on(page, browser)] == [("in", "ok")]
    shown_time = page.locator("[data-clock]").inner_text()
    now = datetime.now(UTC) + timedelta(hours=8)
    assert shown_time in {f"{now - timedelta(minutes=1):%H:%M}", f"{now:%H:%M}"}, "the server's time, not the tablet's"


def test_a_tablet_that_was_rebooted_goes_on(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    """Its monotonic clock begins at nothing again."""
    page = open_browser(**HALL)
    open_screen(page, now_on)
    page.reload()
    assert page.evaluate("performance.now()") < 30_000
    assert [judged(app, code) for code in codes_on(page, browser)] == [("in", "ok")]


def test_without_a_wake_lock_the_screen_says_what_to_set(open_browser: OpenBrowser, now_on: str) -> None:
    page = open_browser(**HALL)
    page.add_init_script("delete Navigator.prototype.wakeLock")
    open_screen(page, now_on)
    expect(page.get_by_text("这台设备可能自动熄屏")).to_be_visible()


def test_with_a_wake_lock_it_does_not(open_browser: OpenBrowser, now_on: str) -> None:
    page = open_browser(**HALL)
    page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'wakeLock', {value: {request: () => Promise.resolve({})}})"
    )
    open_screen(page, now_on)
    expect(page.get_by_text("共到场")).to_be_visible()
    expect(page.get_by_text("这台设备可能自动熄屏")).to_be_hidden()


def test_several_screens_and_tabs_show_the_same_and_killing_ends_the_others_but_no_open_claim(
    app: Flask, db_session: Session, cast: Cast, open_browser: OpenBrowser, browser: Browser, now_on: str, watch: Watch
) -> None:
    hall = open_browser(**HALL)
    hall.add_init_script(CUT)
    hall.clock.install(time=datetime.now(UTC))
    open_screen(hall, now_on, "both")
    has_heard(hall)
    desk = open_browser(**HALL)
    open_screen(desk, now_on)
    tab = desk.context.new_page()
    tab.goto(f"/venue/occurrences/{now_on}/kiosk?direction=out")
    assert {direction for page in (hall, desk, tab) for direction, status in said(app, page, browser)} == {"in", "out"}
    phone = open_browser()
    (code,) = codes_on(desk, browser)
    phone.goto(f"/K/{code}")
    old_typed = hall.locator("[data-side=in] [data-typed]").inner_text()

    desk.get_by_role("button", name="作废已显示的码").click()
    desk.get_by_role("button", name="全部作废").click()
    expect(desk.get_by_role("status")).to_contain_text("之前显示的码全部作废")
    hall.clock.run_for(11_000)
    expect(hall.locator("[data-screen-alarm]")).to_contain_text("签到码已停用")
    expect(hall.locator("[data-frame]:visible")).to_have_count(0)
    expect(hall.locator("[data-typed]:visible")).to_have_count(0)
    (new,) = codes_on(desk, browser)
    read = read_code(new)
    assert read is not None
    with app.app_context():
        assert check(read, epoch=2, now=datetime.now(UTC)) == "ok"

    # Who had opened a code before is there; who types or scans one that was killed is told to take the new one.
    other = open_browser()
    other.goto("/k/code")
    other.get_by_label("签到短码").fill(old_typed)
    other.get_by_role("button", name="用短码签到或签退").click()
    expect(other.get_by_text("这个码已经过期").first).to_be_visible()
    phone.get_by_label("用户名").fill("linxiaoyu")
    phone.get_by_label("密码", exact=True).fill("tidal-lantern-83")
    phone.get_by_role("button", name="登录并签到").click()
    expect(phone.get_by_role("heading", name="签到成功")).to_be_visible()
    watch.forget()  # the other screens were told 401, which is what ended them


def said(app: Flask, page: Page, browser: Browser) -> list[tuple[str, str]]:
    verdicts = [judged(app, code) for code in codes_on(page, browser)]
    assert {status for _direction, status in verdicts} == {"ok"}
    return verdicts


def test_a_pupil_whose_camera_fails_types_what_stands_beside_the_qr(open_browser: OpenBrowser, now_on: str) -> None:
    screen = open_browser(**HALL)
    open_screen(screen, now_on)
    line = screen.locator("[data-side=in] [data-typed-line]")
    where = re.search(r"打开 (\S+) 输入", line.inner_text())
    assert where is not None
    phone = open_browser()
    sign_in(phone, "linxiaoyu")
    phone.goto(f"http://{where.group(1)}")
    # With the keyboard alone, and as a child types.
    phone.get_by_label("签到短码").focus()
    phone.keyboard.type(line.locator("[data-typed]").inner_text().lower().replace(" ", ""))
    phone.keyboard.press("Enter")
    phone.get_by_role("button", name="确认签到").press("Enter")
    expect(phone.get_by_role("heading", name="签到成功")).to_be_visible()
    phone.get_by_text("显示回执二维码").click()
    expect(phone.get_by_role("img", name="回执二维码")).to_be_visible()
    phone.locator(".receipt-code a").click()
    expect(phone.get_by_role("heading", name="记录属实，现在有效")).to_be_visible()
