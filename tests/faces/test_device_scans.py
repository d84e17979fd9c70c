"""A card scanned by a device at the door, online: what the pupil, the staff and the auditor find afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance, DeviceRefusal, ScanEvent
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.number import card_number, grouped
from credit_app.schools.cards.token import card_token
from credit_app.verification import verify
from tests.attendance.doorway import attendances, entries, scan, statuses
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.tablets import Tablet, card_of, enrolled


@pytest.fixture
def card(db_session: Session, cast: Cast) -> StudentCard:
    return card_of(db_session, cast.pupil, cast.counselor, today_at(8))


@pytest.fixture
def tablet(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> Tablet:
    """The venue's, enrolled this morning."""
    return enrolled(app, db_session, cast.venue_staff, clock.set(today_at(8)), venue=cast.venue)


def test_a_card_lets_in_and_out_and_earns(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    came = clock.set(today_at(13))
    receipt = tablet.scan(tablet.item(card, cast.visit, "in", came))
    assert (receipt["status"], receipt["good"], receipt["final"], receipt["title"]) == ("ok", True, True, "签到成功")
    (there,) = attendances(db_session, cast.pupil)
    assert receipt["pupil"] == {
        "name": "林晓雨",
        "class": "五(1)班",
        "school": "海天学校",
        "number": there.public_id[:4].upper(),
    }
    left = clock.forward(minutes=50)
    receipt = tablet.scan(tablet.item(card, cast.visit, "out", left))
    assert (receipt["status"], receipt["gained"]) == ("checked_out", 50)
    db_session.rollback()
    (there,) = attendances(db_session, cast.pupil)
    assert (there.proof, there.stayed_seconds) == ("staff_scan", 50 * 60)
    assert not list(verify(db_session))


def test_the_same_item_gets_the_same_receipt_and_another_under_its_key_a_conflict(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    item = tablet.item(card, cast.lecture, "in", clock.set(today_at(9)))
    first = tablet.scan(item)
    clock.forward(minutes=20)
    again = tablet.scan(item | {"offline": True})
    assert {**again, "server_ms": 0} == {**first, "server_ms": 0}
    other = tablet.send("/api/device/scans", item | {"direction": "out"})
    assert (other.status_code, other.get_json()["status"], other.get_json()["pupil"]) == (422, "conflict", None)
    assert statuses(db_session) == ["ok"]
    assert entries(db_session, cast.pupil) == [("award", 30)]


def test_a_typed_number_will_do(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    typed = grouped(card_number(card.card_id, card.generation)).lower()
    receipt = tablet.scan(tablet.item(typed, cast.lecture, "in", clock.set(today_at(9)), method="typed"))
    assert receipt["status"] == "ok"


def test_what_names_nobody_is_kept_with_its_answer_and_says_no_name(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    at = clock.set(today_at(9))
    genuine = card_token(card.card_id, card.generation)
    unknown = card_number(card.card_id, card.generation + 1)
    garbled = genuine[:-2] + ("0" if genuine[-2] != "0" else "1") + genuine[-1]
    items = [
        tablet.item(unknown, cast.lecture, "in", at, method="typed"),
        tablet.item(garbled, cast.lecture, "in", at),
        tablet.item(card, cast.lecture, "in", at) | {"occurrence": "ZZZZZZZZ"},
        tablet.item("1234", cast.lecture, "in", at, method="typed"),
    ]
    first = [tablet.scan(item) for item in items]
    assert [receipt["status"] for receipt in first] == [
        "card_unknown",
        "code_invalid",
        "wrong_occurrence",
        "code_invalid",
    ]
    assert all(receipt["pupil"] is None and receipt["final"] for receipt in first)
    assert [tablet.scan(item)["receipt"] for item in items] == [receipt["receipt"] for receipt in first]
    changed = tablet.scan(items[0] | {"direction": "out"})
    assert changed["status"] == "conflict"
    db_session.rollback()
    assert len(db_session.scalars(select(DeviceRefusal)).all()) == 4
    assert genuine not in str(db_session.scalars(select(DeviceRefusal.evidence)).all())
    assert statuses(db_session) == []
    # A card that becomes known later changes nothing about what has been answered.
    card_of(db_session, cast.classmate, cast.counselor, at)
    card.generation = 2
    db_session.commit()
    assert tablet.scan(items[0])["status"] == "card_unknown"
    assert not list(verify(db_session))


def test_a_revoked_card_is_refused_and_its_scan_recorded(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    card.revoked_at, card.reason = today_at(8, 30), "lost"
    receipt = tablet.scan(tablet.item(card, cast.lecture, "in", clock.set(today_at(9))))
    assert (receipt["status"], receipt["good"], receipt["pupil"]["name"]) == ("card_revoked", False, "林晓雨")
    assert statuses(db_session) == ["card_revoked"]
    assert attendances(db_session, cast.pupil) == []


def test_a_card_that_was_good_when_it_was_scanned_counts_when_it_arrives(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    item = tablet.item(card, cast.lecture, "in", today_at(9), offline=True)
    clock.set(today_at(11))
    card.revoked_at, card.reason = today_at(10), "lost"
    assert tablet.upload([item])["receipts"][0]["status"] == "ok"
    assert entries(db_session, cast.pupil) == [("award", 30)]


def test_proof_rises_when_staff_scan_who_checked_in_alone(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    receipt = tablet.scan(tablet.item(card, cast.visit, "in", clock.set(today_at(13, 1))))
    assert receipt["status"] == "already"
    db_session.rollback()
    assert db_session.scalars(select(Attendance.proof)).one() == "staff_scan"
    assert not list(verify(db_session))


def test_the_time_is_the_device_s_own_by_its_monotonic_clock(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    """A wall clock that is wrong by a day moves nothing; the answer of the server in the same run tells the time."""
    item = tablet.item(card, cast.visit, "in", today_at(13, 7), offline=True)
    item["clock"] = tablet.clock(today_at(13, 7), wrong_by_ms=24 * 3600 * 1000)
    clock.set(today_at(19))
    assert tablet.upload([item])["receipts"][0]["status"] == "ok"
    (at,) = db_session.scalars(select(ScanEvent.scanned_at))
    assert abs(at - today_at(13, 7)) < timedelta(seconds=1)


def test_after_midnight_it_is_still_the_day_on_which_the_night_began(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, card: StudentCard
) -> None:
    """A night at the museum from 31 August to 1 September, entered ten minutes after midnight: the cast's places begin
    on 1 September, so nobody has one on the night's day."""
    august = today_at(22) - timedelta(days=47)
    tonight = enrolled(app, db_session, cast.venue_staff, clock.set(august), venue=cast.venue)
    cast.visit.starts_at, cast.visit.ends_at, cast.visit.occurs_on = august, august + timedelta(hours=5), august.date()
    after_midnight = clock.forward(hours=2, minutes=10)
    assert f"{august:%m-%d} {after_midnight.astimezone(august.tzinfo):%m-%d}" == "08-31 09-01"
    assert tonight.scan(tonight.item(card, cast.visit, "in", after_midnight))["status"] == "not_enrolled"
    # One that begins at midnight itself is September's.
    september = august + timedelta(hours=2)
    cast.visit.starts_at, cast.visit.occurs_on = september, september.date()
    assert tonight.scan(tonight.item(card, cast.visit, "in", after_midnight))["status"] == "ok"
    assert [row.attended_on for row in attendances(db_session, cast.pupil)] == [september.date()]
