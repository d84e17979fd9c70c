"""The scanner's shell: the same for everybody, in two languages, and exactly its own files kept for later."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from credit_app.extensions import db
from credit_app.faces.public import door as face
from tests.cast import Cast
from tests.door.conftest import Door, OpenDoor
from tests.door.steps import answer, enrol, open_visit, read_by_hand_reader
from tests.statements import count_statements
from tests.visitor import Visitor

PAGES = ("/door", "/door?lang=zh", "/door?lang=en", "/door/worker.js", "/door/reader.js", "/door/manifest.webmanifest")


def kept(client: Visitor) -> dict[str, Any]:
    """What the service worker is told to keep."""
    script = client.get("/door/worker.js").text
    told: dict[str, Any] = json.loads(script.removeprefix("self.DOOR = ").split(";\n", 1)[0])
    return told


@pytest.mark.sqlite_only
def test_it_holds_nothing_of_who_asks_and_asks_the_database_nothing(app: Flask, cast: Cast) -> None:
    stranger, staff = Visitor(app), Visitor(app)
    staff.sign_in(cast.venue_staff)
    for path in PAGES:
        with count_statements(db.engine) as statements:
            answer = stranger.get(path)
        assert (answer.status_code, statements) == (200, [])
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-cache"
        assert staff.get(path).text == answer.text
        assert "csrf" not in answer.text
        assert cast.venue_staff.display_name not in answer.text


@pytest.mark.sqlite_only
def test_the_worker_keeps_exactly_the_files_that_the_pages_ask_for(client: Visitor) -> None:
    told = kept(client)
    asked = set()
    for page in told["pages"].values():
        asked |= set(re.findall(r'(?:src|href)="(/(?:static|door/)[^"]+)"', client.get(page).text))
    extra = {"/door/reader.js"} | {file for file in told["files"] if "icon-512" in file}
    assert set(told["files"]) == {address.replace("&amp;", "&") for address in asked} | extra
    for address in [*told["files"], *told["pages"].values()]:
        assert client.get(address).status_code == 200, address


@pytest.mark.sqlite_only
def test_the_worker_reaches_the_door_and_nothing_else(client: Visitor) -> None:
    assert client.get("/door/worker.js").headers["Service-Worker-Allowed"] == "/door"
    manifest = json.loads(client.get("/door/manifest.webmanifest?lang=zh").text)
    assert (manifest["scope"], manifest["start_url"], manifest["display"]) == ("/door", "/door", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert manifest["name"] == "科普学分 · 验卡"


@pytest.mark.sqlite_only
def test_a_page_or_file_that_changes_is_a_new_version(
    app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept(client)["version"]
    assert kept(client)["version"] == before
    monkeypatch.setattr(face, "STYLES", face.STYLES[1:])
    assert kept(client)["version"] != before


@pytest.mark.browser
def test_a_new_version_waits_for_a_person(door: Door, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_door()
    open_visit(page, door)
    version = "caches.keys().then((names) => names.filter((name) => name !== 'door-choices').sort().join())"
    first = page.evaluate(version)
    monkeypatch.setattr(face, "_version", lambda: "newer")
    page.get_by_role("button", name="换场次").click()
    expect(page.get_by_text("验卡程序有新版本。")).to_be_visible()
    # Until somebody wants it, the door goes on as it was, also when the page is opened anew.
    page.goto("/door")
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "ok")
    assert page.evaluate(version) == f"{first},door-newer"
    answer(page).click(position={"x": 5, "y": 5})
    page.get_by_role("button", name="换场次").click()
    page.get_by_role("button", name="现在更新").click()
    expect(page.get_by_role("button", name="进场签到")).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-installed", "yes")
    assert page.evaluate(version) == "door-newer"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844), (1024, 768), (1280, 800)])
def test_nothing_is_cut_off(door: Door, open_door: OpenDoor, width: int, height: int) -> None:
    page = open_door(width=width, height=height)
    enrol(page, door)
    page.get_by_role("button", name="周末参观").click()
    for name in ("换场次", "进场签到", "离场签退", "录入"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= width
