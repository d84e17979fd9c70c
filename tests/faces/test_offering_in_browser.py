"""Venue staff fill in an activity and an officer approves it, in a real browser, with and without its scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser import OpenBrowser
from tests.cast import PASSWORD, Cast, today_at
from tests.conftest import HeldClock

pytestmark = pytest.mark.browser


@pytest.fixture
def names(db_session: Session, cast: Cast, clock: HeldClock) -> dict[str, str]:
    """Who signs in by which name. The test's own session lets go of the database, which the browser's requests need."""
    clock.set(today_at(8))
    found = {"staff": cast.venue_staff.login_name, "officer": cast.officer.login_name}
    db_session.commit()
    return found


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_the_worth_follows_the_form_and_the_end_follows_the_start(
    open_browser: OpenBrowser, names: dict[str, str]
) -> None:
    page = open_browser()
    sign_in(page, names["staff"])
    page.goto("/venue/activities/new")
    worth = page.locator("[data-worth]")
    expect(worth).to_contain_text("选好类别、年级和时间后")
    page.get_by_text("探究课程").click()
    expect(worth).to_contain_text("120 分钟")  # the suggestion: next Saturday from nine to eleven
    expect(worth).to_contain_text("+1")
    page.get_by_label("开始").fill("2026-10-25T14:00")
    page.get_by_label("开始").blur()
    expect(page.get_by_label("结束")).to_have_value("2026-10-25T16:00")
    page.get_by_label("结束").fill("2026-10-25T15:30")
    page.get_by_label("结束").blur()
    expect(worth).to_contain_text("90 分钟")
    expect(worth).to_contain_text("+0.5")


def test_from_the_form_to_the_programme_in_a_few_clicks(open_browser: OpenBrowser, names: dict[str, str]) -> None:
    venue = open_browser(width=1280, height=800)
    sign_in(venue, names["staff"])
    venue.get_by_role("link", name="发布活动").click()
    venue.get_by_label("活动名称").fill("夜观星空")
    venue.get_by_text("科普讲座").click()
    venue.get_by_role("button", name="先存草稿").click()
    venue.get_by_role("button", name="提交审核").click()
    venue.get_by_role("dialog").get_by_role("button", name="提交审核").click()
    expect(venue.get_by_role("status")).to_contain_text("已提交教育局审核")

    officer = open_browser(width=1280, height=800)
    sign_in(officer, names["officer"])
    officer.get_by_role("link", name="夜观星空").click()
    officer.get_by_role("button", name="通过并公开").click()
    officer.get_by_role("dialog").get_by_role("button", name="通过").click()
    expect(officer.get_by_role("status")).to_contain_text("已通过“夜观星空”")

    anybody = open_browser()
    anybody.goto("/programme")
    expect(anybody.get_by_role("link", name="夜观星空")).to_be_visible()


def test_without_scripts_the_same_form_works(open_browser: OpenBrowser, names: dict[str, str]) -> None:
    page = open_browser(java_script_enabled=False)
    sign_in(page, names["staff"])
    page.goto("/venue/activities/new")
    page.get_by_label("活动名称").fill("夜观星空")
    page.get_by_label("科普讲座").check()
    page.get_by_role("button", name="先存草稿").click()
    expect(page.get_by_role("status")).to_contain_text("草稿已保存")
    expect(page.get_by_text("每名学生参加一场（120 分钟）最多可得")).to_be_visible()
    expect(page.get_by_text("+0.3")).to_be_visible()
