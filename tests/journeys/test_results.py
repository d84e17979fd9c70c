"""A contest result, as three people see it: the counselor enters it, the officer approves it, the pupil has +1.5."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from credit_app.verification import verify
from tests.browser import OpenBrowser
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.journeys.steps import sign_in
from tests.recognition.entering import CONTEST, listed

pytestmark = pytest.mark.browser

LAPTOP = {"width": 1280, "height": 800}


@pytest.fixture
def people(db_session: Session, cast: Cast, clock: HeldClock) -> dict[str, str]:
    """Who signs in by which name. The test's session lets go of the database."""
    clock.set(today_at(18))
    listed(db_session, cast)
    names = {part: user.login_name for part, user in cast.users().items()}
    db_session.commit()
    return names


def test_from_the_counselor_s_form_to_the_pupil_s_credit(
    db_session: Session, open_browser: OpenBrowser, people: dict[str, str]
) -> None:
    counselor = open_browser(**LAPTOP)
    sign_in(counselor, people["counselor"])
    enter_it(counselor)

    phone = open_browser()
    sign_in(phone, people["pupil"])
    expect(phone.get_by_role("main")).to_contain_text("证明材料正在审核")

    officer = open_browser(**LAPTOP)
    sign_in(officer, people["officer"])
    approve_it(officer)

    phone.goto("/pupil")
    phone.get_by_role("link", name=CONTEST).click()
    expect(phone.get_by_role("main")).to_contain_text("+1.5")
    expect(phone.get_by_role("main")).to_contain_text("按“市级”计 1.5 学分")
    assert not list(verify(db_session))


def enter_it(counselor: Page) -> None:
    """The counselor fills in the form and reads that somebody else must decide."""
    counselor.get_by_role("navigation").get_by_role("link", name="成果").first.click()
    counselor.get_by_role("link", name="登记成果").first.click()
    counselor.get_by_label("姓名").fill("林晓雨")
    counselor.get_by_label("类别").select_option("科技竞赛")
    counselor.get_by_label("项目或赛事名称").fill(CONTEST)
    counselor.get_by_label("等级").select_option("市级")
    counselor.get_by_label("日期").fill("2026-10-16")
    counselor.get_by_label("材料编号").fill("证书 2026-017")
    counselor.get_by_role("button", name="登记").click()
    expect(counselor.get_by_role("main")).to_contain_text("您登记的成果须由另一位审核")


def approve_it(officer: Page) -> None:
    """The officer finds it from the first page, sees what it would earn, and approves."""
    officer.get_by_role("link", name="待审核成果").click()
    officer.get_by_role("link", name="林晓雨").click()
    expect(officer.get_by_role("main")).to_contain_text("证书 2026-017")
    officer.get_by_role("button", name="通过", exact=True).click()
    expect(officer.get_by_role("status")).to_contain_text("学分合计 +1.5")


def test_a_sheet_is_previewed_corrected_and_applied_once(
    db_session: Session, open_browser: OpenBrowser, people: dict[str, str]
) -> None:
    counselor = open_browser(**LAPTOP)
    sign_in(counselor, people["counselor"])
    head = "学号,姓名,类别,项目或赛事名称,等级,日期,材料编号\n"
    good = f"0501,林晓雨,科技竞赛,{CONTEST},市级,2026-10-16,证书 1\n"
    upload(counselor, head + good + f"0502,林晓雨,科技竞赛,{CONTEST},市级,2026-10-16,证书 2\n")
    expect(counselor.get_by_role("main")).to_contain_text("学号 0502 的学生不叫“林晓雨”")
    upload(counselor, head + good + f"0502,孙浩,科技竞赛,{CONTEST},市级,2026-10-16,证书 2\n")
    counselor.get_by_role("button", name="登记 2 项").click()
    expect(counselor.get_by_role("status")).to_contain_text("已登记 2 项成果")
    upload(counselor, head + good)
    expect(counselor.get_by_role("main")).to_contain_text("没有可以登记的行")


def upload(counselor: Page, text: str) -> None:
    """The sheet is uploaded, and its preview is there."""
    counselor.goto("/teacher/results/sheet")
    counselor.get_by_label("成果表").set_input_files(
        {"name": "成果.csv", "mimeType": "text/csv", "buffer": text.encode("utf-8-sig")}
    )
    counselor.get_by_role("button", name="上传并预览").click()
    expect(counselor.get_by_role("heading", name="预览成果表")).to_be_visible()
