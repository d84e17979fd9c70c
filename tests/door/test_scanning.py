"""A card at the door, in a real browser: by camera, by hand-held reader, by its number; and all that can go wrong."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
import qrcode
from playwright.sync_api import expect

from credit_app.attendance.models import Attendance, DeviceRefusal, ScanUndo
from credit_app.faces.card_sheets import PrintedCard, card_sheets
from credit_app.faces.fonts import chinese_font
from credit_app.schools.cards import StudentCard
from tests.door.conftest import Card, Door, OpenDoor
from tests.door.films import NOTHING, code_picture, printed_picture
from tests.door.steps import (
    answer,
    enrol,
    in_memory,
    open_visit,
    read_by_hand_reader,
    rows,
    undos_are_answered,
)

pytestmark = pytest.mark.browser


def test_two_cards_before_the_camera_are_two_pupils_let_in_without_a_tap(door: Door, open_door: OpenDoor) -> None:
    film = [
        (code_picture(NOTHING), 1.0),
        (code_picture(door.card.token), 2.0),
        (code_picture(NOTHING), 1.0),
        (code_picture(door.other_card.token), 2.0),
    ]
    page = open_door(scenes=film, permissions=["camera"])
    open_visit(page, door)
    expect(answer(page).get_by_text("林晓雨")).to_be_visible()
    expect(answer(page)).to_have_attribute("data-status", "ok")
    expect(answer(page).get_by_text("海天学校 五(1)班")).to_be_visible()
    expect(answer(page).get_by_text("孙浩")).to_be_visible()
    expect(rows(page, "confirmed")).to_have_count(2)
    expect(page.locator("[data-inside]")).to_have_text("2", timeout=25_000)
    came = {scan["student_id"]: (scan["status"], scan["proof"]) for scan in door.scans()[:2]}
    assert came == dict.fromkeys((door.card.pupil, door.other_card.pupil), ("ok", "staff_scan"))


def test_a_printed_card_is_read(door: Door, open_door: OpenDoor) -> None:
    """The PDF as it prints, at the distance at which a card fills a camera's picture."""
    font = chinese_font()
    if font is None:
        pytest.skip("no font with Chinese characters: install fonts-noto-cjk")
    printed = PrintedCard(
        name="林晓雨", school="海天学校", class_name="五(1)班", token=door.card.token, number=door.card.number
    )
    sheets = card_sheets([printed], font=font, title="学生卡", now=datetime.now(UTC))
    film = [(code_picture(NOTHING), 1.0), (printed_picture(sheets), 2.0)]
    page = open_door(scenes=film, permissions=["camera"])
    open_visit(page, door)
    expect(answer(page).get_by_text("林晓雨")).to_be_visible()
    expect(answer(page)).to_have_attribute("data-status", "ok")


def test_a_card_that_stays_before_the_camera_is_one_scan(door: Door, open_door: OpenDoor) -> None:
    page = open_door(scenes=[(code_picture(door.card.token), 10.0)], permissions=["camera"])
    open_visit(page, door)
    expect(rows(page, "confirmed")).to_have_count(1)
    page.wait_for_timeout(4000)  # longer than a card is remembered for
    assert door.statuses() == ["ok"]


