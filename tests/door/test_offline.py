"""A door without a network: it opens, scans, keeps what it has said it keeps, and hands everything in, once."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from credit_app.attendance.devices import revoke_device
from credit_app.attendance.models import Attendance, Device
from tests.door.conftest import Door, DoorServer, OpenDoor, Weather
from tests.door.films import NOTHING, code_picture
from tests.door.steps import answer, in_memory, open_visit, read_by_hand_reader, rows, undos_are_answered, waiting

pytestmark = pytest.mark.browser

NO_LOCKS = "Object.defineProperty(navigator, 'locks', {value: undefined})"


def reload_offline(page: Page) -> None:
    """Somebody opens the page anew, with nobody to answer."""
    page.goto("/door")
    expect(page.get_by_role("button", name="进场签到")).to_be_visible()


def numbers(page: Page) -> list[int]:
    return sorted(scan["seq"] for scan in in_memory(page, "scans"))


def test_it_opens_and_scans_with_the_server_stopped_and_hands_in_later(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    film = [(code_picture(NOTHING), 2.0), (code_picture(door.card.token), 2.0)]
    page = open_door(scenes=film, permissions=["camera"])
    open_visit(page, door)
    live_server.stop()
    page.context.set_offline(True)
    reload_offline(page)
    expect(answer(page).get_by_text("林晓雨")).to_be_visible()
    expect(page.locator("[data-network-words]")).to_have_text("离线")
    expect(rows(page, "saved").first).to_contain_text("已保存")
    expect(page.get_by_text(re.compile("可离线使用至"))).to_be_visible()
    live_server.start()
    page.context.set_offline(False)
    expect(rows(page, "confirmed").first).to_contain_text("已确认", timeout=40_000)
    expect(page.locator("[data-network-words]")).to_have_text("在线")
    assert door.statuses()[0] == "ok"
    assert door.scans()[0]["student_id"] == door.card.pupil


def test_the_answers_are_amber_without_the_network_and_the_second_is_told_from_memory(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    page = open_door()
    open_visit(page, door)
    live_server.stop()
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "saved_offline", timeout=20_000)
    expect(answer(page)).to_have_class(re.compile("door-answer--saved"))
    page.wait_for_timeout(3100)
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "already")
    # A number opens nothing: no name until the server knows.
    page.get_by_label("卡号").fill(door.other_card.number)
    page.get_by_role("button", name="录入").click()
    expect(answer(page).get_by_text("卡号要联网后才能核对姓名。")).to_be_visible()
    live_server.start()
    expect(rows(page, "confirmed")).to_have_count(2, timeout=40_000)
    assert sorted(door.statuses()) == ["already", "ok", "ok"]


def test_a_tab_that_is_killed_loses_nothing_that_it_had_shown(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    page = open_door()
    open_visit(page, door)
    live_server.stop()
    for card in (door.card, door.other_card):
        read_by_hand_reader(page, card.token)
        expect(answer(page)).to_have_attribute("data-status", "saved_offline", timeout=20_000)
        answer(page).click(position={"x": 5, "y": 5})
    context = page.context
    page.close()
    page = context.new_page()
    reload_offline(page)
    expect(page.locator("[data-waiting]")).to_have_text("2")
    expect(rows(page, "saved")).to_have_count(2)
    # Names live no longer than the page that was shown the card.
    assert "林晓雨" not in page.locator("[data-scans]").inner_text()
    live_server.start()
    expect(rows(page, "confirmed")).to_have_count(2, timeout=40_000)
    assert sorted(scan["student_id"] for scan in door.scans()) == sorted((door.card.pupil, door.other_card.pupil))


def test_a_tab_killed_in_the_middle_of_writing_leaves_no_gap_in_the_numbers(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    page = open_door()
    open_visit(page, door)
    live_server.stop()
    context = page.context
    for _ in range(4):
        page.evaluate(
            """() => { for (let n = 0; n < 40; n++) {
                Door.queue.add({client_uid: Door.randomId(16), card: 'KX1:', clock: Door.clock.stamp()},
                    {mark: 'm' + n, local: 'saved_offline', occurrence: 'x', direction: 'in', scanned_ms: 1});
            } }"""
        )
        page.close()  # nobody waits for them
        page = context.new_page()
        reload_offline(page)
    found = numbers(page)
    assert found == list(range(1, len(found) + 1))
    assert page.evaluate("Door.store.get('seq')") in (len(found), None if not found else len(found))


@pytest.mark.parametrize("script", ["", NO_LOCKS], ids=["web locks", "a lease"])
def test_two_tabs_give_no_number_twice_and_send_nothing_twice(
    door: Door, open_door: OpenDoor, live_server: DoorServer, weather: Weather, script: str
) -> None:
    page = open_door()
    page.context.add_init_script(script)
    open_visit(page, door)
    live_server.stop()
    other = page.context.new_page()
    reload_offline(other)
    weather.sent.clear()
    for tab, cards in ((page, (door.card, door.other_card)), (other, (door.other_card, door.card))):
        for card in cards:
            read_by_hand_reader(tab, card.token)
            expect(answer(tab)).to_be_visible(timeout=20_000)
            answer(tab).click(position={"x": 5, "y": 5})
    assert numbers(page) == [1, 2, 3, 4]
    live_server.start()
    expect(page.locator("[data-queue]")).to_be_hidden(timeout=40_000)
    expect(other.locator("[data-queue]")).to_be_hidden(timeout=40_000)
    assert len(weather.sent) == len(set(weather.sent)) == 4
    assert len(door.scans()) == 4


@pytest.mark.parametrize("state", ["busy", "broken", "deaf"])
def test_a_server_in_trouble_loses_nothing_and_counts_nothing_twice(
    door: Door, open_door: OpenDoor, weather: Weather, state: str
) -> None:
    page = open_door()
    open_visit(page, door)
    weather.state = state
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "saved_offline")
    page.wait_for_timeout(1500)
    assert waiting(page) == 1
    weather.state = "fine"
    expect(rows(page, "confirmed")).to_have_count(1, timeout=40_000)
    assert door.statuses() == ["ok"]


def test_one_scan_on_which_the_server_breaks_is_set_aside_and_the_others_pass(
    door: Door, open_door: OpenDoor, live_server: DoorServer, weather: Weather, tmp_path: Path
) -> None:
    page = open_door()
    open_visit(page, door)
    live_server.stop()
    for card in (door.card, door.other_card):
        read_by_hand_reader(page, card.token)
        expect(answer(page)).to_be_visible(timeout=20_000)
        answer(page).click(position={"x": 5, "y": 5})
    weather.spoiled = door.card.token
    live_server.start()
    expect(rows(page, "confirmed")).to_have_count(1, timeout=40_000)
    expect(page.get_by_text("有记录需要处理")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="未上传的记录").click()
    expect(page.locator("[data-unsent] .door-row")).to_contain_text("服务器处理这条时多次出错")
    with page.expect_download() as saving:
        page.get_by_role("button", name="存成文件").click()
    kept = json.loads(Path(saving.value.path()).read_text(encoding="utf-8"))
    assert [scan["item"]["card"] for scan in kept["scans"]] == [door.card.token]
    weather.spoiled = ""
    page.get_by_role("button", name="重新上传").click()
    expect(page.get_by_text("全部已经上传。")).to_be_visible(timeout=40_000)
    assert sorted(door.statuses()) == ["ok", "ok"]


def test_a_scan_taken_back_before_it_was_sent_moves_nobody(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    page = open_door()
    open_visit(page, door)
    live_server.stop()
    page.context.set_offline(True)
    expect(page.locator("[data-network-words]")).to_have_text("离线")
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "saved_offline")
    answer(page).get_by_role("button", name="撤销这次").click()
    expect(rows(page, "undone")).to_have_count(1)
    live_server.start()
    page.context.set_offline(False)
    expect(page.locator("[data-queue]")).to_be_hidden(timeout=40_000)
    undos_are_answered(page)
    # Had it been tried meanwhile, it would be sent as it was, and taken back by a second request.
    assert door.statuses() in (["undone"], ["ok"])
    assert door.only(Attendance.state) in ([], ["voided"])


def test_revoked_while_offline_it_hands_in_what_it_has_and_scans_no_more(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    page = open_door()
    open_visit(page, door)
    live_server.stop()
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "saved_offline", timeout=20_000)
    revoke(door)
    live_server.start()
    expect(page.get_by_text("这台设备已被停用，不能再扫卡。")).to_be_visible(timeout=40_000)
    expect(page.locator("[data-queue]")).to_be_hidden(timeout=40_000)
    assert len(door.scans()) == 1
    read_by_hand_reader(page, door.other_card.token)
    expect(answer(page).get_by_text("设备已停用")).to_be_visible()
    assert len(in_memory(page, "scans")) == 1


def revoke(door: Door) -> None:
    device = door.session.query(Device).one()
    revoke_device(door.session, device=device, revoked_by=door.cast.venue_staff, now=datetime.now(UTC))
    door.session.commit()


def test_storage_that_was_cleared_is_told_with_what_can_be_known(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    page = open_door()
    open_visit(page, door)
    live_server.stop()
    read_by_hand_reader(page, door.card.token)
    expect(page.locator("[data-waiting]")).to_have_text("1")
    context = page.context
    page.goto("about:blank")
    page.goto("/door/reader.js")  # a page of the same origin that holds nothing open
    page.evaluate("new Promise((done) => { indexedDB.deleteDatabase('door').onsuccess = () => done(null); })")
    page.goto("/door")
    expect(page.get_by_text("已编到第 1 条，其中 1 条当时还没有上传")).to_be_visible()
    expect(page.get_by_role("button", name="登记本机", exact=True)).to_be_visible()
    assert context is page.context


def test_a_stolen_device_shows_nobody(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    read_by_hand_reader(page, door.card.token)
    expect(rows(page, "confirmed")).to_have_count(1)
    kept = json.dumps([in_memory(page, store) for store in ("state", "scans", "undos")], ensure_ascii=False)
    kept += page.evaluate("JSON.stringify(Object.entries(localStorage))")
    assert "roster" in kept, "the bundle is there"
    for word in ("林晓雨", "孙浩", "五(1)班", door.card.token[30:]):
        assert word not in kept


def test_a_clock_that_is_wrong_by_a_day_is_told_and_changes_no_time(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    page = open_door()
    page.add_init_script("const right = Date.now; Date.now = () => right() + 86400000;")
    open_visit(page, door)
    expect(page.get_by_text("本机时间快了约 1440 分钟")).to_be_visible()
    live_server.stop()
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "saved_offline", timeout=20_000)
    live_server.start()
    expect(rows(page, "confirmed")).to_have_count(1, timeout=40_000)
    (scan,) = door.scans()
    assert abs((datetime.now(UTC) - scan["scanned_at"]).total_seconds()) < 120
    assert scan["status"] == "ok"


def test_a_bundle_older_than_three_days_warns_and_the_door_goes_on(
    door: Door, open_door: OpenDoor, live_server: DoorServer
) -> None:
    page = open_door()
    open_visit(page, door)
    live_server.stop()
    page.evaluate(
        """async () => { const kept = await Door.store.get('bundle');
            kept.bundle.valid_until_ms = Date.now() - 1000; await Door.store.put('bundle', kept); }"""
    )
    reload_offline(page)
    expect(page.get_by_text("离线资料超过 72 小时没有更新。")).to_be_visible()
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "saved_offline", timeout=20_000)
    expect(answer(page).get_by_text("林晓雨")).to_be_visible()


def test_what_waits_goes_out_under_the_new_device_when_a_browser_is_registered_again(
    door: Door, open_door: OpenDoor, weather: Weather
) -> None:
    page = open_door()
    open_visit(page, door)
    weather.spoiled = door.card.token
    for card in (door.other_card, door.card):
        read_by_hand_reader(page, card.token)
        expect(answer(page)).to_be_visible()
        answer(page).click(position={"x": 5, "y": 5})
    expect(rows(page, "confirmed")).to_have_count(1)
    assert numbers(page) == [1, 2]
    page.goto(f"/door#enrol={door.code()}")
    page.get_by_role("button", name="登记本机", exact=True).click()
    expect(page.get_by_role("heading", name="选择场次")).to_be_visible()
    assert [scan["seq"] for scan in in_memory(page, "scans") if scan["state"] == "waiting"] == [1]
    weather.spoiled = ""
    page.get_by_role("button", name="未上传的记录").click()
    expect(page.get_by_text("全部已经上传。")).to_be_visible(timeout=40_000)
    assert sorted(door.statuses()) == ["ok", "ok"]
    assert len(door.only(Device.id)) == 2


def test_a_scan_that_could_not_be_written_never_looks_saved_and_leaves_no_gap(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    page.evaluate(
        """() => { const add = IDBObjectStore.prototype.add; window.full = true;
            IDBObjectStore.prototype.add = function (value) {
                const request = add.call(this, value);
                if (window.full) { this.transaction.abort(); }
                return request;
            }; }"""
    )
    read_by_hand_reader(page, door.card.token)
    expect(answer(page).get_by_text("没有保存")).to_be_visible()
    expect(answer(page)).to_have_class(re.compile("door-answer--bad"))
    assert in_memory(page, "scans") == []
    page.evaluate("window.full = false")
    read_by_hand_reader(page, door.other_card.token)
    expect(answer(page)).to_have_attribute("data-status", "ok")
    assert numbers(page) == [1]


def test_the_four_answers_sound_and_look_different(door: Door, open_door: OpenDoor, live_server: DoorServer) -> None:
    page = open_door()
    open_visit(page, door)
    page.evaluate("window.heard = []; Door.on('sounded', (kind) => window.heard.push(kind))")
    forged = door.card.token[:60] + ("0" if door.card.token[60] != "0" else "1") + door.card.token[61:]
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "ok")
    live_server.stop()
    for text, status in ((forged, "code_invalid"), (door.other_card.token, "saved_offline")):
        read_by_hand_reader(page, text)
        expect(answer(page)).to_have_attribute("data-status", status)
    page.wait_for_timeout(3100)
    read_by_hand_reader(page, door.other_card.token)
    expect(answer(page)).to_have_attribute("data-status", "already")
    assert page.evaluate("window.heard") == ["good", "bad", "saved", "already"]
