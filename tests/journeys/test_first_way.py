"""The first way through the whole product, as five people walk it in their own browsers: a venue offers a course, the
bureau approves it, a pupil scans in and out, the teacher approves the worksheet, and everybody sees the same credit."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.verification import verify
from tests.browser import OpenBrowser
from tests.cast import PASSWORD, Cast, today_at
from tests.conftest import HeldClock
from tests.journeys.steps import sign_in
from tests.pictures import qr_texts

pytestmark = pytest.mark.browser

COURSE = "把海水变成淡水"
LAPTOP = {"width": 1280, "height": 800}
HALL = {"width": 1920, "height": 1080}


@pytest.fixture
def people(db_session: Session, cast: Cast, clock: HeldClock) -> dict[str, str]:
    """Who signs in by which name, on the morning of the course. The test's session lets go of the database."""
    clock.set(today_at(8))
    names = {part: user.login_name for part, user in cast.users().items()}
    db_session.commit()
    return names


def test_from_an_offer_to_a_credit_in_the_class_s_list(
    app: Flask,
    db_session: Session,
    open_browser: OpenBrowser,
    browser: Browser,
    clock: HeldClock,
    people: dict[str, str],
    tmp_path: Path,
) -> None:
    staff = open_browser(**HALL)
    sign_in(staff, people["venue_staff"])
    offer_a_course(staff)

    officer = open_browser(**LAPTOP)
    sign_in(officer, people["officer"])
    approve_it(officer)

    anybody = open_browser()
    anybody.goto("/programme")
    expect(anybody.get_by_role("link", name=COURSE)).to_be_visible()

    clock.set(today_at(9, 50))
    phone = open_browser()
    scan_in_before_signing_in(staff, phone, browser, clock, people["pupil"])
    assert first_in_at(db_session) == today_at(9, 50)

    clock.set(today_at(11, 50))
    scan_out(staff, phone, browser, clock)

    clock.set(today_at(12, 30))
    teacher = open_browser(**LAPTOP)
    sign_in(teacher, people["homeroom_teacher"])
    approve_the_worksheets(teacher)

    clock.set(today_at(13))
    see_the_credit_and_its_reasons(phone)
    see_the_class(teacher, tmp_path)
    assert not list(verify(db_session))


def offer_a_course(staff: Page) -> None:
    """Venue staff fill in a course of two hours and send it for review."""
    staff.get_by_role("link", name="发布活动").click()
    staff.get_by_label("活动名称").fill(COURSE)
    staff.get_by_label("探究课程").check()
    staff.get_by_label("开始").fill("2026-10-17T10:00")
    staff.get_by_label("结束").fill("2026-10-17T12:00")
    staff.get_by_role("button", name="提交审核").click()
    expect(staff.get_by_role("status")).to_contain_text("已提交教育局审核")


def approve_it(officer: Page) -> None:
    """The officer reads it and publishes it."""
    officer.get_by_role("link", name=COURSE).click()
    officer.get_by_role("button", name="通过并公开").click()
    officer.get_by_role("dialog").get_by_role("button", name="通过").click()
    expect(officer.get_by_role("status")).to_contain_text(COURSE)


def scan_in_before_signing_in(staff: Page, phone: Page, browser: Browser, clock: HeldClock, login_name: str) -> None:
    """The screen is photographed; a phone on which nobody is signed in opens the code, and its owner signs in later."""
    staff.goto("/venue")
    staff.get_by_role("listitem").filter(has_text=COURSE).get_by_role("link", name="打开签到屏").click()
    expect(staff.locator(".kiosk-direction:visible")).to_have_text("签到")
    expect(staff.locator("[data-inside]")).to_have_text("0")
    phone.goto(photographed(staff, browser, clock))
    expect(phone.get_by_role("heading", name=COURSE)).to_be_visible()
    expect(phone.get_by_text("时间记为 09:50")).to_be_visible()
    clock.forward(minutes=3)
    phone.get_by_label("用户名").fill(login_name)
    phone.get_by_label("密码", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="登录并签到").click()
    expect(phone.get_by_role("heading", name="签到成功")).to_be_visible()
    # 80 % of two hours, and a worksheet: the whole way is told at once.
    expect(phone.get_by_text("停留 96 分钟并签退即可，可得 1 学分")).to_be_visible()
    expect(phone.get_by_text("请提交学习单")).to_be_visible()
    expect(staff.locator("[data-inside]")).to_have_text("1", timeout=20_000)