def test_a_hand_held_reader_works_wherever_the_focus_is(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    page.get_by_role("button", name="离场签退").focus()
    read_by_hand_reader(page, door.card.token)
    expect(answer(page).get_by_text("林晓雨")).to_be_visible()
    # Enter is the reader's: the button that had the focus was not pressed.
    expect(page.get_by_role("button", name="进场签到")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("卡号").focus()
    read_by_hand_reader(page, door.other_card.token)
    expect(answer(page).get_by_text("孙浩")).to_be_visible()
    expect(page.get_by_label("卡号")).to_have_value("")
    assert door.methods() == ["reader", "reader"]


def test_a_number_is_typed_slowly_and_a_wrong_one_is_told_before_it_is_sent(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    right = door.card.number
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    for typed, told in ((wrong, "卡号不对"), (f"{right[:4]} {right[4:8]} {right[8:]}".lower(), "林晓雨")):
        page.get_by_label("卡号").fill(typed)
        page.get_by_role("button", name="录入").click()
        expect(answer(page).get_by_text(told)).to_be_visible()
        answer(page).click(position={"x": 5, "y": 5})
    assert door.methods() == ["typed"]


def test_out_after_in_and_again_in_of_one_who_is_in(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "ok")
    answer(page).click(position={"x": 5, "y": 5})
    page.get_by_role("button", name="离场签退").click()
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "checked_out")
    answer(page).click(position={"x": 5, "y": 5})
    page.get_by_role("button", name="进场签到").click()
    read_by_hand_reader(page, door.other_card.token)
    expect(answer(page).get_by_text("孙浩")).to_be_visible()
    page.wait_for_timeout(3100)
    read_by_hand_reader(page, door.other_card.token)
    expect(answer(page)).to_have_attribute("data-status", "already")
    assert door.statuses() == ["ok", "checked_out", "ok", "already"]


def test_what_is_no_card_is_told_and_not_recorded(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    read_by_hand_reader(page, "HTTP://POSTER.EXAMPLE/OFFER")
    expect(answer(page).get_by_text("不是学生卡")).to_be_visible()
    assert in_memory(page, "scans") == []


def test_a_forged_card_and_one_reported_lost_are_refused_and_recorded(door: Door, open_door: OpenDoor) -> None:
    report_lost(door, door.other_card)
    page = open_door()
    open_visit(page, door)
    good = door.card.token
    forged = good[:60] + ("0" if good[60] != "0" else "1") + good[61:]
    read_by_hand_reader(page, forged)
    expect(answer(page).get_by_text("卡无效")).to_be_visible()
    expect(rows(page, "bad")).to_have_count(1)
    read_by_hand_reader(page, door.other_card.token)
    expect(answer(page)).to_have_attribute("data-status", "card_revoked")
    expect(rows(page, "bad")).to_have_count(2)
    assert door.statuses() == ["card_revoked"]
    assert door.only(DeviceRefusal.status) == ["code_invalid"]


def test_a_scan_is_taken_back_with_one_button(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    read_by_hand_reader(page, door.card.token)
    expect(answer(page)).to_have_attribute("data-status", "ok")
    answer(page).get_by_role("button", name="撤销这次").click()
    expect(answer(page).get_by_text("已撤销")).to_be_visible()
    expect(rows(page, "undone")).to_have_count(1)
    undos_are_answered(page)
    expect(page.locator("[data-inside]")).to_have_text("0", timeout=25_000)
    assert len(door.only(ScanUndo.client_uid)) == 1
    assert door.only(Attendance.state) == ["voided"]


def test_without_a_camera_the_page_says_what_else_there_is(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    expect(page.get_by_text("没有找到相机。可以用扫码枪、拍照识别或输入卡号。")).to_be_visible()


def test_a_camera_that_nobody_allowed_is_told_apart(door: Door, open_door: OpenDoor) -> None:
    page = open_door(scenes=[(code_picture(NOTHING), 1.0)], allowed=False)
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    open_visit(page, door)
    expect(page.get_by_text("相机没有得到允许。")).to_be_visible()


def test_a_camera_that_is_taken_away_comes_back_by_one_button(door: Door, open_door: OpenDoor) -> None:
    page = open_door(scenes=[(code_picture(NOTHING), 1.0)], permissions=["camera"])
    open_visit(page, door)
    expect(page.locator("[data-camera-note]")).to_be_hidden()
    page.evaluate("document.querySelector('video').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
    expect(page.get_by_text("相机断开了。")).to_be_visible()
    page.get_by_role("button", name="再试一次").click()
    expect(page.locator("[data-camera-note]")).to_be_hidden()


def test_a_photo_is_read_where_no_camera_can_be(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    open_visit(page, door)
    page.set_input_files("[data-photo]", {"name": "card.png", "mimeType": "image/png", "buffer": photo(door.card)})
    expect(answer(page).get_by_text("林晓雨")).to_be_visible()
    assert door.methods() == ["photo"]


def photo(card: Card) -> bytes:
    kept = io.BytesIO()
    qrcode.make(card.token).save(kept)
    return kept.getvalue()


def report_lost(door: Door, card: Card) -> None:
    row = door.session.get_one(StudentCard, card.row)
    row.revoked_at, row.reason = datetime.now(UTC), "lost"
    row.revoked_by_id = row.issued_by_id
    door.session.commit()


def test_over_plain_http_in_a_network_it_says_why_and_what_to_do(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page.goto("/door")
    expect(page.get_by_role("heading", name="这里不能验卡")).to_be_visible()
    expect(page.get_by_text("请用 https 开头的地址打开")).to_be_visible()


def test_a_code_is_used_once_and_leaves_the_address(door: Door, open_door: OpenDoor) -> None:
    page = open_door()
    code = door.code()
    page.goto(f"/door#enrol={code}")
    page.get_by_role("button", name="登记本机", exact=True).click()
    expect(page.get_by_role("heading", name="选择场次")).to_be_visible()
    assert code not in page.url
    other = open_door()
    other.goto(f"/door#enrol={code}")
    other.get_by_role("button", name="登记本机", exact=True).click()
    expect(other.get_by_text("登记码不对、已用过或已过期")).to_be_visible()
    enrol(other, door)


def test_it_speaks_english(door: Door, open_door: OpenDoor) -> None:
    page = open_door(locale="en-US")
    page.goto(f"/door#enrol={door.code()}")
    page.get_by_role("button", name="Enrol", exact=True).click()
    page.get_by_role("button", name="周末参观").click()
    read_by_hand_reader(page, door.card.token)
    expect(answer(page).get_by_text("Checked in")).to_be_visible()
    answer(page).click(position={"x": 5, "y": 5})
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("button", name="进场签到")).to_be_visible()
