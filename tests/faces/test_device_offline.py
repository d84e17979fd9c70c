"""Scans that waited on a device: what counts, what waits for a person, and that nothing is lost or counted twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.actions import close_occurrence
from credit_app.attendance.devices import revoke_device
from credit_app.attendance.models import Device, DeviceRefusal, Hold, ScanEvent
from credit_app.ledger.models import LedgerAccount, LedgerCorrection
from credit_app.schools.cards import StudentCard
from credit_app.verification import verify
from tests.attendance.doorway import attendances, entries, statuses
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.tablets import Tablet, card_of, enrolled


@pytest.fixture
def card(db_session: Session, cast: Cast) -> StudentCard:
    return card_of(db_session, cast.pupil, cast.counselor, today_at(8))


@pytest.fixture
def tablet(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> Tablet:
    """The venue's, enrolled this morning; its last word with the server was then."""
    return enrolled(app, db_session, cast.venue_staff, clock.set(today_at(8)), venue=cast.venue)


def offline(tablet: Tablet, *scans: tuple[object, ...], **other: object) -> list[dict[str, object]]:
    return [tablet.item(*scan, offline=True, **other) for scan in scans]  # type: ignore[arg-type]


def told(answer: dict[str, object]) -> list[object]:
    return [receipt["status"] for receipt in answer["receipts"]]  # type: ignore[attr-defined]