def scan_out(staff: Page, phone: Page, browser: Browser, clock: HeldClock) -> None:
    """The screen shows the way out; the pupil, signed in by now, presses one button."""
    staff.reload()  # two hours passed for the server alone; the screen switches with what it has fetched before
    staff.get_by_role("link", name="切换到签退").click()
    expect(staff.locator(".kiosk-direction:visible")).to_have_text("签退")
    phone.goto(photographed(staff, browser, clock))
    phone.get_by_role("button", name="确认签退").click()
    expect(phone.get_by_role("heading", name="签退成功")).to_be_visible()
    expect(phone.get_by_text("停留 120 分钟，达到要求的 96 分钟")).to_be_visible()
    expect(phone.get_by_text("条件齐全后认定")).to_be_visible()
    expect(staff.locator("[data-inside]")).to_have_text("0", timeout=20_000)
    expect(staff.locator("[data-came]")).to_have_text("1")


def approve_the_worksheets(teacher: Page) -> None:
    """The leader of the class approves what has been handed in, all at once."""
    teacher.get_by_role("link", name=COURSE).first.click()
    expect(teacher.get_by_role("row").filter(has_text="林晓雨")).to_contain_text("120 分钟")
    teacher.get_by_role("button", name="全部通过").click()
    teacher.get_by_role("dialog").get_by_role("button", name="全部通过").click()
    expect(teacher.get_by_role("row").filter(has_text="林晓雨")).to_contain_text("+1")


def see_the_credit_and_its_reasons(phone: Page) -> None:
    """The pupil reads what came of it, why, and what is missing to the year's target."""
    phone.goto("/pupil")
    expect(phone.get_by_text("还差 7 学分")).to_be_visible()  # grade 5: 8 in a year
    phone.get_by_role("link", name=COURSE).click()
    for reason in ("停留 120 分钟，达到要求的 96 分钟", "学习单已通过", "满 2 小时，每小时 0.5，共 1 学分"):
        expect(phone.get_by_text(reason)).to_be_visible()
    expect(phone.locator(".trace-total")).to_contain_text("1 学分")


def see_the_class(teacher: Page, folder: Path) -> None:
    """The homeroom teacher sees the class, and takes it along as files."""
    teacher.goto("/teacher")
    teacher.get_by_role("link", name="看班级").click()
    row = teacher.get_by_role("row").filter(has_text="林晓雨")
    expect(row).to_contain_text(re.compile(r"1\s*目标\s*/\s*8"))
    expect(row).to_contain_text(COURSE)
    with teacher.expect_download() as download:
        teacher.get_by_role("link", name="下载 CSV").click()
    download.value.save_as(folder / "class.csv")
    (line,) = [line for line in (folder / "class.csv").read_text("utf-8-sig").splitlines() if "林晓雨" in line]
    assert COURSE in line
    with teacher.expect_download() as download:
        teacher.get_by_role("link", name="下载 Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")


def photographed(screen: Page, browser: Browser, clock: HeldClock) -> str:
    """The address that an independent decoder reads from a picture of the screen, some seconds later.

    The server's clock stands still while the screen's runs on, so it may be one code ahead: by then that one is good.
    """
    (address,) = qr_texts(browser, screen.screenshot())
    clock.forward(seconds=12)
    return address


def first_in_at(session: Session) -> datetime:
    came_at = session.scalars(select(Attendance.first_in_at)).one()
    session.rollback()
    return came_at - timedelta(seconds=came_at.second)
