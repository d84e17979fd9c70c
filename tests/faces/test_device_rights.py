"""Who may act as a device, and who may make one: by the key alone, for one organiser alone."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.devices import issue_code
from credit_app.attendance.models import Device, DeviceEnrolment, DeviceRefusal, ScanEvent
from credit_app.schools.cards import StudentCard
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.tablets import Tablet, base64url, card_of, enrolled
from tests.visitor import Visitor

READS = ("/api/device/occurrences", "/api/device/bundle")
ORGANISERS = {"venue_staff", "other_venue_staff", "counselor", "other_counselor"}


@pytest.fixture
def card(db_session: Session, cast: Cast) -> StudentCard:
    return card_of(db_session, cast.pupil, cast.counselor, today_at(8))


@pytest.fixture
def tablet(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> Tablet:
    """The venue's, enrolled this morning; it is nine o'clock."""
    made = enrolled(app, db_session, cast.venue_staff, clock.set(today_at(8)), venue=cast.venue)
    clock.set(today_at(9))
    return made


def rows(session: Session) -> int:
    session.rollback()
    return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in (ScanEvent, DeviceRefusal))


# The signature.


def test_each_bit_of_a_signature_counts(tablet: Tablet) -> None:
    path = READS[0]
    raw = base64.urlsafe_b64decode(tablet.signature("GET", path, b"") + "==")
    for bit in range(0, len(raw) * 8, 7):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        headers = {"X-Device": tablet.device, "X-Device-Signature": base64url(bytes(flipped))}
        assert tablet.get(path, headers=headers).status_code == 401, bit


@pytest.mark.parametrize("signature", ["", "AA", "=" * 86, "A" * 86, "A" * 85, "Ä" * 86, "A" * 5000])
def test_what_is_no_signature_is_refused_like_a_wrong_one(tablet: Tablet, signature: str) -> None:
    answer = tablet.get(
        READS[0], headers={"X-Device": tablet.device, "X-Device-Signature": signature.encode("latin-1")}
    )
    unknown = Tablet(tablet.application, tablet.began_at).ask(READS[0])
    assert (answer.status_code, answer.get_json()) == (401, unknown.get_json())
    assert answer.get_json()["status"] == "device_unknown"


def test_a_signature_is_for_one_method_path_query_and_body(
    db_session: Session, cast: Cast, tablet: Tablet, card: StudentCard
) -> None:
    headers = {"X-Device": tablet.device}
    for_list = headers | {"X-Device-Signature": tablet.signature("GET", READS[0], b"")}
    assert tablet.get(READS[0], headers=for_list).status_code == 200
    assert tablet.get(READS[1], headers=for_list).status_code == 401
    assert tablet.get(READS[0] + "?occurrence=A", headers=for_list).status_code == 401
    assert tablet.head(READS[0], headers=for_list).status_code == 401
    item = tablet.item(card, cast.lecture, "in", today_at(9))
    answer = tablet.send("/api/device/scans", item)
    assert answer.status_code == 200
    sent: Any = answer.request
    as_sent = {name: sent.headers[name] for name in ("X-Device", "X-Device-Signature")}
    before = rows(db_session)
    for path in ("/api/device/batches", "/api/device/undo"):
        replayed = tablet.post(path, data=b"{}", content_type="application/json", headers=as_sent)
        assert replayed.status_code == 401
    assert rows(db_session) == before


def test_a_key_is_one_device_s(app: Flask, db_session: Session, cast: Cast, tablet: Tablet) -> None:
    other = enrolled(app, db_session, cast.venue_staff, today_at(9), venue=cast.venue, name="西门平板")
    tablet.device, other.device = other.device, tablet.device
    assert [each.ask(READS[0]).status_code for each in (tablet, other)] == [401, 401]


def test_cookies_say_nothing(app: Flask, db_session: Session, cast: Cast, tablet: Tablet) -> None:
    """Whoever is signed in in that browser, a device is its key: with cookies nobody gets in, and nobody is kept out,
    nor does it get any."""
    staff = Visitor(app)
    staff.sign_in(cast.venue_staff)
    for path in READS:
        assert staff.get(path).status_code == 401
    for path in ("/api/device/scans", "/api/device/batches", "/api/device/undo"):
        assert staff.post(path, json={}).status_code == 401
    tablet.sign_in(cast.other_venue_staff)
    tablet.submit("/language", {"language": "en", "next": "/"})
    answer = tablet.ask(READS[0])
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert [run["title"] for run in answer.get_json()["occurrences"]][:1] == ["海洋为什么是蓝的"]
    assert tablet.scan(tablet.item("1234", cast.lecture, "in", today_at(9)))["title"] == "这不是有效的学生卡"


# One organiser.


def test_another_venue_s_device_finds_nothing_of_ours(
    app: Flask, db_session: Session, cast: Cast, tablet: Tablet, card: StudentCard
) -> None:
    stranger = enrolled(app, db_session, cast.other_venue_staff, today_at(9), venue=cast.other_venue)
    assert stranger.ask(READS[0]).get_json()["occurrences"] == []
    bundle = stranger.ask(f"{READS[1]}?occurrence={cast.lecture.handle}").get_json()
    assert (bundle["occurrences"], bundle["roster"]["people"]) == ([], {})
    receipt = stranger.scan(stranger.item(card, cast.lecture, "in", today_at(9)))
    assert (receipt["status"], receipt["pupil"]) == ("wrong_occurrence", None)
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(ScanEvent)) == 0


def test_a_school_s_device_scans_for_its_own_activities_and_its_own_pupils(
    app: Flask, db_session: Session, cast: Cast, tablet: Tablet, card: StudentCard
) -> None:
    own = enrolled(app, db_session, cast.counselor, today_at(9), school=cast.school, name="操场平板")
    assert own.scan(own.item(card, cast.lecture, "in", today_at(9)))["status"] == "wrong_occurrence"
    cast.lecture.activity.venue_id, cast.lecture.activity.school_id = None, cast.school.id
    other = card_of(db_session, cast.other_pupil, cast.other_counselor, today_at(8))
    db_session.commit()
    assert own.scan(own.item(card, cast.lecture, "in", today_at(9)))["status"] == "ok"
    receipt = own.scan(own.item(other, cast.lecture, "in", today_at(9)))
    assert (receipt["status"], receipt["reason"]) == ("not_eligible", "other_school")
    assert len(own.ask(READS[1]).get_json()["roster"]["people"]) == 1


# Enrolment.


def test_a_code_is_good_once_for_ten_minutes(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    now = clock.set(today_at(8))
    _enrolment, code = issue_code(db_session, name="东门", issued_by=cast.venue_staff, now=now, venue=cast.venue)
    first, second = Tablet(app, now), Tablet(app, now)
    typed = f" {code[:4]}-{code[4:8]} {code[8:]}".lower()
    answer = first.enrol(typed)
    told = answer.get_json()
    assert (answer.status_code, told["name"], told["organiser"]) == (200, "东门", "海湾科技馆")
    assert set(told) == {"device", "name", "organiser", "server_ms"}
    refused = second.enrol(code)
    assert (refused.status_code, refused.get_json()["status"]) == (422, "code_invalid")
    # Its answer may have been lost: the same key may ask again.
    clock.forward(minutes=10)
    assert first.enrol(code).get_json()["device"] == told["device"]
    clock.forward(seconds=1)
    assert first.enrol(code).status_code == 422
    _enrolment, late = issue_code(db_session, name="西门", issued_by=cast.venue_staff, now=now, venue=cast.venue)
    assert second.enrol(late).get_json() == refused.get_json()
    assert second.enrol("0" * 12).get_json() == refused.get_json()
    db_session.rollback()
    assert code not in str(db_session.scalars(select(DeviceEnrolment.code_digest)).all())
    assert db_session.scalar(select(func.count()).select_from(Device)) == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({}, 400),
        ({"code": "A" * 12}, 400),
        ({"code": "A" * 12, "public_key": base64url(b"\x04" + bytes(64))}, 422),
        ({"code": "\x00", "public_key": "AAAA"}, 400),
        ([], 400),
    ],
)
def test_a_malformed_enrolment_is_refused(client: Visitor, cast: Cast, content: object, status: int) -> None:
    assert client.post("/api/device/enrol", json=content).status_code == status


def test_guessing_codes_is_slowed_down(app: Flask, cast: Cast, clock: HeldClock) -> None:
    guesser = Tablet(app, clock.set(today_at(8)))
    answers = [guesser.enrol("0" * 12).status_code for _ in range(31)]
    assert (answers[:30], answers[30]) == ([422] * 30, 429)


def test_a_body_that_no_device_sends_is_refused_unread(tablet: Tablet) -> None:
    answer = tablet.send("/api/device/batches", {"seq": 0, "queued": 0, "items": [], "more": "x" * 300_000})
    assert answer.status_code == 413
    assert tablet.send("/api/device/batches", {"seq": 0, "queued": 0, "items": [{}] * 51}).status_code == 400


# The pages.


def test_who_may_see_make_and_revoke_devices(app: Flask, db_session: Session, cast: Cast, tablet: Tablet) -> None:
    seen, made, revoked = {}, {}, {}
    for who, user in cast.users().items():
        visitor = Visitor(app)
        visitor.sign_in(user)
        seen[who] = visitor.get("/venue/devices").status_code
        made[who] = visitor.submit("/venue/devices", {"name": f"平板 {who}"}).status_code
        page = visitor.get(f"/venue/devices/{tablet.device}/revoke").status_code
        if who != "venue_staff":
            assert visitor.submit(f"/venue/devices/{tablet.device}/revoke").status_code == page, who
        revoked[who] = page
    assert seen == made == {who: 200 if who in ORGANISERS else 403 for who in cast.users()}
    assert revoked == {who: 200 if who == "venue_staff" else 404 if who in ORGANISERS else 403 for who in cast.users()}
    db_session.rollback()
    issued = db_session.execute(
        select(DeviceEnrolment.venue_id, DeviceEnrolment.school_id).order_by(DeviceEnrolment.id)
    )
    assert set(issued.all()) == {
        (cast.venue.id, None),
        (cast.other_venue.id, None),
        (None, cast.school.id),
        (None, cast.other_school.id),
    }
    assert db_session.scalars(select(Device.revoked_at)).all() == [None]
    stranger = Visitor(app)
    assert "/sign-in" in stranger.get("/venue/devices").location
    assert "/sign-in" in stranger.submit("/venue/devices", {"name": "x"}).location


def test_staff_make_a_device_see_it_and_revoke_it(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    now = clock.set(today_at(8))
    staff = Visitor(app)
    staff.sign_in(cast.venue_staff)
    assert "还没有登记设备" in staff.get("/venue/devices").text
    refused = staff.submit("/venue/devices", {"name": " "})
    assert (refused.status_code, "请给设备起个名字" in refused.text) == (422, True)
    page = staff.submit("/venue/devices", {"name": "东门的平板"})
    code = page.text.split('device-code figure">')[1].split("<")[0]
    tablet = Tablet(app, now)
    assert tablet.enrol(code).status_code == 200
    assert "东门的平板" in staff.get("/venue/devices").text
    tablet.upload([], seq=3, queued=0)
    assert "有扫码还没有上传" in staff.get("/venue/devices").text
    other = Visitor(app)
    other.sign_in(cast.other_venue_staff)
    assert "东门的平板" not in other.get("/venue/devices").text
    path = f"/venue/devices/{tablet.device}/revoke"
    assert staff.submit(path).status_code == 303
    assert "已停用" in staff.get("/venue/devices").text
    assert staff.submit(path).status_code == 409
    assert tablet.ask(READS[0]).status_code == 403
