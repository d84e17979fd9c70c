"""A worksheet decided on late: by the book of the day of the course, with what came after judged again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.actions import Scan, ScanRaced, record_scan
from credit_app.attendance.models import Attendance
from credit_app.attendance.queries import ScanContext, scan_context
from credit_app.ledger.models import LedgerEntry
from credit_app.ledger.queries import net_by_participation
from credit_app.recognition.actions import Decided, decide_worksheets
from credit_app.rule_books import actions as rule_books
from credit_app.verification import verify
from tests.cast import SAMPLE_BOOK, Cast, today_at
from tests.progress.year import earns
from tests.recognition.deciding import EVENING, course_of, decide, entries, listed
from tests.scenes import scan, stay


def test_approved_before_the_check_out_earns_at_the_check_out(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.course, "in", today_at(10))
    assert decide(db_session, cast, "approved", now=today_at(11)) == Decided(changed=1, centicredits=0)
    assert entries(db_session, cast.pupil) == []

    answer = scan(db_session, cast.pupil, cast.course, "out", today_at(11, 40))

    assert answer.params["gained"] == 100


def test_a_check_out_decided_before_the_approval_was_seen_is_decided_anew(db_session: Session, cast: Cast) -> None:
    """Else the check-out would wait for the worksheet and the approval for the check-out, and nobody would award."""
    scan(db_session, cast.pupil, cast.course, "in", today_at(10))
    user_id = cast.pupil.user_id
    assert user_id is not None

    def context() -> ScanContext | None:
        return scan_context(
            db_session, user_id=user_id, handle=cast.course.handle, origin="claim", client_uid="out-and-approved"
        )

    stale = context()
    decide(db_session, cast, "approved", now=today_at(11))
    leaving = Scan("claim", "out-and-approved", "out", "self_scan", today_at(11, 40))
    assert stale is not None
    with pytest.raises(ScanRaced):
        record_scan(db_session, context=stale, scan=leaving, now=today_at(11, 40))
    db_session.rollback()

    fresh = context()
    assert fresh is not None
    answer = record_scan(db_session, context=fresh, scan=leaving, now=today_at(11, 40))

    assert answer.params["gained"] == 100


def test_a_list_read_before_the_check_out_is_decided_on_as_it_stands_now(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.course, "in", today_at(10))
    stale = listed(db_session, cast, cast.course)
    scan(db_session, cast.pupil, cast.course, "out", today_at(11, 40))

    decided = decide_worksheets(
        db_session,
        happening=stale.happening,
        pupils=stale.pupils,
        decision="approved",
        remark="",
        decided_by=cast.homeroom_teacher,
        now=EVENING,
    )

    assert decided == Decided(changed=1, centicredits=100)


def test_returning_from_a_list_read_before_it_was_approved_still_takes_back(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    stale = listed(db_session, cast, cast.course)
    decide(db_session, cast, "approved")

    decided = decide_worksheets(
        db_session,
        happening=stale.happening,
        pupils=stale.pupils,
        decision="returned",
        remark="请补上数据",
        decided_by=cast.counselor,
        now=EVENING,
    )

    assert decided == Decided(changed=1, centicredits=-100)


def test_the_award_follows_the_book_of_the_day_of_the_course(db_session: Session, cast: Cast) -> None:
    """From November on the district has a book of its own, by which an hour is worth twice as much."""
    in_november = today_at(10) + timedelta(days=30)
    later = course_of(db_session, cast, "显微镜下的海水", in_november, 2, cast.venue)
    for occurrence, came_at in ((cast.course, today_at(10)), (later, in_november)):
        stay(db_session, cast.pupil, occurrence, came_at, came_at + timedelta(minutes=100))
    text = SAMPLE_BOOK.read_text(encoding="utf-8")
    for old, new in (
        ("id: sample-2026", "id: nanshan-2026"),
        ("effective_on: 2025-09-01", "effective_on: 2026-11-01"),
        ("counted_by: planned_time\n    credits: 0.5", "counted_by: planned_time\n    credits: 1.0"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    rule_books.publish_book(db_session, text=text, now=EVENING, district=cast.district)

    approved_at = in_november + timedelta(days=3)
    october = decide(db_session, cast, "approved", now=approved_at)
    november = decide(db_session, cast, "approved", occurrence=later, now=approved_at)

    assert (october.centicredits, november.centicredits) == (100, 200)
    assert db_session.scalars(select(LedgerEntry.rule_set).order_by(LedgerEntry.seq)).all() == [
        "sample-2026",
        "nanshan-2026",
    ]


def test_a_course_approved_late_has_later_participations_judged_again(db_session: Session, cast: Cast) -> None:
    """Three courses a year count at one venue. The fourth, judged while the first waited, gives its credits back."""
    first = cast.course
    others = [
        course_of(db_session, cast, f"课程{number}", today_at(10) + timedelta(days=number), 2, cast.venue)
        for number in (1, 2, 3)
    ]
    stay(db_session, cast.pupil, first, today_at(10), today_at(11, 40))
    for number, occurrence in enumerate(others, 1):
        came_at = today_at(10) + timedelta(days=number)
        stay(db_session, cast.pupil, occurrence, came_at, came_at + timedelta(minutes=100))
        decide(db_session, cast, "approved", occurrence=occurrence)
    assert [amount for _, _, amount in entries(db_session, cast.pupil)] == [100, 100, 100]

    assert decide(db_session, cast, "approved") == Decided(changed=1, centicredits=100)

    participations = {
        attendance.occurrence_id: attendance.public_id for attendance in db_session.scalars(select(Attendance))
    }
    net = net_by_participation(
        db_session, account_refs=[cast.pupil.account_ref or ""], participations=participations.values()
    )
    assert [net[participations[occurrence.id]] for occurrence in (first, *others)] == [100, 100, 100, 0]


def test_the_year_cap_leaves_what_fits(db_session: Session, cast: Cast) -> None:
    """Earlier in the year 19.5 were earned: 3.0, 3.0, 2.0, 1.5, 1.0 up to the caps, and 9.0 by courses elsewhere."""
    earlier: list[tuple[str, int, dict[str, Any]]] = [
        ("research_project", 1, {"level": "excellent"}),
        ("competition", 1, {"level": "nation", "competition": "robots"}),
        ("club_festival", 4, {}),
        ("lecture", 5, {}),
        ("online_learning", 5, {}),
        ("inquiry_course", 9, COURSE_ELSEWHERE),
    ]
    for category, times, facts in earlier:
        for number in range(times):
            earns(db_session, cast.pupil, category, venue=f"elsewhere{number}", **facts)
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))

    assert decide(db_session, cast, "approved") == Decided(changed=1, centicredits=50)


# Two planned hours, stayed to the end, approved: 1.0.
COURSE_ELSEWHERE = {
    "planned_minutes": 120,
    "dwell_minutes": 120,
    "checked_out": True,
    "proof": "staff_scan",
    "worksheet": "approved",
}


def test_a_refused_worksheet_that_is_returned_and_approved_keeps_its_entries_with_its_facts(
    db_session: Session, cast: Cast
) -> None:
    """Refused while the pupil is inside it is decided, with 0; what follows must be told to the ledger as well."""
    scan(db_session, cast.pupil, cast.course, "in", today_at(10))
    for decision in ("refused", "returned", "approved"):
        decide(db_session, cast, decision, now=today_at(11))
        assert not list(verify(db_session)), decision
    assert scan(db_session, cast.pupil, cast.course, "out", today_at(11, 40)).params["gained"] == 100
    assert not list(verify(db_session))