def test_a_batch_is_taken_up_item_by_item_and_one_bad_item_spoils_no_other(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    items = offline(
        tablet,
        (card, cast.visit, "in", today_at(13)),
        ("nonsense", cast.visit, "in", today_at(13)),
        (card, cast.visit, "out", today_at(14)),
    )
    broken = {**items[0], "client_uid": "A" * 22, "seq": 4, "direction": "sideways"}
    nameless = {**items[0], "client_uid": "\x00", "seq": 5}
    clock.set(today_at(20))
    answer = tablet.upload([items[0], broken, items[1], nameless, items[2], {}])
    assert told(answer) == ["ok", "code_invalid", "code_invalid", "conflict", "checked_out", "conflict"]
    assert [receipt["final"] for receipt in answer["receipts"]] == [True, True, True, False, True, False]
    assert answer["lost"] == 0
    assert entries(db_session, cast.pupil) == [("award", 50)]
    assert told(tablet.upload([items[0], broken, items[1], items[2]])) == [
        "ok",
        "code_invalid",
        "code_invalid",
        "checked_out",
    ]
    assert told(tablet.upload([{**broken, "method": "reader"}, {**items[0], "seq": 9}])) == ["conflict", "conflict"]
    db_session.rollback()
    assert len(db_session.scalars(select(DeviceRefusal)).all()) == 2
    assert not list(verify(db_session))


def test_numbers_that_never_arrive_are_told_as_lost(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    items = offline(tablet, *[(card, cast.visit, "in", today_at(13, minute)) for minute in range(6)])
    clock.set(today_at(15))
    assert tablet.upload(items[:2], seq=6, queued=6)["lost"] == 0  # four more wait on the device
    assert tablet.upload(items[4:], seq=6, queued=2)["lost"] == 2  # the third and fourth are nowhere
    assert tablet.upload([], seq=7, queued=1)["lost"] == 2
    assert tablet.upload(items[2:4], seq=7, queued=2)["lost"] == 1
    db_session.rollback()
    assert db_session.scalars(select(Device.reported_seq)).one() == 7


def test_a_device_that_was_restarted_offline_asks_a_person(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    tablet.synced_at, tablet.began_at = None, today_at(12)
    items = offline(tablet, (card, cast.visit, "in", today_at(13, 10)))
    clock.set(today_at(19))
    (receipt,) = tablet.upload(items)["receipts"]
    assert (receipt["status"], receipt["reason"], receipt["pupil"]["name"]) == ("held", "clock_doubtful", "林晓雨")
    db_session.rollback()
    hold = db_session.scalars(select(Hold)).one()
    scan = db_session.scalars(select(ScanEvent)).one()
    assert (hold.kind, hold.key, hold.reason, hold.state) == ("scan", f"scan.{scan.id}", "clock_doubtful", "open")
    assert (hold.student_id, hold.scan_event_id) == (cast.pupil.id, scan.id)
    bounds = [datetime.fromisoformat(hold.evidence[bound]) for bound in ("earliest", "latest")]
    assert bounds == [today_at(8), today_at(19)]
    assert hold.due_on == today_at(19).date() + timedelta(days=7)
    assert (scan.scanned_at, attendances(db_session, cast.pupil)) == (today_at(13, 10), [])
    assert told(tablet.upload(items)) == ["held"]
    db_session.rollback()
    assert len(db_session.scalars(select(Hold)).all()) == 1
    assert not list(verify(db_session))


def test_doubtful_times_that_decide_nothing_hold_nobody_up(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    """Two hours of doubt, all of them while the door was open."""
    cast.visit.starts_at, cast.visit.ends_at = today_at(7), today_at(23)
    tablet.synced_at = None
    items = offline(tablet, (card, cast.visit, "in", today_at(9)))
    clock.set(today_at(11))
    assert told(tablet.upload(items)) == ["ok"]


def test_a_refusal_that_holds_at_any_time_is_told_and_asks_nobody(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    cast.visit.activity.grade_from = 7
    tablet.synced_at = None
    clock.set(today_at(19))
    assert told(tablet.upload(offline(tablet, (card, cast.visit, "in", today_at(13))))) == ["not_eligible"]


def test_scans_of_an_old_bundle_wait_for_a_person(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, card: StudentCard
) -> None:
    tablet = enrolled(app, db_session, cast.venue_staff, clock.set(today_at(9) - timedelta(days=3)), venue=cast.venue)
    old = tablet.ask("/api/device/bundle").get_json()["bundle"]
    clock.set(today_at(9) - timedelta(days=2))
    fresh = tablet.ask("/api/device/bundle").get_json()["bundle"]
    clock.set(today_at(12))
    at = today_at(9, 1)  # a minute past three days
    first, other = card, card_of(db_session, cast.classmate, cast.counselor, today_at(8))
    items = [
        *offline(tablet, (first, cast.lecture, "in", today_at(8, 59)), bundle=old),
        *offline(tablet, (other, cast.lecture, "in", at), bundle=old),
        *offline(tablet, (other, cast.course, "in", at + timedelta(hours=1)), bundle=fresh),
        *offline(tablet, (first, cast.course, "in", at + timedelta(hours=1)), bundle="made-up"),
    ]
    answer = tablet.upload(items)
    assert told(answer) == ["ok", "held", "ok", "held"]
    assert [receipt.get("reason") for receipt in answer["receipts"]][1::2] == ["bundle_old", "bundle_old"]


def test_what_was_scanned_surely_before_the_revocation_counts_and_the_rest_is_held(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    before, after = today_at(13), today_at(14)
    items = offline(tablet, (card, cast.visit, "in", before), (card, cast.visit, "out", after))
    device = db_session.scalars(select(Device)).one()
    clock.set(today_at(13, 30))
    revoke_device(db_session, device=device, revoked_by=cast.venue_staff, now=today_at(13, 30))
    clock.set(today_at(15))
    answer = tablet.upload(items)
    assert told(answer) == ["ok", "held"]
    assert answer["receipts"][1]["reason"] == "device_revoked"
    refused = tablet.send("/api/device/scans", items[0])
    assert (refused.status_code, refused.get_json()["status"]) == (403, "device_revoked")
    for path in ("/api/device/occurrences", "/api/device/bundle"):
        assert tablet.ask(path).status_code == 403
    assert tablet.undo(items[0], today_at(13)).status_code == 403
    assert not list(verify(db_session))


def test_who_was_undone_before_it_was_sent_is_recorded_and_moves_nobody(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    clock.set(today_at(13))
    undone = {"wall_ms": 0, "mono_ms": 1}
    assert told(tablet.upload(offline(tablet, (card, cast.visit, "in", today_at(13)), undone=undone))) == ["undone"]
    assert (statuses(db_session), attendances(db_session, cast.pupil)) == (["undone"], [])
    assert told(tablet.upload(offline(tablet, (card, cast.visit, "in", today_at(13))))) == ["ok"]
    assert not list(verify(db_session))


def test_the_earlier_of_two_devices_wins_and_the_other_is_told_already(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    other = enrolled(app, db_session, cast.venue_staff, clock.set(today_at(8, 1)), venue=cast.venue, name="西门平板")
    clock.set(today_at(18))
    assert told(tablet.upload(offline(tablet, (card, cast.visit, "in", today_at(13, 10))))) == ["ok"]
    assert told(other.upload(offline(other, (card, cast.visit, "in", today_at(13, 2))))) == ["ok"]
    assert told(tablet.upload(offline(tablet, (card, cast.visit, "in", today_at(13, 12))))) == ["already"]
    (there,) = attendances(db_session, cast.pupil)
    assert abs(there.first_in_at - today_at(13, 2)) < timedelta(seconds=1)
    assert not list(verify(db_session))


def test_after_closing_a_scan_from_before_it_counts_and_one_from_after_does_not(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    items = offline(tablet, (card, cast.visit, "in", today_at(13)), (card, cast.visit, "out", today_at(14, 30)))
    clock.set(today_at(15))
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(14))
    assert told(tablet.upload(items)) == ["ok", "closed"]
    assert [row.end_assumed for row in attendances(db_session, cast.pupil)] == [True]
    assert not list(verify(db_session))


def test_after_the_year_is_settled_the_attendance_stands_and_the_credit_waits_for_two(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    clock.set(today_at(10))
    tablet.upload(offline(tablet, (card, cast.lecture, "in", today_at(9))))
    account = db_session.get(LedgerAccount, cast.pupil.account_ref)
    assert account is not None
    account.settled_through = today_at(9).date()
    clock.set(today_at(9) + timedelta(days=300))
    stay = ((card, cast.visit, "in", today_at(13)), (card, cast.visit, "out", today_at(14)))
    receipts = tablet.upload(offline(tablet, *stay))
    assert told(receipts) == ["ok", "checked_out"]
    assert receipts["receipts"][1]["reason"] == "year_settled"
    db_session.rollback()
    assert entries(db_session, cast.pupil) == [("award", 30)]
    assert db_session.scalars(select(LedgerCorrection.kind)).all() == ["late_fact"]
