"""Opening a code: what a genuine one leaves in the browser, and that any other leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.actions import kill_codes
from credit_app.attendance.models import RefusedCode
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, code_of, nothing_came_of_it, refused, scans
from tests.visitor import Visitor


def test_opening_a_code_leads_to_the_page_of_the_claim(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app), clock.set(today_at(13))
    answer = phone.open_code(cast.visit, "in", now)
    assert (answer.status_code, answer.location) == (303, "/k?opened=1")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("claim=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    page = phone.get("/k")
    assert page.status_code == 200
    assert "周末参观" in page.text
    assert "13:00" in page.text
    assert scans(db_session) == []


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_preview_of_the_link_consumes_nothing(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, method: str
) -> None:
    """A messenger opens the link first, without cookies, and only then the pupil does."""
    now = clock.set(today_at(9))
    code = code_of(cast.lecture, "in", now)
    for _ in range(2):
        assert Visitor(app).open("/K/" + code, method=method).status_code == 303
    phone = Phone(app, cast.pupil.user)
    assert phone.get("/K/" + code).status_code == 303
    assert "签到成功" in phone.confirm().text
    assert scans(db_session) == ["ok"]


def test_letters_may_come_in_lower_case(app: Flask, cast: Cast, clock: HeldClock) -> None:
    now = clock.set(today_at(9))
    assert Phone(app).get("/k/" + code_of(cast.lecture, "in", now).lower()).status_code == 303


@pytest.mark.parametrize(
    ("name", "status_code", "words"),
    [
        ("forged", 200, "这不是有效的签到码"),
        ("of another occurrence", 200, "这不是有效的签到码"),
        ("of no occurrence", 200, "这不是有效的签到码"),
        ("turned from in to out", 200, "这不是有效的签到码"),
        ("malformed", 400, "这不是有效的签到码"),
        ("expired", 200, "这个码已经过期"),
        ("killed", 200, "这个码已经过期"),
        ("of the future", 200, "这个码还没到使用时间"),
    ],
)
def test_a_code_that_is_not_good_is_told_and_counted_and_leaves_nothing(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, name: str, status_code: int, words: str
) -> None:
    now = clock.set(today_at(13))
    good = code_of(cast.visit, "in", now)
    made = {
        "forged": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "of another occurrence": cast.lecture.handle + good[8:],
        "of no occurrence": "00000000" + good[8:],
        "turned from in to out": good[:8] + "0" + good[9:],
        "malformed": good[:-1],
        "expired": code_of(cast.visit, "in", now - timedelta(seconds=30)),
        "killed": good,
        "of the future": code_of(cast.visit, "in", now + timedelta(seconds=10)),
    }
    if name == "killed":
        kill_codes(db_session, occurrence=cast.visit)
    phone = Phone(app, cast.pupil.user)
    answer = phone.get("/K/" + made[name])
    assert answer.status_code == status_code
    assert words in answer.text
    assert "Set-Cookie" not in answer.headers or "claim=" not in answer.headers["Set-Cookie"]
    reason = {"expired": "code_expired", "killed": "code_expired", "of the future": "code_future"}
    assert refused(db_session) == {reason.get(name, "code_invalid"): 1}
    assert scans(db_session) == []
    assert nothing_came_of_it(db_session)


def test_refused_codes_are_counted_by_day_and_never_stored(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(13))
    for _ in range(3):
        Phone(app).get("/K/" + "0" * 32)
    Visitor(app).head("/K/" + "0" * 32)
    clock.forward(hours=24)
    Phone(app).get("/K/" + "0" * 32)
    db_session.rollback()
    rows = db_session.execute(select(RefusedCode.refused_on, RefusedCode.count).order_by(RefusedCode.refused_on)).all()
    assert [(str(day), count) for day, count in rows] == [("2026-10-17", 3), ("2026-10-18", 1)]
