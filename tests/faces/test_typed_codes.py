"""The short code beside the QR, typed: it leaves the claim that the QR would have left, and guessing it is hopeless."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from credit_app.activities.actions import kill_codes
from credit_app.activities.models import Occurrence
from credit_app.attendance.models import Attendance
from credit_app.attendance.typed_code import grouped, slot_of, typed_text
from credit_app.keys import ALPHABET
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, code_of, nothing_came_of_it, refused, scans
from tests.statements import count_statements

NOON = today_at(13)
WRONG, EXPIRED = "这不是有效的签到码", "这个码已经过期"


def shown(occurrence: Occurrence, direction: str = "in", at: datetime = NOON) -> str:
    """What stands beside the QR on the occurrence's screen at that instant."""
    epoch, slot = occurrence.code_epoch, slot_of(at)
    return grouped(typed_text(handle=occurrence.handle, epoch=epoch, direction=direction, slot=slot))


def type_in(phone: Phone, text: str) -> TestResponse:
    return phone.submit("/k/code", {"code": text}, seen_on="/k/code")


def another(text: str) -> str:
    """The code with its last character changed."""
    return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) ^ 1]


# What it opens.


@pytest.mark.parametrize(("direction", "heading"), [("in", "确认签到"), ("out", "确认签退")])
def test_it_leads_to_the_page_of_the_same_claim_as_the_qr(
    app: Flask, cast: Cast, clock: HeldClock, direction: str, heading: str
) -> None:
    clock.set(NOON)
    phone = Phone(app, cast.pupil.user)
    answer = type_in(phone, shown(cast.visit, direction))
    assert (answer.status_code, answer.location) == (303, "/k?opened=1")
    page = phone.get("/k").text
    assert "周末参观" in page
    assert heading in page


