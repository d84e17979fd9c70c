"""A class gets its cards, one is lost on a phone and replaced at school: in two browsers, with every question asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from credit_app.schools.cards.queries import open_card_of
from credit_app.schools.cards.token import card_token
from tests.browser import OpenBrowser
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.journeys.steps import sign_in
from tests.pictures import qr_texts
from tests.sheets import read_sheets

pytestmark = pytest.mark.browser


def own_token(session: Session, cast: Cast) -> str | None:
    session.rollback()
    card = open_card_of(session, student=cast.pupil)
    token = card_token(card.card_id, card.generation) if card else None
    session.rollback()  # on SQLite the test would otherwise keep every page waiting
    return token


def test_cards_are_issued_printed_lost_and_replaced(
    db_session: Session, cast: Cast, clock: HeldClock, open_browser: OpenBrowser, browser: Browser
) -> None:
    clock.set(today_at(8))
    own_page = f"/teacher/pupils/{cast.pupil.public_id}"
    names = {part: user.login_name for part, user in cast.users().items()}
    db_session.commit()

    teacher = open_browser(width=1280, height=800)
    sign_in(teacher, names["homeroom_teacher"])
    teacher.get_by_role("link", name="学生卡").click()
    teacher.get_by_role("button", name="给没有卡的 2 人发卡").click()
    expect(teacher.get_by_text("已发 2 张新卡")).to_be_visible()
    teacher.get_by_label("为 林晓雨 打印").check()
    # Reading a font of twenty megabytes takes a second, and many on a machine that is busy with something else.
    with teacher.expect_download(timeout=60_000) as download:
        teacher.get_by_role("button", name="下载 PDF").click(no_wait_after=True, timeout=60_000)
    assert download.value.suggested_filename == "海天学校-五(1)班-学生卡-2026-10-17.pdf"
    [sheet] = read_sheets(Path(download.value.path()).read_bytes())
    first = own_token(db_session, cast)
    assert sheet.codes == [first]

    # The phone shows the same code as the paper.
    pupil = open_browser()
    sign_in(pupil, names["pupil"])
    pupil.get_by_role("link", name="我的卡").click()
    assert qr_texts(browser, pupil.screenshot()) == [first]
    pupil.get_by_text("卡丢了，或者被别人拍走了？").click()
    pupil.get_by_role("button", name="挂失").click()
    pupil.get_by_role("dialog").get_by_role("button", name="挂失").click()
    expect(pupil.get_by_text("你的卡已经停用")).to_be_visible()
    assert own_token(db_session, cast) is None

    teacher.goto(own_page)
    expect(teacher.locator("#card")).to_contain_text("已挂失")
    teacher.get_by_role("button", name="发卡").click()
    expect(teacher.get_by_text("已发新卡，请打印后交给学生")).to_be_visible()
    second = own_token(db_session, cast)
    teacher.get_by_role("button", name="挂失并补发").click()
    teacher.get_by_role("dialog").get_by_role("button", name="挂失并补发").click()
    expect(teacher.get_by_text("旧卡已停用，新卡已发")).to_be_visible()
    third = own_token(db_session, cast)
    assert len({first, second, third}) == 3

    pupil.reload()
    assert qr_texts(browser, pupil.screenshot()) == [third]
