"""The screen in the hall: who may open it, what it shows, and that it goes on when everything else has ended."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.kiosk_code import check, read_code, slot_of
from credit_app.attendance.screen_pass import issue_pass
from credit_app.faces.qr import square
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import hidden_fields
from tests.scenes import scan
from tests.statements import count_statements
from tests.visitor import Visitor

NOON = today_at(13)


def screen(app: Flask, user: object) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(user)  # type: ignore[arg-type]
    return visitor


def kiosk(occurrence: Occurrence, direction: str = "in") -> str:
    return f"/venue/occurrences/{occurrence.public_id}/kiosk?direction={direction}"


def codes(occurrence: Occurrence, direction: str = "in", after: int = 0) -> str:
    return f"/api/occurrences/{occurrence.public_id}/codes?direction={direction}&after={after}"


def pass_on(page: str) -> dict[str, str]:
    found = re.search(r'data-pass="([^"]+)"', page)
    assert found is not None
    return {"X-Screen-Pass": found.group(1)}


# Who may open it.


def test_the_venue_s_staff_open_the_screen(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    page = screen(app, cast.venue_staff).get(kiosk(cast.visit))
    assert page.status_code == 200
    assert "周末参观" in page.text
    assert re.search(r'<path[^>]* d="M0 0h7', page.text), "the first code is drawn on the page itself"


@pytest.mark.parametrize(
    ("part", "status_code"),
    [
        ("other_venue_staff", 404),
        ("counselor", 404),  # a counselor, but it is not the school's own activity
        ("pupil", 403),
        ("homeroom_teacher", 403),
        ("officer", 403),
    ],
)
def test_nobody_else_opens_it_or_kills_its_codes(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, part: str, status_code: int
) -> None:
    clock.set(NOON)
    visitor = screen(app, cast.users()[part])
    assert visitor.get(kiosk(cast.visit)).status_code == status_code
    fields = hidden_fields(visitor.get("/account").text)
    kill = f"/venue/occurrences/{cast.visit.public_id}/kiosk/kill-codes"
    assert visitor.post(kill, data=fields).status_code == status_code
    db_session.rollback()
    assert db_session.get_one(Occurrence, cast.visit.id).code_epoch == 1


def test_a_stranger_is_sent_to_sign_in(app: Flask, cast: Cast) -> None:
    answer = Visitor(app).get(kiosk(cast.visit))
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=/venue/occurrences/")


def test_the_counselor_opens_the_screen_of_the_school_s_own_activity(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    cast.visit.activity.venue, cast.visit.activity.school = None, cast.school
    assert screen(app, cast.counselor).get(kiosk(cast.visit)).status_code == 200
    assert screen(app, cast.other_counselor).get(kiosk(cast.visit)).status_code == 404


# What it shows.


def test_in_and_out_differ_in_word_and_colour(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    staff = screen(app, cast.venue_staff)
    entrance, way_out = staff.get(kiosk(cast.visit, "in")).text, staff.get(kiosk(cast.visit, "out")).text
    assert "kiosk--in" in entrance
    assert "切换到签退" in entrance
    assert "kiosk--out" in way_out
    assert "切换到签到" in way_out


@pytest.mark.parametrize(("at", "direction"), [(today_at(15, 49), "in"), (today_at(15, 51), "out")])
def test_towards_the_end_it_shows_the_way_out_by_itself(
    app: Flask, cast: Cast, clock: HeldClock, at: datetime, direction: str
) -> None:
    clock.set(at)
    page = screen(app, cast.venue_staff).get(f"/venue/occurrences/{cast.visit.public_id}/kiosk")
    assert f"kiosk--{direction}" in page.text


@pytest.mark.parametrize(
    ("at", "direction", "door", "words"),
    [
        (today_at(12, 29), "in", "not_yet", "12:30 开始签到"),
        (today_at(12, 30), "in", "open", ""),
        (today_at(16), "in", "open", ""),
        (today_at(16, 1), "in", "over", "签到时间已过，请切换到签退"),
        (today_at(16, 1), "out", "open", ""),
        (today_at(17), "out", "open", ""),
    ],
)
def test_codes_are_shown_while_the_door_would_take_them(
    app: Flask, cast: Cast, clock: HeldClock, at: datetime, direction: str, door: str, words: str
) -> None:
    clock.set(at)
    page = screen(app, cast.venue_staff).get(kiosk(cast.visit, direction))
    answer = Visitor(app).get(codes(cast.visit, direction), headers=pass_on(page.text)).get_json()
    assert answer["door"] == door
    assert words in answer["notice"]
    assert words in page.text
    assert bool(answer["codes"]) == (door == "open")


@pytest.mark.parametrize(("activity", "run"), [("withdrawn", "scheduled"), ("published", "cancelled")])
def test_what_was_called_off_shows_no_codes(app: Flask, cast: Cast, clock: HeldClock, activity: str, run: str) -> None:
    clock.set(NOON)
    cast.visit.activity.status, cast.visit.status = activity, run
    page = screen(app, cast.venue_staff).get(kiosk(cast.visit))
    assert "这场活动已经取消" in page.text
    assert Visitor(app).get(codes(cast.visit), headers=pass_on(page.text)).get_json()["codes"] == []


def test_the_count_tells_who_is_in_and_who_came(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", NOON)
    scan(db_session, cast.classmate, cast.visit, "in", NOON)
    scan(db_session, cast.classmate, cast.visit, "out", today_at(13, 10))
    clock.set(today_at(13, 20))
    answer = screen(app, cast.venue_staff).get(kiosk(cast.visit))
    assert re.search(r"data-inside>1<", answer.text)
    assert re.search(r"data-came>2<", answer.text)
    assert "林晓雨" not in answer.text


# The codes that feed it.


def test_two_minutes_of_codes_are_sent_ahead_and_each_is_good_in_its_slot(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    now = clock.set(NOON + timedelta(seconds=4))
    headers = pass_on(screen(app, cast.venue_staff).get(kiosk(cast.visit)).text)
    answer = Visitor(app).get(codes(cast.visit), headers=headers).get_json()
    assert answer["server_ms"] == int(now.timestamp() * 1000)
    assert [code["slot"] - slot_of(now) for code in answer["codes"]] == list(range(12))
    assert [code["starts_in_ms"] for code in answer["codes"]] == [-4000 + 10000 * place for place in range(12)]
    for code in answer["codes"]:
        text = re.fullmatch(r"HTTP://LOCALHOST/K/([0-9A-Z]{32})", code["url"])
        assert text is not None
        read = read_code(text.group(1))
        assert read is not None
        assert check(read, epoch=1, now=now + timedelta(milliseconds=code["starts_in_ms"])) == "ok"
        assert len(code["rows"]) == 29  # version 3: 51 letters and digits
        assert tuple(code["rows"]) == square(code["url"]).rows


def test_only_codes_that_the_screen_has_not_are_sent(app: Flask, cast: Cast, clock: HeldClock) -> None:
    now = clock.set(NOON)
    headers = pass_on(screen(app, cast.venue_staff).get(kiosk(cast.visit)).text)
    answer = Visitor(app).get(codes(cast.visit, after=slot_of(now) + 10), headers=headers).get_json()
    assert [code["slot"] - slot_of(now) for code in answer["codes"]] == [11]


def test_a_long_host_name_still_makes_a_code_that_reads_from_afar(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    visitor = screen(app, cast.venue_staff)
    host = {"base_url": "https://kexue.museum-of-science.haiwan-district.example.edu.cn"}
    headers = pass_on(visitor.get(kiosk(cast.visit)).text)
    (first, *_rest) = Visitor(app).get(codes(cast.visit), headers=headers, **host).get_json()["codes"]
    assert first["url"].startswith("HTTPS://KEXUE.MUSEUM-OF-SCIENCE.HAIWAN-DISTRICT.EXAMPLE.EDU.CN/K/")
    assert len(first["rows"]) <= 37  # version 5


def test_the_screen_goes_on_after_the_staff_s_sign_in_has_ended(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    staff = screen(app, cast.venue_staff)
    page = staff.get(kiosk(cast.visit)).text
    staff.post("/sign-out", data=hidden_fields(page))
    assert staff.get(codes(cast.visit), headers=pass_on(page)).status_code == 200


def test_a_pass_is_for_its_own_occurrence_and_over_with_its_door(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    headers = pass_on(screen(app, cast.venue_staff).get(kiosk(cast.visit)).text)
    visitor = Visitor(app)
    assert visitor.get(codes(cast.course), headers=headers).status_code == 401
    clock.set(today_at(17))
    assert visitor.get(codes(cast.visit), headers=headers).status_code == 200
    clock.set(today_at(17) + timedelta(seconds=1))
    answer = visitor.get(codes(cast.visit), headers=headers)
    assert (answer.status_code, answer.get_json()["status"]) == (401, "screen_ended")


@pytest.mark.parametrize("headers", [{}, {"X-Screen-Pass": "forged"}, {"X-Screen-Pass": "WyJhIiwxLDJd.c2lnbmF0dXJl"}])
def test_without_a_genuine_pass_no_codes_are_sent(
    app: Flask, cast: Cast, clock: HeldClock, headers: dict[str, str]
) -> None:
    """Not even to the staff's own browser: one way in is easier to watch than two."""
    clock.set(NOON)
    answer = screen(app, cast.venue_staff).get(codes(cast.visit), headers=headers)
    assert answer.status_code == 401
    assert answer.get_json()["status"] == "screen_ended"


