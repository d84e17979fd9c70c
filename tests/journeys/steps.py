"""What people do in a browser, in the words of the page."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.cast import PASSWORD


def sign_in(page: Page, login_name: str) -> None:
    """Somebody signs in and is at home."""
    page.goto("/sign-in")
    page.get_by_label("用户名").fill(login_name)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda address: "/sign-in" not in address)
