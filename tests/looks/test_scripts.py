"""The small scripts in a real browser: the question before, the guard against a second tap, the kiosk's alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect

from tests.looks.conftest import Render

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parents[2] / "static"
ORIGIN = "http://looks.test"

Show = Callable[..., Page]


class Desk:
    """Answers every request of a page itself: our static files, the page, and posts, which it writes down."""

    def __init__(self) -> None:
        self.html = ""
        self.posts: list[dict[str, list[str]]] = []
        self.answers_posts = True

    def answer(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(ORIGIN).split("?")[0]
        if request.method == "POST":
            self.posts.append(parse_qs(request.post_data or "", keep_blank_values=True))
            if self.answers_posts:
                route.fulfill(body="<h1>done</h1>", content_type="text/html")
        elif path.startswith("/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        else:
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def show(bare_app: Flask, render: Render, browser: Browser, desk: Desk) -> Iterator[Show]:
    """``show(template source)`` is a phone that looks at it."""
    contexts: list[BrowserContext] = []

    def shown(
        source: str, *, javascript: bool = True, extends: str = "base_plain.html", block: str = "content"
    ) -> Page:
        calls = '{% import "macros/forms.html" as forms %}{% import "macros/table.html" as table %}'
        page_source = f'{{% extends "{extends}" %}}{{% block {block} %}}{calls}{source}{{% endblock %}}'
        desk.html = bare_app.jinja_env.from_string(page_source).render(demonstration=False, current_user=None)
        context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=javascript)
        contexts.append(context)
        page = context.new_page()
        page.route("**/*", desk.answer)
        page.goto(ORIGIN + "/")
        return page

    yield shown
    for context in contexts:
        context.close()


CANCEL = "{{ forms.action('/cancel', '取消场次', kind='danger', confirm='取消这个场次？', yes='确定取消') }}"


def test_the_question_is_asked_and_a_no_sends_nothing(show: Show, desk: Desk) -> None:
    page = show(CANCEL)
    page.get_by_role("button", name="取消场次").click()
    dialog = page.get_by_role("dialog", name="取消这个场次？")
    expect(dialog).to_be_visible()
    # The safe answer has the focus: a stray Enter does nothing.
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="取消场次")).to_be_focused()
    assert desk.posts == []


def test_escape_is_a_no(show: Show, desk: Desk) -> None:
    page = show(CANCEL)
    page.get_by_role("button", name="取消场次").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert desk.posts == []


def test_a_yes_sends_the_form_once_with_its_token(show: Show, desk: Desk) -> None:
    page = show(CANCEL)
    page.get_by_role("button", name="取消场次").click()
    page.get_by_role("button", name="确定取消").click()
    expect(page.get_by_role("heading", name="done")).to_be_visible()
    (post,) = desk.posts
    assert post["csrf_token"][0]


def test_only_the_button_with_the_question_asks_and_its_value_is_sent(show: Show, desk: Desk) -> None:
    both = (
        "{% call forms.form(none, '/save') %}{{ forms.submit('保存', name='then', value='stay') }}"
        "{{ forms.submit('发布', name='then', value='publish', confirm='现在发布？') }}{% endcall %}"
    )
    page = show(both)
    page.get_by_role("button", name="发布").click()
    page.get_by_role("dialog").get_by_role("button", name="发布").click()
    expect(page.get_by_role("heading", name="done")).to_be_visible()
    page.goto(ORIGIN + "/")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="done")).to_be_visible()
    assert [post["then"] for post in desk.posts] == [["publish"], ["stay"]]


def test_a_browser_without_dialogs_asks_in_its_own_way(show: Show, desk: Desk) -> None:
    page = show(CANCEL)
    page.evaluate("delete HTMLDialogElement.prototype.showModal; delete HTMLFormElement.prototype.requestSubmit")
    asked: list[str] = []

    def say_yes(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.once("dialog", say_yes)
    page.get_by_role("button", name="取消场次").click()
    expect(page.get_by_role("heading", name="done")).to_be_visible()
    assert asked == ["取消这个场次？"]
    assert len(desk.posts) == 1


def test_without_javascript_the_form_still_works(show: Show, desk: Desk) -> None:
    page = show(CANCEL, javascript=False)
    page.get_by_role("button", name="取消场次").click()
    expect(page.get_by_role("heading", name="done")).to_be_visible()
    assert len(desk.posts) == 1


BOOK = (
    "{% call forms.form(none, '/book') %}{{ forms.submit('预约', busy='正在预约', name='n', value='1') }}{% endcall %}"
)


def answer_in_a_frame(page: Page) -> None:
    """The form's answer goes to a frame and never comes: the page stays as on a slow network, and can be looked at."""
    page.evaluate(
        """() => {
            const frame = document.createElement('iframe');
            frame.name = 'slow';
            document.body.appendChild(frame);
            document.querySelector('form[action="/book"]').target = 'slow';
        }"""
    )