def test_a_visit_from_two_typed_codes_to_a_credit(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(NOON)
    phone = Phone(app)
    type_in(phone, shown(cast.visit).lower().replace(" ", "-"))
    clock.forward(minutes=2)
    assert "签到成功" in phone.sign_in_and_confirm(cast.pupil.user).text
    left = clock.forward(minutes=60)
    type_in(phone, shown(cast.visit, "out", left))
    assert "+0.5" in phone.confirm().text.replace("\n", "")
    assert scans(db_session) == ["ok", "checked_out"]
    assert db_session.scalars(select(Attendance.first_in_at)).one() == NOON, "the time is that of typing"


def test_the_form_stands_where_one_looks_for_it(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    phone = Phone(app, cast.pupil.user)
    for page in ("/k", "/k/code", "/pupil"):
        assert 'action="/k/code"' in phone.get(page).text, page
    # A claim of before is in the way at /k: a link leads on.
    phone.scan(cast.visit, "in", NOON)
    assert 'href="/k/code"' in phone.get("/k").text
    assert 'href="/k/code"' in phone.get("/K/" + code_of(cast.visit, "in", NOON - timedelta(minutes=1))).text


# What it does not open.


@pytest.mark.parametrize(
    ("typed_after", "words"),
    [
        (timedelta(seconds=-1), WRONG),  # of the future
        (timedelta(seconds=0), ""),
        (timedelta(seconds=119), ""),
        (timedelta(seconds=120), EXPIRED),
        (timedelta(minutes=11, seconds=59), EXPIRED),
        (timedelta(minutes=12), WRONG),
        (timedelta(days=1), WRONG),
        (timedelta(days=-1), WRONG),
    ],
)
def test_it_is_good_in_its_minute_and_the_next(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, typed_after: timedelta, words: str
) -> None:
    cast.visit.starts_at, cast.visit.ends_at = NOON - timedelta(days=2), NOON + timedelta(days=2)
    clock.set(NOON + typed_after)
    answer = type_in(Phone(app, cast.pupil.user), shown(cast.visit))
    if words:
        assert answer.status_code == 422
        assert words in answer.text
        assert refused(db_session) == {"typed_code_expired" if words == EXPIRED else "typed_code_invalid": 1}
    else:
        assert answer.status_code == 303
    assert nothing_came_of_it(db_session)


def test_a_killed_code_has_expired_and_the_new_one_is_good(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(NOON)
    old = shown(cast.visit)
    kill_codes(db_session, occurrence=cast.visit)
    phone = Phone(app, cast.pupil.user)
    assert EXPIRED in type_in(phone, old).text
    assert type_in(phone, shown(cast.visit)).status_code == 303


@pytest.mark.parametrize("door", ["not yet", "over", "closed", "cancelled", "withdrawn", "not published"])
def test_only_doors_that_are_open_are_looked_at(app: Flask, cast: Cast, clock: HeldClock, door: str) -> None:
    at = {"not yet": today_at(12, 29), "over": today_at(17, 1)}.get(door, NOON)
    clock.set(at)
    if door in ("closed", "cancelled"):
        cast.visit.status = door
    if door in ("withdrawn", "not published"):
        cast.visit.activity.status = "withdrawn" if door == "withdrawn" else "submitted"
    answer = type_in(Phone(app, cast.pupil.user), shown(cast.visit, "out", at))
    assert (answer.status_code, WRONG in answer.text) == (422, True)


def test_codes_of_two_doors_whose_handles_begin_alike_are_told_apart(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(10))
    cast.lecture.handle, cast.course.handle = "ABC00000", "ABCZZZZZ"
    for occurrence, title in ((cast.lecture, "海洋为什么是蓝的"), (cast.course, "动手做一台净水器")):
        phone = Phone(app, cast.pupil.user)
        assert type_in(phone, shown(occurrence, at=today_at(10))).status_code == 303
        assert title in phone.get("/k").text


def test_a_code_that_two_doors_show_by_chance_opens_neither(
    app: Flask, cast: Cast, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.set(today_at(10))
    cast.lecture.handle, cast.course.handle = "ABC00000", "ABCZZZZZ"
    monkeypatch.setattr("credit_app.attendance.typed_code._mac", lambda *_of: "77777")
    answer = type_in(Phone(app, cast.pupil.user), "ABC7 7777")
    assert (answer.status_code, EXPIRED in answer.text) == (422, True)


@pytest.mark.parametrize("text", ["", "ABC", "1234 5678 9", "签到", "ABCD EFGU", "x" * 4000, "' OR 1=1 --"])
def test_what_cannot_be_a_code_is_told_and_neither_asked_for_nor_counted(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, text: str
) -> None:
    clock.set(NOON)
    answer = type_in(Phone(app), text)
    assert answer.status_code == 422
    assert "8 位" in answer.text
    assert refused(db_session) == {}


# Guessing.


@pytest.mark.sqlite_only
def test_a_browser_that_guesses_is_slowed_down_and_another_is_not(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    guesser, wrong = Phone(app), another(shown(cast.visit))
    assert [type_in(guesser, wrong).status_code for _ in range(9)] == [422] * 8 + [429]
    slowed = type_in(guesser, shown(cast.visit))
    assert (slowed.status_code, "输错的次数太多" in slowed.text) == (429, True), "not even the right one"
    assert type_in(Phone(app), shown(cast.visit)).status_code == 303


@pytest.mark.sqlite_only
def test_a_guesser_who_changes_browsers_is_slowed_down_by_the_network(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    wrong = another(shown(cast.visit))
    answers = [type_in(Phone(app), wrong).status_code for _ in range(61)]
    assert answers == [422] * 60 + [429]
    # Another network's pupils are not.
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}
    fields = {"code": shown(cast.visit)}
    assert Phone(app).submit("/k/code", fields, seen_on="/k/code", **elsewhere).status_code == 303


@pytest.mark.sqlite_only
def test_a_whole_class_behind_one_address_types_without_being_slowed_down(
    app: Flask, cast: Cast, clock: HeldClock
) -> None:
    clock.set(NOON)
    text = shown(cast.visit)
    for _ in range(80):
        assert type_in(Phone(app), text).status_code == 303
    assert type_in(Phone(app), "ABC").status_code == 422


# What it costs.


def test_typing_a_code_takes_one_statement(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    phone, text = Phone(app), shown(cast.visit)
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        assert type_in(phone, text).status_code == 303
    assert len(seen) == 1, seen


def test_it_is_found_by_the_index_of_handles(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    phone, text = Phone(app), shown(cast.visit)
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        type_in(phone, text)
    (asked,) = seen
    if db_session.get_bind().dialect.name == "sqlite":
        values = ("H4N00000", "H4NZZZZZ", "2026-10-17", "2026-10-17", "scheduled", "published")
        plan = db_session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values).all()
        assert any("USING INDEX sqlite_autoindex_occurrence" in str(row) and "handle>" in str(row) for row in plan), (
            plan
        )
    else:
        assert "occurrence.handle BETWEEN" in asked


def test_without_cookies_the_page_says_so(app: Flask, cast: Cast, clock: HeldClock) -> None:
    """A browser that keeps nothing opens a genuine code and is led to a page that finds no claim."""
    clock.set(NOON)
    forgetful = Phone(app)
    address = forgetful.open_code(cast.visit, "in", NOON).location
    page = Phone(app).get(address).text
    assert "浏览器没有保存 Cookie" in page
    assert "码是有效的" in page
    refusal = Phone(app).post("/k/code", data={"code": shown(cast.visit)})
    assert (refusal.status_code, "没有保存 Cookie" in refusal.text) == (400, True)
