"""Settling a year: who may take which step, what the lists say, and what is posted to a settled year afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.errors import Conflict, InvalidInput
from credit_app.ledger import correcting, settling
from credit_app.ledger.models import LedgerAccount, LedgerCorrection, LedgerEntry, Settlement, SettlementLine
from credit_app.progress import settling as work
from credit_app.progress.final_lists import final_list
from credit_app.progress.queries.unfinished import unfinished_by_school
from tests.cast import YEAR, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there
from tests.progress.year import earns, earns_eight_in_three_categories
from tests.recognition.deciding import decide
from tests.scenes import scan, stay
from tests.settling.year import (
    FROZEN_AT,
    FROZEN_ON,
    NOTICE_UNTIL,
    SETTLED_AT,
    entries,
    findings,
    frozen,
    in_notice,
    settle_begun,
    settled,
)

LATER = SETTLED_AT + timedelta(days=30)


def corrections(session: Session) -> list[LedgerCorrection]:
    return list(session.scalars(select(LedgerCorrection).order_by(LedgerCorrection.id)))


def test_a_year_that_has_not_ended_cannot_be_frozen(db_session: Session, cast: Cast) -> None:
    for year, today in ((YEAR, date(2027, 8, 31)), ("2026-2028", FROZEN_ON), ("", FROZEN_ON)):
        with pytest.raises(InvalidInput):
            settling.freeze_year(
                db_session,
                district=cast.district,
                academic_year=year,
                frozen_by=cast.officer,
                now=FROZEN_AT,
                today=today,
            )


def test_a_year_is_frozen_once(db_session: Session, cast: Cast) -> None:
    frozen(db_session, cast)
    with pytest.raises(Conflict):
        frozen(db_session, cast)


@pytest.mark.parametrize(
    ("until_on", "contact", "field"),
    [
        (FROZEN_ON + timedelta(days=6), "基教科", "until_on"),
        (None, "基教科", "until_on"),
        (NOTICE_UNTIL, " ", "contact"),
    ],
)
def test_a_notice_is_a_week_at_least_and_says_whom_to_ask(
    db_session: Session, cast: Cast, until_on: date | None, contact: str, field: str
) -> None:
    settlement = frozen(db_session, cast)
    with pytest.raises(InvalidInput) as refusal:
        settling.give_notice(
            db_session,
            settlement=settlement,
            notice_by=cast.officer,
            until_on=until_on,
            contact=contact,
            now=FROZEN_AT,
            today=FROZEN_ON,
        )
    assert refusal.value.field == field


def test_the_settling_waits_for_the_notice_and_for_a_second_officer(db_session: Session, cast: Cast) -> None:
    settlement = in_notice(db_session, cast)
    for officer, today in ((cast.second_officer, NOTICE_UNTIL), (cast.officer, NOTICE_UNTIL + timedelta(days=1))):
        with pytest.raises(Conflict):
            settling.begin_settling(db_session, settlement=settlement, settled_by=officer, now=SETTLED_AT, today=today)
    assert settlement.state == "public_notice"


def test_the_table_itself_refuses_one_officer_for_both(db_session: Session, cast: Cast) -> None:
    settlement = in_notice(db_session, cast)
    settlement.state, settlement.settled_by_id, settlement.settled_at = "settling", cast.officer.id, SETTLED_AT
    with pytest.raises(IntegrityError):
        db_session.flush()


def test_the_final_list_says_who_met_the_target_and_what_is_missing(db_session: Session, cast: Cast) -> None:
    """Grade 5 asks for 8.0 in 3 categories with 2 attendances at venues."""
    earns_eight_in_three_categories(db_session, cast.pupil)
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    stay(db_session, cast.pupil, cast.lecture, today_at(9), today_at(10))
    stay(db_session, cast.classmate, cast.visit, today_at(13), today_at(14))
    settlement = settled(db_session, cast)
    final = final_list(db_session, settlement=settlement, school=cast.school)
    assert final.settled
    told = [(row.student.name if row.student else "", row.total, row.met, dict(row.missing)) for row in final.rows]
    assert told == [
        ("林晓雨", 880, True, {}),
        ("孙浩", 50, False, {"centicredits": 750, "categories": 2, "venue_attendances": 1}),
    ]
    line = db_session.scalars(select(SettlementLine).where(SettlementLine.total == 880)).one()
    assert (line.class_name, line.grade, line.target, line.categories, line.venue_attendances) == (
        "五(1)班",
        5,
        800,
        5,
        2,
    )
    assert findings(db_session) == []


def test_worksheets_that_nobody_approved_earn_nothing(db_session: Session, cast: Cast) -> None:
    """SCHEME example 3: the year settled → 0. The classmate's course was decided before: too short."""
    have_been_there(db_session, cast)
    settled(db_session, cast)
    assert entries(db_session, cast.pupil)[-1] == ("award", 0, "")
    own = LedgerEntry.account_id == cast.pupil.account_ref
    course = db_session.scalars(select(LedgerEntry).where(own, LedgerEntry.category == "inquiry_course")).one()
    assert course.facts["k"] == "refused"
    assert findings(db_session) == []


