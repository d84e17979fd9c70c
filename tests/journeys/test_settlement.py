"""A year is settled in the browser: the first officer freezes it and gives notice, the second one settles, the science
counselor downloads the school's final list."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.verification import verify
from tests.browser import OpenBrowser
from tests.cast import Cast
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there
from tests.journeys.steps import sign_in
from tests.settling.year import FROZEN_AT, SETTLED_AT

pytestmark = pytest.mark.browser

LAPTOP = {"width": 1280, "height": 800}


def test_from_freezing_to_the_counselor_s_file(
    app: Flask, db_session: Session, cast: Cast, open_browser: OpenBrowser, clock: HeldClock, tmp_path: Path
) -> None:
    have_been_there(db_session, cast)
    names = {part: user.login_name for part, user in cast.users().items()}
    db_session.commit()

    clock.set(FROZEN_AT)
    first = open_browser(**LAPTOP)
    sign_in(first, names["officer"])
    freeze_and_give_notice(first)

    clock.set(SETTLED_AT)
    second = open_browser()
    sign_in(second, names["second_officer"])
    settle(second)
    jobs.run_job("settle_years")
    second.get_by_role("link", name="刷新").click()
    expect(second.get_by_text("名单已经定稿")).to_be_visible()

    counselor = open_browser(**LAPTOP)
    sign_in(counselor, names["counselor"])
    download_the_list(counselor, tmp_path)
    db_session.rollback()
    assert not list(verify(db_session))


def freeze_and_give_notice(officer: Page) -> None:
    """What is unfinished is shown; the notice runs for a week."""
    officer.get_by_role("link", name="学年结算").click()
    officer.get_by_role("button", name="开始结算").click()
    officer.get_by_role("button", name="冻结", exact=True).click()
    expect(officer.get_by_role("table", name="各校未办事项")).to_contain_text("海天学校")
    officer.get_by_label("公示到").fill("2027-09-10")
    officer.get_by_label("异议联系方式").fill("基教科 8123 4567")
    officer.get_by_role("button", name="开始公示").click()
    officer.locator("dialog").get_by_role("button", name="开始公示").click()
    expect(officer.get_by_role("status")).to_contain_text("公示已经开始")
    expect(officer.get_by_text("公示结束后，由没有办理过")).to_be_visible()


def settle(officer: Page) -> None:
    """On a phone, by the second officer; a page says what cannot be undone."""
    officer.goto("/bureau/settlements")
    officer.get_by_role("link", name="2026-2027 学年").click()
    officer.get_by_role("link", name="去结算").click()
    expect(officer.get_by_text("结算后不能重新打开")).to_be_visible()
    officer.get_by_role("button", name="确认结算").click()
    expect(officer.get_by_text("请先核对并勾选").first).to_be_visible()
    officer.get_by_label("我已核对").check()
    officer.get_by_role("button", name="确认结算").click()
    expect(officer.get_by_text("已完成 0 / 2 所学校")).to_be_visible()


def download_the_list(counselor: Page, folder: Path) -> None:
    """The list on the page, and as a file."""
    counselor.get_by_role("link", name="学年结算").click()
    counselor.get_by_role("link", name="2026-2027 学年").click()
    expect(counselor.get_by_role("table", name="学年名单")).to_contain_text("林晓雨")
    with counselor.expect_download() as waiting:
        counselor.get_by_role("link", name="下载 CSV").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name == "海天学校-2026-2027-结算名单.csv"
    assert "林晓雨" in path.read_text(encoding="utf-8-sig")
