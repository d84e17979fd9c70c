"""A teacher voids an attendance, the pupil's balance falls and says why, the teacher restores it: in two browsers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from credit_app.verification import verify
from tests.browser import OpenBrowser
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there
from tests.journeys.steps import sign_in

pytestmark = pytest.mark.browser


def test_the_balance_falls_and_says_why_and_rises_again(
    db_session: Session, cast: Cast, clock: HeldClock, open_browser: OpenBrowser
) -> None:
    have_been_there(db_session, cast)
    clock.set(today_at(18))
    list_page = f"/teacher/occurrences/{cast.visit.public_id}"
    names = {part: user.login_name for part, user in cast.users().items()}
    db_session.commit()

    pupil = open_browser()
    sign_in(pupil, names["pupil"])
    expect(pupil.locator("main")).to_contain_text("0.8")

    teacher = open_browser(width=1280, height=800)
    sign_in(teacher, names["homeroom_teacher"])
    teacher.goto(list_page)
    teacher.get_by_role("link", name="作废 林晓雨 的到场").click()
    teacher.get_by_label("由别人代签").check()
    teacher.get_by_label("说明").fill("请孙浩代签")
    teacher.get_by_role("button", name="作废这次到场").click()
    expect(teacher.get_by_text("到场已作废，收回学分 0.5")).to_be_visible()

    pupil.goto("/pupil/credits")
    expect(pupil.locator("main")).to_contain_text("共 0.3 学分")
    pupil.get_by_role("link", name="周末参观").click()
    expect(pupil.locator("main")).to_contain_text("由别人代签：请孙浩代签")
    expect(pupil.locator("main")).to_contain_text("请联系带队老师或场馆工作人员")

    teacher.get_by_text("已作废的到场（1 人）").click()
    teacher.get_by_role("button", name="恢复").click()
    teacher.get_by_role("dialog").get_by_role("button", name="恢复").click()
    expect(teacher.get_by_text("到场已恢复，学分 +0.5")).to_be_visible()
    pupil.goto("/pupil")
    expect(pupil.locator("main")).to_contain_text("0.8")
    db_session.rollback()
    assert not list(verify(db_session))