def test_settling_again_changes_nothing(db_session: Session, cast: Cast) -> None:
    have_been_there(db_session, cast)
    settlement = settled(db_session, cast)
    before = db_session.scalar(select(func.count()).select_from(LedgerEntry))
    assert jobs.settle_years(LATER) == {"pieces": 0, "settled": 0}
    with pytest.raises(Conflict):
        settling.begin_settling(
            db_session, settlement=settlement, settled_by=cast.second_officer, now=LATER, today=LATER.date()
        )
    assert db_session.scalar(select(func.count()).select_from(LedgerEntry)) == before


def test_one_that_was_cut_short_goes_on_where_it_stopped(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    have_been_there(db_session, cast)
    settle_begun(db_session, cast)
    making = work._make_list

    def power_cut(session: Session, settlement: Settlement, school: Any, now: Any) -> None:
        if school.id == cast.other_school.id:
            raise RuntimeError("the power went")
        making(session, settlement, school, now)

    monkeypatch.setattr(work, "_make_list", power_cut)
    with pytest.raises(RuntimeError):
        jobs.settle_years(SETTLED_AT)
    db_session.rollback()
    monkeypatch.setattr(work, "_make_list", making)
    assert jobs.settle_years(SETTLED_AT) == {"pieces": 2, "settled": 1}  # the other school's list, and the end
    assert db_session.scalar(select(func.count()).select_from(SettlementLine)) == 3
    assert findings(db_session) == []


def test_what_arrives_late_is_recorded_and_posts_nothing(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.course, "in", today_at(10))
    settled(db_session, cast)
    before = entries(db_session, cast.pupil)
    assert earns(db_session, cast.pupil, "club_festival") == 0
    assert entries(db_session, cast.pupil) == before
    (late,) = corrections(db_session)
    assert (late.kind, late.state, late.centicredits, late.proposed_by_id) == ("late_fact", "recorded", 50, None)


def test_a_pupil_who_never_took_part_is_closed_too(db_session: Session, cast: Cast) -> None:
    settled(db_session, cast)
    assert earns(db_session, cast.classmate, "club_festival") == 0
    assert entries(db_session, cast.classmate) == []
    through = db_session.scalar(
        select(LedgerAccount.settled_through).where(LedgerAccount.id == cast.classmate.account_ref)
    )
    assert through == date(2027, 8, 31)


def test_a_scan_after_the_settling_keeps_the_attendance_and_waits_for_two_people(
    db_session: Session, cast: Cast
) -> None:
    """The door was offline for a year: its scan is recorded, and told apart in the answer."""
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    settled(db_session, cast)
    answer = scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    assert (answer.status, answer.params["reason"]) == ("checked_out", "year_settled")
    (late,) = corrections(db_session)
    assert (late.kind, late.centicredits) == ("late_fact", 50)
    assert entries(db_session, cast.pupil) == []
    assert findings(db_session) == []

    correcting.take_up_correction(
        db_session,
        correction=late,
        reason="闸机断网，扫码晚到",
        document_ref="场馆说明 2027-09",
        proposed_by=cast.counselor,
        proposed_as="science_counselor",
        now=LATER,
    )
    moved = correcting.approve_correction(
        db_session,
        correction=late,
        decided_by=cast.officer,
        decided_as="bureau_officer",
        remark="",
        now=LATER,
    )
    assert moved == 50
    db_session.commit()
    assert entries(db_session, cast.pupil) == [("award", 50, "")]
    assert db_session.scalars(select(LedgerEntry.cause)).all() == [late.public_id]
    assert findings(db_session) == []


def test_a_worksheet_approved_after_the_settling_waits_too(db_session: Session, cast: Cast) -> None:
    have_been_there(db_session, cast)
    settled(db_session, cast)
    decide(db_session, cast, "approved", now=LATER)
    late = [each for each in corrections(db_session) if each.state == "recorded"]
    assert [(each.kind, each.centicredits) for each in late if each.account_id == cast.pupil.account_ref] == [
        ("late_fact", 100)
    ]
    assert findings(db_session) == []


def test_a_fact_that_is_taken_back_before_anybody_took_it_up_is_withdrawn(db_session: Session, cast: Cast) -> None:
    have_been_there(db_session, cast)
    settled(db_session, cast)
    decide(db_session, cast, "approved", now=LATER)
    decide(db_session, cast, "refused", now=LATER + timedelta(hours=1))
    own = [each.state for each in corrections(db_session) if each.account_id == cast.pupil.account_ref]
    assert own == ["withdrawn"]
    assert findings(db_session) == []


def test_another_district_and_the_next_year_go_on_as_ever(db_session: Session, cast: Cast) -> None:
    settled(db_session, cast)
    # The cast has one book; what matters is the day on which it is asked.
    assert earns(db_session, cast.pupil, "club_festival", date(2026, 10, 10)) == 0
    account = db_session.get_one(LedgerAccount, cast.pupil.account_ref)
    account.settled_through = date(2026, 8, 31)
    db_session.commit()
    assert earns(db_session, cast.pupil, "club_festival", date(2026, 10, 10)) == 50


def test_a_settled_row_and_its_lines_cannot_be_changed_by_sql(db_session: Session, cast: Cast) -> None:
    settled(db_session, cast)
    for statement in (
        "UPDATE settlement SET state = 'frozen'",
        "DELETE FROM settlement",
        "UPDATE settlement_line SET total = total + 1",
        "DELETE FROM settlement_line",
        "DELETE FROM settlement_school",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            db_session.execute(text(statement))
        db_session.rollback()
    db_session.execute(text("UPDATE settlement_line SET student_id = NULL"))  # erasure
    db_session.commit()
    assert findings(db_session) == []


def test_what_is_unfinished_is_counted_by_school(db_session: Session, cast: Cast) -> None:
    have_been_there(db_session, cast)
    own, other = unfinished_by_school(db_session, district=cast.district, year=YEAR)
    assert (own.school.id, own.worksheets, own.others, own.total) == (cast.school.id, 1, 1, 2)
    assert other.total == 0


def test_an_entry_of_a_settled_year_without_two_people_is_named(
    db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """Somebody opens the account behind the program's back and posts."""
    settled(db_session, cast)
    account = db_session.get_one(LedgerAccount, cast.pupil.account_ref)
    account.settled_through = None
    db_session.commit()
    assert earns(db_session, cast.pupil, "club_festival") == 50
    db_session.commit()
    found = findings(db_session)
    assert any("no approved correction stands behind it" in each for each in found)
    assert any("its account is not closed for the year" in each for each in found)
