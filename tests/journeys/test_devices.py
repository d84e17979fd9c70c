"""A tablet becomes a device and stops being one, as staff see it; and the description of the interface in a browser."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser import OpenBrowser
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.tablets import Tablet
from tests.journeys.steps import sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def staff(db_session: Session, cast: Cast, clock: HeldClock, open_browser: OpenBrowser) -> Page:
    """The phone of one of the venue's staff, signed in. The test's session lets go of the database."""
    clock.set(today_at(8))
    login_name = cast.venue_staff.login_name
    db_session.commit()
    phone = open_browser()
    sign_in(phone, login_name)
    return phone


def test_from_the_code_to_the_device_and_its_end(app: Flask, staff: Page) -> None:
    staff.get_by_role("link", name="扫码设备").click()
    expect(staff.get_by_role("main")).to_contain_text("还没有登记设备")
    staff.get_by_label("设备名称").fill("东门的平板")
    staff.get_by_role("button", name="生成登记码").click()
    expect(staff.get_by_role("img", name="登记码的二维码")).to_be_visible()
    tablet = Tablet(app, today_at(8))
    assert tablet.enrol(staff.locator(".device-code").inner_text()).status_code == 200
    staff.get_by_role("link", name="登记好了，查看设备").click()
    row = staff.get_by_role("row", name="东门的平板")
    expect(row).to_contain_text("使用中")
    row.get_by_role("link", name="停用设备").click()
    staff.get_by_role("button", name="确认停用").click()
    expect(staff.get_by_role("row", name="东门的平板")).to_contain_text("已停用")
    assert tablet.ask("/api/device/occurrences").status_code == 403


def test_the_interface_s_description_is_drawn_from_our_own_host(page: Page) -> None:
    """Under the policy of every page; that nobody else is asked is what the watch over every test sees."""
    page.goto("/api/docs")
    expect(page.get_by_role("main")).to_contain_text("/api/device/batches")
    page.get_by_text("Scans that waited on the device").click()
    expect(page.get_by_text("nobody we know").first).to_be_hidden()
    expect(page.get_by_text("too large").locator("visible=true").first).to_be_visible()
    page.get_by_role("link", name="Batch", exact=True).locator("visible=true").first.click()
    assert urlsplit(page.url).fragment == "Batch"
