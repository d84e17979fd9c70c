"""Receipts of scans: every scan has one, anybody may check it, and nobody learns from it who the child is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance, ScanEvent
from credit_app.attendance.receipt_code import receipt_text
from credit_app.recognition.merging import merge_students
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, scans
from tests.scenes import scan, stay
from tests.statements import count_statements
from tests.visitor import Visitor

NOON = today_at(13)
RECEIPT = re.compile(r"/receipt/((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})")


def receipts_on(page: str) -> list[str]:
    return list(dict.fromkeys(RECEIPT.findall(page)))


def participation(session: Session) -> str:
    session.rollback()
    return session.scalars(select(Attendance.public_id)).one()


def test_the_answer_s_receipt_proves_the_scan_to_anybody(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    (receipt,) = receipts_on(Phone(app, cast.pupil.user).scan(cast.visit, "in", NOON).text)
    page = Visitor(app).get(f"/receipt/{receipt}")
    assert page.status_code == 200
    for fact in ("记录属实，现在有效", "周末参观", "海湾科技馆", "签到", "2026-10-17 13:00", receipt):
        assert fact in page.text, fact


def test_nothing_is_told_of_the_child(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    (receipt,) = receipts_on(Phone(app, cast.pupil.user).scan(cast.visit, "in", NOON).text)
    student = cast.pupil
    attendance = db_session.scalars(select(Attendance)).one()
    told_nowhere = [
        student.name,
        student.school.name,
        "五(1)班",
        "5 年级",
        student.public_id,
        str(student.account_ref),
        attendance.public_id,
        attendance.public_id[:4].upper(),
    ]
    page = Visitor(app).get(f"/receipt/{receipt}").text.replace(receipt, "")
    assert [word for word in told_nowhere if word in page] == []


def test_of_a_school_s_own_activity_the_school_is_not_told(app: Flask, cast: Cast, clock: HeldClock) -> None:
    """Only its own pupils may come: its name would say where the child goes to school."""
    clock.set(NOON)
    cast.visit.activity.venue, cast.visit.activity.school = None, cast.school
    (receipt,) = receipts_on(Phone(app, cast.pupil.user).scan(cast.visit, "in", NOON).text)
    page = Visitor(app).get(f"/receipt/{receipt}").text
    assert "周末参观" in page
    assert "海天学校" not in page


@pytest.mark.parametrize("status", ["too_early", "not_eligible"])
def test_a_refused_scan_s_receipt_proves_that_one_tried_and_not_why_it_was_refused(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, status: str
) -> None:
    now = clock.set(today_at(12) if status == "too_early" else NOON)
    if status == "not_eligible":
        cast.visit.activity.grade_from, cast.visit.activity.grade_to = 7, 9
    answer = Phone(app, cast.pupil.user).scan(cast.visit, "in", now)
    assert scans(db_session) == [status]
    (receipt,) = receipts_on(answer.text)
    page = Visitor(app).get(f"/receipt/{receipt}").text
    assert "记录属实，当时未放行" in page
    assert "年级" not in page.split("<main")[1].split("</main>")[0]


def test_what_was_not_recorded_has_no_receipt(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(NOON)
    phone = Phone(app, cast.pupil.user)
    assert receipts_on(phone.open_code(cast.visit, "in", NOON - timedelta(minutes=5)).text) == []
    phone.open_code(cast.visit, "in", NOON)
    assert receipts_on(phone.get("/k").text) == []


def test_a_reload_shows_the_same_receipt_and_another_account_its_own(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(NOON)
    phone = Phone(app, cast.pupil.user)
    (first,) = receipts_on(phone.scan(cast.visit, "in", NOON).text)
    assert receipts_on(phone.get("/k").text) == [first]
    phone.submit("/k/other-account", seen_on="/pupil")
    (second,) = receipts_on(phone.sign_in_and_confirm(cast.classmate.user).text)
    assert scans(db_session) == ["ok", "claim_used"]
    assert second != first
    assert "当时未放行" in Visitor(app).get(f"/receipt/{second}").text


def test_the_participation_s_page_lists_every_scan_of_it(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.visit, NOON, today_at(13, 50))
    scan(db_session, cast.classmate, cast.visit, "in", NOON)
    clock.set(today_at(14))
    phone = Phone(app, cast.pupil.user)
    own = db_session.scalars(select(Attendance.public_id).where(Attendance.student_id == cast.pupil.id)).one()
    page = phone.get(f"/pupil/credits/{own}")
    assert len(receipts_on(page.text)) == 2
    assert "13:50" in page.text
    for receipt in receipts_on(page.text):
        assert "现在有效" in Visitor(app).get(f"/receipt/{receipt}").text
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        phone.get(f"/pupil/credits/{own}")
    assert len([statement for statement in seen if "scan_event" in statement]) == 1


def test_a_void_attendance_s_receipt_says_that_it_counts_no_more_and_restored_that_it_does(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(NOON)
    phone = Phone(app, cast.pupil.user)
    (before,) = receipts_on(phone.scan(cast.visit, "in", NOON).text)
    staff = Visitor(app)
    staff.sign_in(cast.venue_staff)
    own, page = participation(db_session), f"/venue/occurrences/{cast.visit.public_id}"
    staff.submit(f"{page}/pupils/{own}/void", {"reason": "mistake", "words": "登记错了"}, seen_on=page)
    assert "到场已作废" in Visitor(app).get(f"/receipt/{before}").text
    (held,) = receipts_on(phone.scan(cast.visit, "out", clock.forward(minutes=50)).text)
    assert "到场已作废" in Visitor(app).get(f"/receipt/{held}").text
    staff.submit(f"{page}/pupils/{own}/restore", {"words": "是本人"}, seen_on=page)
    assert "现在有效" in Visitor(app).get(f"/receipt/{before}").text
    assert "现在有效" in Visitor(app).get(f"/receipt/{held}").text


# Forgery.


@pytest.mark.parametrize("typed", ["0000-0000-0000-0000", "nonsense", "ZZZZ-ZZZZ-ZZZZ-ZZZZ", "回执"])
def test_a_wrong_receipt_is_told_so(app: Flask, typed: str) -> None:
    page = Visitor(app).get(f"/receipt/{typed}")
    assert page.status_code == 404
    assert "没有这个回执" in page.text


def test_a_scan_that_was_edited_behind_the_program_s_back_is_proven_no_more(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """The triggers are gone, and so is the time at which the pupil came."""
    clock.set(NOON)
    (receipt,) = receipts_on(Phone(app, cast.pupil.user).scan(cast.visit, "in", NOON).text)
    if db_session.get_bind().dialect.name == "sqlite":
        db_session.execute(text("DROP TRIGGER scan_event_no_update"))
    else:
        db_session.execute(text("ALTER TABLE scan_event DISABLE TRIGGER USER"))
    db_session.execute(text("UPDATE scan_event SET direction = 'out'"))
    assert Visitor(app).get(f"/receipt/{receipt}").status_code == 404


def test_the_receipt_of_a_scan_that_never_was_is_none(app: Flask, db_session: Session, cast: Cast) -> None:
    receipt = receipt_text(scan_id=2**35 - 1, digest="0" * 64)
    assert Visitor(app).get(f"/receipt/{receipt}").status_code == 404


@pytest.mark.sqlite_only
def test_who_tries_out_receipts_is_slowed_down_and_who_holds_some_is_not(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", NOON)
    event = db_session.scalars(select(ScanEvent)).one()
    right = "/receipt/" + receipt_text(scan_id=event.id, digest=event.digest)
    visitor = Visitor(app)
    assert {visitor.get(right).status_code for _ in range(70)} == {200}
    assert [visitor.get("/receipt/0").status_code for _ in range(61)] == [404] * 60 + [429]


# Typing and scanning it.


def test_it_may_be_typed_in_any_manner_and_scanned(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", NOON)
    event = db_session.scalars(select(ScanEvent)).one()
    receipt = receipt_text(scan_id=event.id, digest=event.digest)
    visitor = Visitor(app)
    assert 'action="/receipt"' in visitor.get("/receipt").text
    answer = visitor.get("/receipt", query_string={"code": receipt.lower().replace("-", " ")}, follow_redirects=True)
    assert "记录属实" in answer.text
    assert "记录属实" in visitor.get("/R/" + receipt.replace("-", "")).text
    assert 'href="/receipt"' in visitor.get("/").text


def test_checking_one_takes_three_statements(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", NOON)
    event = db_session.scalars(select(ScanEvent)).one()
    address, visitor = "/receipt/" + receipt_text(scan_id=event.id, digest=event.digest), Visitor(app)
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        visitor.get(address)
    assert len(seen) <= 3, seen


def test_a_merged_duplicate_s_receipt_tells_of_the_survivor_s_attendance(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    scan(db_session, cast.classmate, cast.visit, "in", NOON)
    event = db_session.scalars(select(ScanEvent)).one()
    address = "/receipt/" + receipt_text(scan_id=event.id, digest=event.digest)
    clock.set(today_at(14))
    merge_students(
        db_session,
        duplicate=cast.classmate,
        survivor=cast.pupil,
        merged_by=cast.counselor,
        reason="同一个孩子",
        now=today_at(14),
    )
    assert "现在有效" in Visitor(app).get(address).text
