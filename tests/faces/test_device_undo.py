"""A scan taken back at once: it stands, and counts as if it had not been."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import AttendanceDecision, ScanUndo
from credit_app.schools.cards import StudentCard
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


def test_nothing_is_left_of_a_check_in_that_was_a_mistake_and_the_next_one_counts(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    item = tablet.item(card, cast.lecture, "in", clock.set(today_at(9)))
    assert tablet.scan(item)["gained"] == 30
    answer = tablet.undo(item, clock.forward(minutes=1))
    assert (answer.status_code, answer.get_json()["status"], answer.get_json()["pupil"]["name"]) == (
        200,
        "undone",
        "林晓雨",
    )
    db_session.rollback()
    assert entries(db_session, cast.pupil) == [("award", 30), ("reversal", -30)]
    assert [row.state for row in attendances(db_session, cast.pupil)] == ["voided"]
    assert db_session.scalar(select(func.count()).select_from(AttendanceDecision)) == 0
    assert not list(verify(db_session))
    again = tablet.scan(tablet.item(card, cast.lecture, "in", clock.forward(minutes=5)))
    assert (again["status"], again["gained"]) == ("ok", 30)
    db_session.rollback()
    (there,) = attendances(db_session, cast.pupil)
    assert (there.state, there.first_in_at) == ("present", today_at(9, 6))
    assert sum(amount for _kind, amount in entries(db_session, cast.pupil)) == 30
    assert not list(verify(db_session))


def test_asking_twice_changes_nothing_and_the_key_is_for_one_scan(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    item = tablet.item(card, cast.lecture, "in", clock.set(today_at(9)))
    other = tablet.item(card, cast.course, "in", today_at(9, 45))
    tablet.scan(item)
    clock.set(today_at(9, 45))
    tablet.scan(other)
    undo = {
        "client_uid": secrets.token_urlsafe(16),
        "undoes": item["client_uid"],
        "clock": tablet.clock(today_at(9, 1)),
    }
    clock.set(today_at(9, 46))
    first, second = (tablet.send("/api/device/undo", undo).get_json() for _ in range(2))
    assert first == second
    assert tablet.undo(item, today_at(9, 1)).get_json()["status"] == "undone"
    elsewhere = tablet.send("/api/device/undo", undo | {"undoes": other["client_uid"]})
    assert (elsewhere.status_code, elsewhere.get_json()["status"]) == (422, "conflict")
    nowhere = tablet.send("/api/device/undo", undo | {"undoes": "A" * 22})
    assert nowhere.status_code in (404, 422)
    assert tablet.send("/api/device/undo", undo | {"client_uid": "B" * 22, "undoes": "A" * 22}).status_code == 404
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(ScanUndo)) == 1
    assert not list(verify(db_session))


def test_a_check_out_that_was_a_mistake_lets_the_pupil_stay(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    tablet.scan(tablet.item(card, cast.visit, "in", clock.set(today_at(13))))
    out = tablet.item(card, cast.visit, "out", clock.set(today_at(13, 50)))
    assert tablet.scan(out)["gained"] == 50
    tablet.undo(out, clock.forward(minutes=1))
    (there,) = attendances(db_session, cast.pupil)
    assert (there.open_since_at, there.stayed_seconds, there.state) == (today_at(13), 0, "present")
    assert sum(amount for _kind, amount in entries(db_session, cast.pupil)) == 0
    assert not list(verify(db_session))
    assert tablet.scan(tablet.item(card, cast.visit, "out", clock.set(today_at(15))))["gained"] == 50
    assert not list(verify(db_session))


def test_what_a_claim_had_found_already_stays_when_the_card_s_scan_is_undone(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    item = tablet.item(card, cast.lecture, "in", clock.set(today_at(9, 2)))
    assert tablet.scan(item)["status"] == "already"
    assert attendances(db_session, cast.pupil)[0].proof == "staff_scan"
    tablet.undo(item, clock.forward(minutes=1))
    db_session.rollback()
    (there,) = attendances(db_session, cast.pupil)
    assert (there.state, there.proof, there.first_in_at) == ("present", "self_scan", today_at(9))
    assert sum(amount for _kind, amount in entries(db_session, cast.pupil)) == 30
    assert not list(verify(db_session))


def test_after_two_minutes_it_is_too_late(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    item = tablet.item(card, cast.lecture, "in", clock.set(today_at(9)))
    tablet.scan(item)
    late = tablet.undo(item, clock.forward(minutes=2, seconds=1)).get_json()
    assert (late["status"], late["reason"], late["good"]) == ("claim_timeout", "undo_late", False)
    assert [row.state for row in attendances(db_session, cast.pupil)] == ["present"]
    # Two minutes by the device's own clock: when the undoing arrives does not matter.
    clock.forward(minutes=30)
    assert tablet.undo(item, today_at(9) + timedelta(minutes=2)).get_json()["status"] == "undone"
    assert [row.state for row in attendances(db_session, cast.pupil)] == ["voided"]


def test_another_device_s_scan_cannot_be_undone(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    other = enrolled(app, db_session, cast.venue_staff, today_at(8), venue=cast.venue, name="西门平板")
    item = tablet.item(card, cast.lecture, "in", clock.set(today_at(9)))
    tablet.scan(item)
    assert other.undo(item, today_at(9)).status_code == 404
    assert statuses(db_session) == ["ok"]
    assert entries(db_session, cast.pupil) == [("award", 30)]
