"""The door at the edges of time: slots of both codes, midnight in Beijing, the end of an academic year."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.models import Attendance, RefusedCode, ScanEvent
from credit_app.attendance.typed_code import slot_of as typed_slot_of
from credit_app.attendance.typed_code import typed_text
from credit_app.ledger.models import LedgerEntry
from credit_app.rules.calendar import LOCAL
from credit_app.verification import verify
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, scans

NIGHT = date(2026, 10, 17)
LAST_NIGHT_OF_THE_YEAR = date(2027, 8, 31)


def local(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), LOCAL)


def move(occurrence: Occurrence, starts_at: datetime, ends_at: datetime) -> None:
    occurrence.starts_at, occurrence.ends_at, occurrence.occurs_on = starts_at, ends_at, starts_at.date()


def type_in(phone: Phone, occurrence: Occurrence, direction: str, shown_at: datetime) -> int:
    text = typed_text(
        handle=occurrence.handle,
        epoch=occurrence.code_epoch,
        direction=direction,
        slot=typed_slot_of(shown_at),
    )
    return phone.submit("/k/code", {"code": text}, seen_on="/k/code").status_code


# A tenth of a second before and at each edge: slots of 10 s for the QR (and 3 s of grace), of 60 s for the typed code.
@pytest.mark.parametrize(
    ("since_shown", "qr", "typed"),
    [
        (timedelta(seconds=-0.1), 200, 422),
        (timedelta(0), 303, 303),
        (timedelta(seconds=9.9), 303, 303),
        (timedelta(seconds=10), 303, 303),
        (timedelta(seconds=22.9), 303, 303),
        (timedelta(seconds=23), 200, 303),
        (timedelta(seconds=59.9), 200, 303),
        (timedelta(seconds=60), 200, 303),
        (timedelta(seconds=119.9), 200, 303),
        (timedelta(seconds=120), 200, 422),
        (timedelta(days=1), 200, 422),
        (timedelta(days=-1), 200, 422),
    ],
    ids=str,
)
@pytest.mark.parametrize("shown_at", [today_at(13), local(NIGHT, 23, 59), local(NIGHT + timedelta(days=1), 0)], ids=str)
def test_at_every_edge_of_their_slots_both_codes_are_what_they_should_be(
    app: Flask, cast: Cast, clock: HeldClock, shown_at: datetime, since_shown: timedelta, qr: int, typed: int
) -> None:
    move(cast.visit, shown_at - timedelta(days=2), shown_at + timedelta(days=2))
    clock.set(shown_at + since_shown)
    phone = Phone(app)
    assert phone.open_code(cast.visit, "in", shown_at).status_code == qr
    assert type_in(phone, cast.visit, "in", shown_at) == typed


def test_a_night_at_the_museum_is_one_attendance_on_the_day_it_began(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """In by a code that was shown before midnight and opened after it, out by a typed one an hour later."""
    next_day = NIGHT + timedelta(days=1)
    move(cast.visit, local(NIGHT, 23, 30), local(next_day, 1))
    phone = Phone(app, cast.pupil.user)
    clock.set(local(next_day, 0, 0, 3))
    assert phone.open_code(cast.visit, "in", local(NIGHT, 23, 59, 50)).status_code == 303
    assert "签到成功" in phone.confirm().text
    left = clock.set(local(next_day, 0, 50, 30))
    assert type_in(phone, cast.visit, "out", left - timedelta(minutes=1)) == 303
    assert "+0.5" in phone.confirm().text.replace("\n", "")
    db_session.rollback()
    attendance = db_session.scalars(select(Attendance)).one()
    assert (attendance.attended_on, attendance.stayed_seconds) == (NIGHT, 50 * 60 + 27)
    assert [scan.scanned_at for scan in db_session.scalars(select(ScanEvent).order_by(ScanEvent.id))] == [
        local(next_day, 0, 0, 3),
        left,
    ]
    assert not list(verify(db_session))


def test_a_claim_opened_before_midnight_is_confirmed_after_it_with_its_own_time(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    move(cast.visit, local(NIGHT, 23), local(NIGHT + timedelta(days=1), 1))
    phone = Phone(app)
    opened = clock.set(local(NIGHT, 23, 58))
    phone.open_code(cast.visit, "in", opened)
    clock.forward(minutes=4)
    assert "签到成功" in phone.sign_in_and_confirm(cast.pupil.user).text
    db_session.rollback()
    assert db_session.scalars(select(Attendance.first_in_at)).one() == opened


def test_refused_codes_are_counted_by_the_day_in_beijing(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    move(cast.visit, local(NIGHT, 22), local(NIGHT + timedelta(days=1), 2))
    phone = Phone(app)
    for now in (local(NIGHT, 23, 59, 59), local(NIGHT + timedelta(days=1), 0)):
        clock.set(now)
        assert type_in(phone, cast.visit, "in", now + timedelta(minutes=5)) == 422
    db_session.rollback()
    rows = db_session.execute(select(RefusedCode.refused_on, RefusedCode.count).order_by(RefusedCode.refused_on)).all()
    assert [tuple(row) for row in rows] == [(NIGHT, 1), (NIGHT + timedelta(days=1), 1)]


def test_what_began_on_31_august_counts_for_the_year_that_ends_though_one_leaves_in_the_next(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    first_of_september = LAST_NIGHT_OF_THE_YEAR + timedelta(days=1)
    move(cast.visit, local(LAST_NIGHT_OF_THE_YEAR, 23), local(first_of_september, 1))
    clock.set(local(LAST_NIGHT_OF_THE_YEAR, 23, 5))
    phone = Phone(app, cast.pupil.user)
    assert type_in(phone, cast.visit, "in", local(LAST_NIGHT_OF_THE_YEAR, 23, 5)) == 303
    assert "签到成功" in phone.confirm().text
    left = clock.set(local(first_of_september, 0, 10))
    assert phone.scan(cast.visit, "out", left).status_code == 200
    assert scans(db_session) == ["ok", "checked_out"]
    attendance = db_session.scalars(select(Attendance)).one()
    assert (attendance.attended_on, attendance.stayed_seconds) == (LAST_NIGHT_OF_THE_YEAR, 65 * 60)
    assert db_session.scalars(select(LedgerEntry.centicredits)).all() == [50]
    assert "周末参观" in phone.get("/pupil/credits?year=2026-2027").text
    assert "周末参观" not in phone.get("/pupil/credits?year=2027-2028").text


def test_what_begins_on_1_september_counts_for_the_year_that_begins(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """The door opens half an hour before, still in August; the day is that of the planned start."""
    first_of_september = LAST_NIGHT_OF_THE_YEAR + timedelta(days=1)
    move(cast.visit, local(first_of_september, 0, 10), local(first_of_september, 2))
    came = clock.set(local(LAST_NIGHT_OF_THE_YEAR, 23, 45))
    phone = Phone(app, cast.pupil.user)
    assert type_in(phone, cast.visit, "in", came) == 303
    assert "签到成功" in phone.confirm().text
    db_session.rollback()
    assert db_session.scalars(select(Attendance.attended_on)).one() == first_of_september
