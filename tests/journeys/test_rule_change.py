"""A change of rules as two officers make it: one copies the rules, errs and is told while typing, tries the change and
submits it; the other sees what has changed and publishes it. The first cannot publish their own."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.rule_books.models import RuleBook
from credit_app.verification import verify
from tests.browser import OpenBrowser
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.journeys.steps import sign_in
from tests.rule_books.drafting import a_text

pytestmark = pytest.mark.browser

LAPTOP = {"width": 1280, "height": 800}


@pytest.fixture
def people(db_session: Session, cast: Cast, clock: HeldClock) -> dict[str, str]:
    """Who signs in by which name. The test's session lets go of the database."""
    clock.set(today_at(8))
    names = {part: user.login_name for part, user in cast.users().items()}
    db_session.commit()
    return names


def test_from_a_copy_to_rules_that_hold(db_session: Session, open_browser: OpenBrowser, people: dict[str, str]) -> None:
    officer = open_browser(**LAPTOP)
    sign_in(officer, people["officer"])
    copy_the_sample(officer)
    err_and_be_told(officer)
    mend_it(officer)
    try_it(officer)
    submit_it(officer)

    second = open_browser()
    sign_in(second, people["second_officer"])
    see_the_change_and_publish(second)

    db_session.rollback()
    book = db_session.scalars(select(RuleBook).order_by(RuleBook.id.desc())).first()
    assert book is not None
    assert (book.rule_set, book.text.count("credits: 0.4")) == ("nanshan-2026", 1)
    assert not list(verify(db_session))


def copy_the_sample(officer: Page) -> None:
    """The officer starts from the rules that hold."""
    officer.get_by_role("navigation").get_by_role("link", name="规则").click()
    officer.get_by_role("listitem").get_by_role("link", name="科普教育学分规则（示例）").click()
    officer.get_by_role("link", name="以此为底稿新建").click()
    officer.get_by_role("button", name="写新草稿").click()
    expect(officer.get_by_role("status")).to_contain_text("草稿已建好")
    expect(officer.locator("[data-problems]")).to_contain_text("“sample-2026”已经用过")


def err_and_be_told(officer: Page) -> None:
    """A slip is named with its line while it is typed, and the link leads there; line numbers stand beside the text."""
    text = a_text("nanshan-2026", "2026-09-01", "2027-08-31").replace("credits: 0.3\n", "credits: 0.4\n", 1)
    wrong = text.replace("    at_least_minutes: 45\n", "    at_least_minuets: 45\n", 1)
    line = wrong[: wrong.index("at_least_minuets")].count("\n") + 1
    editor = officer.get_by_label("规则集文本", exact=True)
    editor.fill(wrong)
    problems = officer.locator("[data-problems] li")
    expect(problems).to_have_count(1)
    expect(problems).to_contain_text("不认识键“at_least_minuets”")
    expect(problems).to_contain_text("是不是想写“at_least_minutes”？")
    numbers = officer.locator("[data-numbers] div")
    expect(numbers).to_have_count(wrong.count("\n") + 1)
    expect(officer.locator("[data-numbers] .editor-bad")).to_have_text(str(line))
    problems.get_by_role("link", name=f"第 {line} 行").click()
    selected = editor.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
    assert selected == "at_least_minuets: 45"
    shown = editor.evaluate("field => field.scrollTop / parseFloat(getComputedStyle(field).lineHeight)")
    assert shown < line < shown + 27


def mend_it(officer: Page) -> None:
    """The marked line is typed anew; the page says that nothing is wrong, and what the draft would take over."""
    officer.keyboard.type("at_least_minutes: 45")
    expect(officer.locator("[data-summary]")).to_contain_text("没有问题：2026-09-01 至 2027-08-31")
    expect(officer.locator("[data-notes]")).to_contain_text("全市规则集 sample-2026")
    expect(officer.locator("[data-problems] li")).to_have_count(0)
    officer.get_by_role("button", name="保存草稿").click()
    expect(officer.get_by_role("status")).to_contain_text("草稿已保存")


def try_it(officer: Page) -> None:
    """A lecture earns what the draft says, and the page says why."""
    officer.get_by_role("link", name="试算").click()
    officer.get_by_label("类别").select_option("科普讲座")
    officer.get_by_role("button", name="试算", exact=True).click()
    expect(officer.get_by_text("基准 0.4 学分")).to_be_visible()
    expect(officer.get_by_text("按时间先后一共得 0.4 学分")).to_be_visible()
    officer.get_by_role("button", name="跑随程序附带的算例").click()
    expect(officer.locator("#examples")).to_contain_text("23 例中有 2 例不符")
    officer.get_by_role("link", name="草稿", exact=True).click()


def submit_it(officer: Page) -> None:
    """It waits for somebody else: the officer finds no button to publish it."""
    officer.get_by_role("button", name="保存并提交复核").click()
    officer.get_by_role("dialog").get_by_role("button", name="提交").click()
    expect(officer.get_by_role("status")).to_contain_text("等另一位同事核对并发布")
    expect(officer.get_by_text("您提交的，要由另一位同事发布")).to_be_visible()
    expect(officer.get_by_role("button", name="发布规则集")).to_have_count(0)


def see_the_change_and_publish(second: Page) -> None:
    """On a phone: the changed line, old and new; the tick; the question; the published rules in force."""
    second.goto("/bureau/rules")
    second.get_by_role("listitem").filter(has_text="待发布").get_by_role("link").click()
    expect(second.locator(".diff-line--removed").filter(has_text="credits: 0.3")).to_be_visible()
    expect(second.locator(".diff-line--added").filter(has_text="credits: 0.4")).to_be_visible()
    assert second.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    second.get_by_label("我已核对").check()
    second.get_by_role("button", name="发布规则集").click()
    second.get_by_role("dialog").get_by_role("button", name="发布").click()
    expect(second.get_by_role("status")).to_contain_text("规则集 nanshan-2026 已发布")
    expect(second.get_by_text("生效中")).to_be_visible()


def test_what_is_typed_and_not_saved_is_asked_about(open_browser: OpenBrowser, people: dict[str, str]) -> None:
    officer = open_browser(**LAPTOP)
    sign_in(officer, people["officer"])
    copy_the_sample(officer)
    officer.get_by_label("规则集文本", exact=True).type("# ")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    officer.once("dialog", leave)
    officer.get_by_role("link", name="试算").click()
    officer.wait_for_url("**/try")
    assert asked == ["beforeunload"]


def test_without_javascript_the_problems_lead_to_numbered_lines(
    open_browser: OpenBrowser, people: dict[str, str]
) -> None:
    officer = open_browser(**LAPTOP, java_script_enabled=False)
    sign_in(officer, people["officer"])
    officer.goto("/bureau/rules/drafts/new")
    officer.get_by_label("空白骨架").check()
    officer.get_by_role("button", name="写新草稿").click()
    officer.get_by_role("button", name="检查").click()
    link = officer.locator("[data-problems] a").first
    expect(link).to_have_text("第 3 行")
    link.click()
    expect(officer.locator("#line-3")).to_be_in_viewport()