def test_a_direction_that_is_none_is_malformed(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    headers = pass_on(screen(app, cast.venue_staff).get(kiosk(cast.visit)).text)
    assert Visitor(app).get(codes(cast.visit, "sideways"), headers=headers).status_code == 400


# Killing the codes.


def test_killing_the_codes_ends_every_other_screen_and_this_one_goes_on(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    now = clock.set(NOON)
    staff = screen(app, cast.venue_staff)
    page = staff.get(kiosk(cast.visit)).text
    old = Visitor(app).get(codes(cast.visit), headers=pass_on(page)).get_json()["codes"][0]
    answer = staff.post(f"/venue/occurrences/{cast.visit.public_id}/kiosk/kill-codes", data=hidden_fields(page))
    assert answer.status_code == 303
    assert Visitor(app).get(codes(cast.visit), headers=pass_on(page)).status_code == 401
    new_page = staff.get(answer.location).text
    assert "之前显示的码全部作废" in new_page
    new = Visitor(app).get(codes(cast.visit), headers=pass_on(new_page)).get_json()["codes"][0]
    assert new["slot"] == old["slot"] == slot_of(now)
    assert "这个码已经过期" in Visitor(app).get("/K/" + old["url"].rpartition("/")[2]).text
    assert Visitor(app).get("/K/" + new["url"].rpartition("/")[2]).status_code == 303


# What it costs.


def test_a_poll_takes_two_statements_however_many_are_in(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(NOON)
    headers, address = {"X-Screen-Pass": issue_pass(cast.visit)}, codes(cast.visit)
    for came in (None, cast.pupil, cast.classmate):
        if came is not None:
            scan(db_session, came, cast.visit, "in", NOON)
        with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
            assert Visitor(app).get(address, headers=headers).status_code == 200
        assert len(seen) == 2


def test_the_page_takes_four_statements(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    staff, address = screen(app, cast.venue_staff), kiosk(cast.visit)
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        staff.get(address)
    assert len(seen) == 4, seen  # who is signed in, their roles, the occurrence, who is in