def test_a_second_tap_on_a_slow_network_sends_nothing_more(show: Show, desk: Desk) -> None:
    desk.answers_posts = False
    page = show(BOOK)
    answer_in_a_frame(page)
    button = page.locator("button[name=n]")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    expect(button).to_have_text("正在预约")
    button.click(force=True)
    button.click(force=True)
    page.wait_for_timeout(200)
    assert [post["n"] for post in desk.posts] == [["1"]]


def test_a_form_may_opt_out_of_the_guard(show: Show, desk: Desk) -> None:
    """The control of the test above: without the guard each tap is a request."""
    desk.answers_posts = False
    page = show(BOOK)
    answer_in_a_frame(page)
    page.evaluate("document.querySelector('form[action=\"/book\"]').setAttribute('data-submit-once', 'off')")
    button = page.locator("button[name=n]")
    button.click()
    button.click()
    page.wait_for_timeout(200)
    assert len(desk.posts) == 2


def test_one_box_ticks_all_and_shows_when_only_some_are(show: Show) -> None:
    rows = "".join(f"<tr>{{{{ table.select_cell('p', '{n}', '学生{n}') }}}}<th>学生{n}</th></tr>" for n in (1, 2))
    page = show(f"{{% call table.sheet([{{'label': '学生'}}], caption='班级', select='p') %}}{rows}{{% endcall %}}")
    page.set_viewport_size({"width": 1280, "height": 800})
    every = page.get_by_label("全选")
    every.check()
    expect(page.get_by_label("学生1")).to_be_checked()
    expect(page.get_by_label("学生2")).to_be_checked()
    page.get_by_label("学生2").uncheck()
    assert every.evaluate("box => [box.checked, box.indeterminate]") == [False, True]


def test_the_screen_dims_a_stale_code_and_says_why(show: Show) -> None:
    page = show('<div class="code-frame" data-code>code</div>', extends="base_screen.html", block="code")
    alarm = page.get_by_role("alert")
    expect(alarm).to_be_hidden()
    page.evaluate("document.dispatchEvent(new CustomEvent('screen:alarm', {detail: '取不到新的签到码'}))")
    expect(alarm).to_have_text("取不到新的签到码")
    expect(page.locator(".code-frame")).to_have_css("opacity", "0.06")
    page.evaluate("document.dispatchEvent(new CustomEvent('screen:calm'))")
    expect(alarm).to_be_hidden()
    expect(page.locator(".code-frame")).to_have_css("opacity", "1")


def test_offline_alone_keeps_the_code_that_is_still_valid(show: Show) -> None:
    page = show('<div class="code-frame" data-code>code</div>', extends="base_screen.html", block="code")
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator(".code-frame")).to_have_css("opacity", "1")
    page.context.set_offline(False)
    expect(page.get_by_role("alert")).to_be_hidden()
