"""The screen in the hall in a real browser: read from afar, turned in time, honest when it has nothing to show."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.kiosk_code import check, read_code
from tests.browser import OpenBrowser
from tests.cast import Cast
from tests.journeys.steps import sign_in
from tests.pictures import qr_texts

pytestmark = pytest.mark.browser

HALL = {"width": 1920, "height": 1080}
# The network is cut, or answers what the test says, without the browser's complaint that a request has failed.
CUT = """
window.cut = false;
window.answer = null;
window.asked = 0;
const reach = window.fetch;
window.fetch = (...request) => {
    window.asked += 1;
    if (window.cut) { return Promise.reject(new TypeError('no network')); }
    if (window.answer) { return Promise.resolve(new Response(JSON.stringify(window.answer), {status: 401})); }
    return reach(...request).then((response) => {
        const read = response.json.bind(response);
        response.json = () => read().then((told) => { document.documentElement.dataset.heard = 'yes'; return told; });
        return response;
    });
};
"""


@pytest.fixture
def now_on(db_session: Session, cast: Cast) -> str:
    """The public id of a visit that goes on at this very moment: the screen is about real seconds."""
    now = datetime.now(UTC)
    cast.visit.starts_at, cast.visit.ends_at = now - timedelta(minutes=20), now + timedelta(hours=3)
    public_id = cast.visit.public_id
    db_session.commit()
    return public_id


def open_screen(page: Page, public_id: str, direction: str = "in") -> None:
    sign_in(page, "venue.chen")
    page.goto(f"/venue/occurrences/{public_id}/kiosk?direction={direction}")


def has_heard(page: Page) -> None:
    """The page has its first codes. (A function to wait for would be evaluated in the page, which its CSP refuses.)"""
    expect(page.locator("html")).to_have_attribute("data-heard", "yes")


def code_on(page: Page, browser: Browser) -> str:
    """The code that an independent decoder reads from a picture of the whole screen."""
    (address,) = qr_texts(browser, page.screenshot())
    found = re.fullmatch(r"HTTP://127\.0\.0\.1:\d+/K/([0-9A-Z]{32})", address)
    assert found is not None, address
    return found.group(1)


def judged(app: Flask, text: str) -> tuple[str, str]:
    code = read_code(text)
    assert code is not None
    with app.app_context():
        return code.direction, check(code, epoch=1, now=datetime.now(UTC))


@pytest.mark.parametrize(("direction", "word"), [("in", "签到"), ("out", "签退")])
def test_the_code_is_read_from_a_picture_and_good(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str, direction: str, word: str
) -> None:
    page = open_browser(**HALL)
    open_screen(page, now_on, direction)
    expect(page.locator(".kiosk-direction:visible")).to_have_text(word)
    assert judged(app, code_on(page, browser)) == (direction, "ok")


def test_the_code_is_read_from_across_the_hall(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    """A full-HD screen that a camera sees only 400 dots wide."""
    page = open_browser(**HALL, device_scale_factor=400 / 1920)
    open_screen(page, now_on)
    assert judged(app, code_on(page, browser)) == ("in", "ok")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1280, 800), (3840, 2160)])
def test_every_screen_shows_it_whole(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str, width: int, height: int
) -> None:
    page = open_browser(width=width, height=height)
    open_screen(page, now_on)
    assert judged(app, code_on(page, browser)) == ("in", "ok")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    count, foot = page.locator(".screen-count").bounding_box(), page.locator(".screen-foot").bounding_box()
    assert count is not None
    assert foot is not None
    assert count["y"] + count["height"] <= foot["y"], "the count stands above the foot of the screen, not behind it"


def test_the_code_turns_by_itself_and_the_count_with_it(
    app: Flask, db_session: Session, cast: Cast, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    page = open_browser(**HALL)
    open_screen(page, now_on)
    expect(page.locator("[data-inside]")).to_have_text("0")
    first = page.locator("[data-side=in] [data-frame] path").get_attribute("d")
    came_in(db_session, cast)
    expect(page.locator("[data-side=in] [data-frame] path")).not_to_have_attribute("d", str(first), timeout=15_000)
    expect(page.locator("[data-inside]")).to_have_text("1", timeout=15_000)
    expect(page.locator("[data-came]")).to_have_text("1")
    assert judged(app, code_on(page, browser)) == ("in", "ok")


def came_in(session: Session, cast: Cast) -> None:
    from tests.scenes import scan

    scan(session, cast.pupil, session.get_one(Occurrence, cast.visit.id), "in", datetime.now(UTC))
    session.commit()


def test_without_the_network_it_goes_on_for_two_minutes_and_then_says_so(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    page = open_browser(**HALL)
    page.add_init_script(CUT)
    page.clock.install(time=datetime.now(UTC))
    open_screen(page, now_on)
    has_heard(page)
    frame, alarm = page.locator("[data-side=in] [data-frame]"), page.locator("[data-screen-alarm]")
    page.evaluate("window.cut = true")
    # From here on the page's time moves by our hand alone: a busy machine would add its own seconds to these.
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 5, UTC))
    page.clock.run_for(90_000)
    expect(page.locator("[data-line]")).to_have_text("正在重新连接…")
    expect(frame).to_be_visible()
    expect(alarm).to_be_hidden()
    # The last code fetched is that of the twelfth slot; it is good for a slot and a little more.
    page.clock.run_for(45_000)
    expect(frame).to_be_hidden()
    expect(alarm).to_contain_text("网络中断，码已停用")
    # The browser tells that it is online again; the page's time stands, so that its patience cannot run out meanwhile.
    page.evaluate("window.cut = false; window.dispatchEvent(new Event('online'))")
    expect(frame).to_be_visible()
    expect(alarm).to_be_hidden()
    expect(page.locator("[data-line]")).to_contain_text("码每 10 秒更换")


def test_a_tablet_that_slept_shows_nothing_it_had_before(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    """Its own clock stood still meanwhile, so that an old code would look like the present one."""
    page = open_browser(**HALL)
    page.add_init_script(CUT)
    open_screen(page, now_on)
    has_heard(page)
    frame = page.locator("[data-side=in] [data-frame]")
    expect(frame).to_be_visible()
    page.evaluate("window.cut = true; const now = Date.now; Date.now = () => now() + 600000;")
    expect(frame).to_be_hidden()
    page.evaluate("window.cut = false")
    expect(frame).to_be_visible(timeout=15_000)
    assert judged(app, code_on(page, browser)) == ("in", "ok")


def test_a_screen_whose_codes_were_killed_says_so_and_asks_no_more(open_browser: OpenBrowser, now_on: str) -> None:
    page = open_browser(**HALL)
    page.add_init_script(CUT)
    page.clock.install(time=datetime.now(UTC))
    open_screen(page, now_on)
    has_heard(page)
    page.evaluate("window.answer = {status: 'screen_ended', message: '这块屏幕的签到码已停用'}")
    page.clock.run_for(11_000)
    expect(page.locator("[data-screen-alarm]")).to_contain_text("这块屏幕的签到码已停用")
    expect(page.locator("[data-side=in] [data-frame]")).to_be_hidden()
    asked = page.evaluate("window.asked")
    page.clock.run_for(60_000)
    assert page.evaluate("window.asked") == asked


def test_without_scripts_the_page_shows_the_code_and_comes_anew(
    app: Flask, open_browser: OpenBrowser, browser: Browser, now_on: str
) -> None:
    page = open_browser(**HALL, java_script_enabled=False)
    open_screen(page, now_on)
    assert page.locator('meta[http-equiv="refresh"]').get_attribute("content") == "8"
    assert judged(app, code_on(page, browser)) == ("in", "ok")


def test_killing_the_codes_asks_first(open_browser: OpenBrowser, now_on: str) -> None:
    page = open_browser(**HALL)
    open_screen(page, now_on)
    kill = page.get_by_role("button", name="作废已显示的码")
    kill.click()
    page.locator("dialog").get_by_role("button", name="返回").click()
    expect(page.get_by_text("之前显示的码全部作废")).to_be_hidden()
    kill.click()
    page.get_by_role("button", name="全部作废").click()
    expect(page.get_by_role("status")).to_contain_text("之前显示的码全部作废")
    expect(page.locator("[data-side=in] [data-frame]")).to_be_visible()
