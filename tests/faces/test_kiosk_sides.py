"""What the screen's script is told of in and out at once, and of the short codes beside the QR."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.kiosk_code import check, read_code
from credit_app.attendance.models import Attendance
from credit_app.attendance.screen_pass import issue_pass
from credit_app.attendance.typed_code import direction_of, read_typed
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone
from tests.scenes import scan
from tests.statements import count_statements
from tests.visitor import Visitor

NOON = today_at(13)


def told(app: Flask, occurrence: Occurrence, direction: str = "both") -> dict[str, Any]:
    address = f"/api/occurrences/{occurrence.public_id}/codes?direction={direction}"
    answer = Visitor(app).get(address, headers={"X-Screen-Pass": issue_pass(occurrence)})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def typed_direction(occurrence: Occurrence, text: str, now: datetime) -> str | None:
    code = read_typed(text)
    assert code is not None
    return direction_of(code, handle=occurrence.handle, epoch=occurrence.code_epoch, now=now)


def test_both_sides_are_told_at_once_and_each_says_what_it_says_alone(app: Flask, cast: Cast, clock: HeldClock) -> None:
    now = clock.set(NOON)
    both = told(app, cast.visit)
    for side in ("in", "out"):
        alone = told(app, cast.visit, side)
        assert both["sides"][side] == {name: alone[name] for name in ("door", "notice", "codes", "typed")}
        read = read_code(both["sides"][side]["codes"][0]["url"].rpartition("/")[2])
        assert read is not None
        assert (read.direction, check(read, epoch=1, now=now)) == (side, "ok")


def test_each_side_has_its_own_door(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(16, 1))
    sides = told(app, cast.visit)["sides"]
    assert (sides["in"]["door"], sides["in"]["codes"], sides["in"]["typed"]) == ("over", [], [])
    assert (sides["out"]["door"], len(sides["out"]["codes"])) == ("open", 12)


def test_short_codes_are_sent_two_minutes_ahead_and_each_is_good_in_its_minute(
    app: Flask, cast: Cast, clock: HeldClock
) -> None:
    now = clock.set(NOON + timedelta(seconds=40))
    answer = told(app, cast.visit)
    assert answer["typed_slot_seconds"] == 60
    for side in ("in", "out"):
        typed = answer["sides"][side]["typed"]
        assert [code["slot"] - int(now.timestamp()) // 60 for code in typed] == [0, 1, 2]
        for ahead, code in enumerate(typed):
            when = now + timedelta(minutes=ahead)
            assert typed_direction(cast.visit, code["text"], when) == side
            assert typed_direction(cast.visit, code["text"], when - timedelta(minutes=1)) is None


def test_a_poll_for_both_takes_two_statements_too(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(NOON)
    address = f"/api/occurrences/{cast.visit.public_id}/codes?direction=both"
    headers = {"X-Screen-Pass": issue_pass(cast.visit)}
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        assert Visitor(app).get(address, headers=headers).status_code == 200
    assert len(seen) == 2, seen


@pytest.mark.parametrize(("direction", "shown"), [("in", ["in"]), ("out", ["out"]), ("both", ["in", "out"])])
def test_the_page_shows_what_its_address_says_and_holds_the_rest_ready(
    app: Flask, cast: Cast, clock: HeldClock, direction: str, shown: list[str]
) -> None:
    clock.set(NOON)
    staff = Visitor(app)
    staff.sign_in(cast.venue_staff)
    page = staff.get(f"/venue/occurrences/{cast.visit.public_id}/kiosk?direction={direction}&large=1").text
    sides = {side: page.split(f'data-side="{side}"')[1].split(">")[0] for side in ("in", "out")}
    assert [side for side, tag in sides.items() if " hidden" not in tag] == shown
    assert page.count('d="M0 0h7') == 2
    assert "kiosk--large" in page


# Who may enter what is new at the door: anybody, since one scans before one signs in.


@pytest.mark.parametrize("address", ["/k", "/k/code", "/receipt", "/sign-in/turn"])
def test_everybody_of_the_cast_may_enter(app: Flask, cast: Cast, clock: HeldClock, address: str) -> None:
    clock.set(NOON)
    assert Visitor(app).get(address).status_code == 200
    for part, user in cast.users().items():
        assert Phone(app, user).get(address).status_code == 200, part


@pytest.mark.parametrize(
    "part", ["classmate", "other_pupil", "homeroom_teacher", "colleague", "venue_staff", "officer"]
)
def test_the_list_of_receipts_is_the_pupil_s_own(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, part: str
) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", NOON)
    clock.set(NOON)
    own = db_session.scalars(select(Attendance.public_id)).one()
    status = Phone(app, cast.users()[part]).get(f"/pupil/credits/{own}").status_code
    assert status == (404 if part in ("classmate", "other_pupil") else 403)
