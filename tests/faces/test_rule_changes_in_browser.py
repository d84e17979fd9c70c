"""An officer watches a simulation in a real browser: the page moves by itself; without scripts a link does it."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from credit_app import jobs
from tests.browser import OpenBrowser
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there
from tests.journeys.steps import sign_in
from tests.ledger.changing import drafted, new_rules

pytestmark = pytest.mark.browser


@pytest.fixture
def draft(db_session: Session, cast: Cast, clock: HeldClock) -> str:
    """The address of a draft's simulations. The test's own session lets go of the database."""
    have_been_there(db_session, cast)
    clock.set(today_at(18))
    public_id = drafted(db_session, cast, new_rules(lecture="0.2")).public_id
    db_session.commit()
    return f"/bureau/rules/drafts/{public_id}/simulate"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_from_the_draft_to_two_traces(
    app: Flask, db_session: Session, open_browser: OpenBrowser, draft: str, scripts: bool
) -> None:
    page = open_browser(java_script_enabled=scripts)
    sign_in(page, "bureau.song")
    page.goto(draft)
    page.get_by_label("用哪个学年的真实数据").select_option("2026-2027")
    page.get_by_role("button", name="开始模拟").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("正在排队")).to_be_visible()
    jobs.run_job("work_off_rule_changes")
    db_session.commit()
    if not scripts:
        page.get_by_role("link", name="刷新").click()
    expect(page.get_by_text("学分增加的学生")).to_be_visible(timeout=10_000)
    page.get_by_role("link", name="科普讲座 2026-10-17").click()
    expect(page.get_by_role("heading", name="现行规则")).to_be_visible()
    expect(page.get_by_text("基准 0.2 学分")).to_be_visible()
    if scripts:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
