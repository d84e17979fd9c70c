"""What staff do at a door, and what they see."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.door.conftest import Door


def enrol(page: Page, door: Door) -> None:
    """The browser is a device of the venue, and stands before the list of occurrences."""
    page.goto(f"/door#enrol={door.code()}")
    page.get_by_role("button", name="登记本机", exact=True).click()
    expect(page.get_by_role("heading", name="选择场次")).to_be_visible()


def open_visit(page: Page, door: Door) -> None:
    """Enrolled, installed, and scanning for the visit that goes on."""
    enrol(page, door)
    page.get_by_role("button", name="周末参观").click()
    expect(page.get_by_role("heading", name="周末参观")).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-installed", "yes")


def read_by_hand_reader(page: Page, text: str) -> None:
    """A hand-held reader types the text, faster than any hand, and Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def answer(page: Page) -> Locator:
    """What fills the screen after a card."""
    return page.locator("[data-answer]")


def rows(page: Page, state: str | None = None) -> Locator:
    """The last scans, or those of one state."""
    return page.locator("[data-scans] .door-row" + (f'[data-state="{state}"]' if state else ""))


def waiting(page: Page) -> int:
    return (
        int(page.locator("[data-waiting]").first.inner_text() or 0) if page.locator("[data-queue]").is_visible() else 0
    )


def in_memory(page: Page, store: str) -> list[dict[str, Any]]:
    """What the device has in one of its stores."""
    found: list[dict[str, Any]] = page.evaluate(
        """(name) => Door.store.run([name], 'readonly', (stores, give) => {
            stores[name].getAll().onsuccess = (event) => give(event.target.result);
        })""",
        store,
    )
    return found


def undos_are_answered(page: Page) -> None:
    """The server has answered every undo of this device."""
    for _ in range(200):
        if in_memory(page, "undos") == []:
            return
        page.wait_for_timeout(100)
    raise AssertionError("an undo still waits")
