"""Results that nobody scans for: entered by one, decided on by another, and in the ledger as the rules have it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.errors import Conflict, InvalidInput
from credit_app.ledger.models import LedgerEntry
from credit_app.ledger.queries import year_balance
from credit_app.recognition.results import actions, competitions, deciding
from credit_app.recognition.results.matching import Unmatched, place_of
from credit_app.recognition.results.models import ResultReview, ReviewedResult
from credit_app.rule_books.actions import publish_book
from credit_app.verification import verify
from tests.cast import SAMPLE_BOOK, TODAY, YEAR, Cast, today_at
from tests.recognition.deciding import entries
from tests.recognition.entering import CONTEST, EVENING, decide, enter, entry, listed, place, second_counselor
from tests.scenes import stay


def findings(session: Session) -> list[str]:
    return [str(finding) for finding in verify(session)]


def test_an_approved_city_award_earns_one_and_a_half(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry("city"))
    assert entries(db_session, cast.pupil) == []  # nothing is posted before the second person has decided

    decided = decide(db_session, cast, result)

    assert (decided.changed, decided.centicredits) == (1, 150)
    assert entries(db_session, cast.pupil) == [("award", "competition", 150)]
    posted = db_session.scalars(select(LedgerEntry)).one()
    assert (posted.participation, posted.recorded_by) == (result.public_id, cast.officer.public_id)
    assert posted.occurred_at == today_at(12)  # a document tells the day, not the hour
    assert findings(db_session) == []


def test_of_one_competition_the_highest_counts_whatever_is_approved_first(db_session: Session, cast: Cast) -> None:
    """SCHEME, example 6: a city award 1.5, then the national one of the same competition +1.5."""
    listed(db_session, cast)
    city = enter(db_session, cast, entry("city", on=TODAY - timedelta(days=20)))
    nation = enter(db_session, cast, entry("nation"))

    decide(db_session, cast, nation)
    assert entries(db_session, cast.pupil) == [("award", "competition", 300)]
    decide(db_session, cast, city)

    assert entries(db_session, cast.pupil) == [
        ("award", "competition", 300),
        ("award", "competition", 150),
        ("adjustment", "competition", -150),
    ]
    assert year_balance(db_session, account_ref=cast.pupil.account_ref, year=YEAR).centicredits == 300
    assert findings(db_session) == []


def test_what_is_approved_late_has_later_ones_judged_again(db_session: Session, cast: Cast) -> None:
    """Two research projects share a cap of 3.0: the one of September, entered in October, takes from the later one."""
    later = enter(db_session, cast, entry("done", title="校园里的鸟", category="research_project"))
    decide(db_session, cast, later)
    earlier = enter(
        db_session,
        cast,
        entry("done", title="会呼吸的墙", category="research_project", on=date(2026, 9, 10)),
        now=EVENING + timedelta(days=3),
    )
    decide(db_session, cast, earlier, now=EVENING + timedelta(days=4))

    assert entries(db_session, cast.pupil) == [
        ("award", "research_project", 200),
        ("award", "research_project", 200),
        ("adjustment", "research_project", -100),
    ]
    assert findings(db_session) == []


def test_results_and_attendances_stand_in_one_ledger(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    course = enter(db_session, cast, entry("", title="认识潮汐", category="online_learning"))
    decide(db_session, cast, course)

    # The visit of 13:00 comes after noon: its amount stays, what had been counted before it is told anew.
    assert entries(db_session, cast.pupil) == [
        ("award", "venue_visit", 50),
        ("award", "online_learning", 20),
        ("adjustment", "venue_visit", 0),
    ]
    assert findings(db_session) == []


def test_a_competition_that_is_not_on_the_list_earns_nothing_and_says_why(db_session: Session, cast: Cast) -> None:
    result = enter(db_session, cast, entry("nation", title="全国小天才邀请赛"))
    decide(db_session, cast, result)

    posted = db_session.scalars(select(LedgerEntry)).one()
    assert (posted.kind, posted.centicredits) == ("award", 0)
    assert "not_listed" in str(posted.trace)
    assert findings(db_session) == []


def test_what_came_onto_the_list_before_the_decision_counts(db_session: Session, cast: Cast) -> None:
    result = enter(db_session, cast, entry("district"))
    listed(db_session, cast)
    decide(db_session, cast, result)

    assert entries(db_session, cast.pupil) == [("award", "competition", 100)]
    assert findings(db_session) == []


@pytest.mark.parametrize(("ends_on", "counts"), [(TODAY - timedelta(days=1), False), (TODAY, True)])
def test_a_competition_counts_until_the_last_day_of_its_term(
    db_session: Session, cast: Cast, ends_on: date, counts: bool
) -> None:
    contest = listed(db_session, cast)
    competitions.change_competition(
        db_session,
        competition=contest,
        name=contest.name,
        starts_on=contest.starts_on,
        ends_on=ends_on,
        source=contest.source,
    )
    result = enter(db_session, cast, entry("district"))
    decide(db_session, cast, result)

    assert entries(db_session, cast.pupil) == [("award", "competition", 100 if counts else 0)]


def test_another_district_s_list_does_not_help(db_session: Session, cast: Cast) -> None:
    competitions.add_competition(
        db_session,
        district=cast.other_district,
        name=CONTEST,
        starts_on=date(2026, 9, 1),
        ends_on=None,
        source="福田区名单",
        added_by=cast.other_officer,
        now=EVENING,
    )
    result = enter(db_session, cast, entry("district"))
    assert result.competition_id is None


def test_the_same_name_is_on_a_district_s_list_once(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    with pytest.raises(Conflict):
        listed(db_session, cast, "青少年 科技创新大赛")


def test_a_refused_result_stands_in_the_ledger_with_nothing(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry())
    decide(db_session, cast, result, "refused")

    posted = db_session.scalars(select(LedgerEntry)).one()
    assert (posted.kind, posted.centicredits) == ("award", 0)
    assert "evidence_refused" in str(posted.trace)
    assert findings(db_session) == []
    # It stands no more, so that the right certificate can be entered.
    assert enter(db_session, cast, entry(document="证书 2026-018")).state == "submitted"


def test_a_returned_result_is_corrected_and_decided_anew(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry("nation"))
    decide(db_session, cast, result, "returned")
    assert entries(db_session, cast.pupil) == []
    assert result.remark == "证书上的名字不对"

    actions.correct_result(
        db_session,
        result=result,
        place=place(db_session, cast),
        entry=entry("district"),
        entered_by=cast.counselor,
        now=EVENING,
    )
    assert (result.state, result.decided_by_id, result.remark) == ("submitted", None, "")
    decide(db_session, cast, result)

    assert entries(db_session, cast.pupil) == [("award", "competition", 100)]
    steps = db_session.scalars(select(ResultReview).order_by(ResultReview.id)).all()
    assert [(step.step, step.content["level"]) for step in steps] == [
        ("entered", "nation"),
        ("returned", "nation"),
        ("corrected", "district"),
        ("approved", "district"),
    ]


def test_nobody_decides_on_what_they_have_entered(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry())
    for decision in ("approved", "returned", "refused"):
        with pytest.raises(deciding.OwnResult):
            decide(db_session, cast, result, decision, by=cast.counselor)
    assert entries(db_session, cast.pupil) == []

    colleague = second_counselor(db_session, cast)
    decide(db_session, cast, result, by=colleague)
    assert entries(db_session, cast.pupil) == [("award", "competition", 150)]


def test_who_corrects_a_result_has_entered_it(db_session: Session, cast: Cast) -> None:
    colleague = second_counselor(db_session, cast)
    result = enter(db_session, cast, entry("district"))
    actions.correct_result(
        db_session,
        result=result,
        place=place(db_session, cast),
        entry=entry("nation"),
        entered_by=colleague,
        now=EVENING,
    )
    with pytest.raises(deciding.OwnResult):
        decide(db_session, cast, result, by=colleague)
    decide(db_session, cast, result, by=cast.counselor)
    assert result.state == "approved"


@pytest.mark.parametrize("state", ["approved", "returned", "refused"])
def test_the_table_refuses_one_person_for_both(db_session: Session, cast: Cast, state: str) -> None:
    result = enter(db_session, cast, entry())
    db_session.commit()
    with pytest.raises(IntegrityError, match="two_people"):
        db_session.execute(
            update(ReviewedResult)
            .where(ReviewedResult.id == result.id)
            .values(state=state, decided_by_id=cast.counselor.id, decided_at=EVENING)
        )


def test_a_decision_that_has_been_taken_is_not_taken_again(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry())
    decide(db_session, cast, result)
    again = decide(db_session, cast, result, "refused", by=cast.second_officer)

    assert (again.changed, again.skipped) == (0, 1)
    assert (result.state, entries(db_session, cast.pupil)) == ("approved", [("award", "competition", 150)])
    with pytest.raises(Conflict):
        actions.withdraw_result(db_session, result=result, withdrawn_by=cast.counselor, now=EVENING)


def test_taking_an_approval_back_needs_two_people_again(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry())
    decide(db_session, cast, result)
    deciding.ask_revocation(db_session, result=result, reason="证书被主办方收回", asked_by=cast.officer, now=EVENING)
    db_session.commit()
    assert entries(db_session, cast.pupil) == [("award", "competition", 150)]  # asking changes nothing
    for one in (cast.officer, cast.counselor):
        with pytest.raises(deciding.OwnResult):
            deciding.confirm_revocation(db_session, result=result, decided_by=one, now=EVENING)
    with pytest.raises(IntegrityError, match="revocation_two_people"):
        db_session.execute(update(ReviewedResult).values(state="refused", decided_by_id=cast.officer.id))
    db_session.rollback()

    deciding.confirm_revocation(db_session, result=result, decided_by=cast.second_officer, now=EVENING)
    db_session.commit()

    assert entries(db_session, cast.pupil) == [("award", "competition", 150), ("adjustment", "competition", -150)]
    assert (result.state, result.remark) == ("refused", "证书被主办方收回")
    assert findings(db_session) == []


def test_a_request_that_is_declined_leaves_everything_as_it_was(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry())
    decide(db_session, cast, result)
    deciding.ask_revocation(db_session, result=result, reason="听说有误", asked_by=cast.counselor, now=EVENING)
    with pytest.raises(Conflict):
        deciding.ask_revocation(db_session, result=result, reason="还是有误", asked_by=cast.counselor, now=EVENING)
    deciding.decline_revocation(
        db_session, result=result, remark="已向主办方核实", decided_by=cast.second_officer, now=EVENING
    )
    db_session.commit()

    assert (result.state, result.revocation_asked_by_id) == ("approved", None)
    with pytest.raises(Conflict):
        deciding.confirm_revocation(db_session, result=result, decided_by=cast.second_officer, now=EVENING)
    assert findings(db_session) == []


def test_without_a_book_for_the_day_an_approval_waits(db_session: Session, cast: Cast) -> None:
    """The sample book begins on 1 September 2025."""
    early = date(2025, 8, 30)
    cast.pupil.enrolments[0].starts_on = date(2025, 8, 1)
    result = enter(db_session, cast, entry("done", category="research_project", title="小水车", on=early))
    decided = decide(db_session, cast, result)

    assert (result.state, decided.waiting, entries(db_session, cast.pupil)) == ("approved", 1, [])
    assert findings(db_session) == []


def test_what_was_approved_without_a_book_is_credited_once_there_is_one(db_session: Session, cast: Cast) -> None:
    early = date(2025, 8, 30)
    cast.pupil.enrolments[0].starts_on = date(2025, 8, 1)
    result = enter(db_session, cast, entry("done", category="research_project", title="小水车", on=early))
    decide(db_session, cast, result)
    assert jobs.credit_waiting_results(EVENING) == {"posted": 0, "listed": 0}

    text = SAMPLE_BOOK.read_text(encoding="utf-8").replace("id: sample-2026", "id: sample-2024", 1)
    text = text.replace("effective_on: 2025-09-01", "effective_on: 2024-09-01", 1)
    publish_book(db_session, text=text.replace("until: 2028-08-31", "until: 2025-08-31", 1), now=EVENING)
    db_session.commit()
    assert any("no award was posted" in finding for finding in findings(db_session))

    assert jobs.credit_waiting_results(EVENING) == {"posted": 1, "listed": 0}
    assert entries(db_session, cast.pupil) == [("award", "research_project", 200)]
    assert jobs.credit_waiting_results(EVENING) == {"posted": 0, "listed": 0}
    assert findings(db_session) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"on": TODAY + timedelta(days=1)}, "occurred_on"),
        ({"category": "venue_visit", "level": ""}, "category"),  # nobody proves a visit by a document
        ({"category": "gardening", "level": ""}, "category"),
        ({"level": "galaxy"}, "level"),
        ({"level": ""}, "level"),
        ({"category": "online_learning", "level": "city"}, "level"),
        ({"title": "《》"}, "title"),
        ({"document": ""}, "document_ref"),
    ],
)
def test_what_the_book_does_not_know_is_refused_at_its_field(
    db_session: Session, cast: Cast, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        actions.enter_result(
            db_session, place=place(db_session, cast), entry=entry(**wrong), entered_by=cast.counselor, now=EVENING
        )
    assert refused.value.field == field


def test_whoever_was_not_at_the_school_that_day_has_no_place_there(db_session: Session, cast: Cast) -> None:
    for student, day in ((cast.other_pupil, TODAY), (cast.pupil, date(2026, 8, 31))):
        assert isinstance(place_of(db_session, student=student, school=cast.school, day=day), Unmatched)


def test_the_same_result_stands_once(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    first = enter(db_session, cast, entry())
    with pytest.raises(actions.AlreadyEntered):
        enter(db_session, cast, entry(title="青少年科技创新大赛。", document="另一张证书"))
    # Another level, another day, another pupil are other results.
    enter(db_session, cast, entry("nation"))
    enter(db_session, cast, entry(on=TODAY - timedelta(days=1)))
    enter(db_session, cast, entry(), student=cast.classmate)

    actions.withdraw_result(db_session, result=first, withdrawn_by=cast.counselor, now=EVENING)
    assert enter(db_session, cast, entry()).state == "submitted"
    assert findings(db_session) == []


def test_the_audit_names_a_result_that_the_ledger_does_not_answer_to(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    approved, waiting = enter(db_session, cast, entry()), enter(db_session, cast, entry("nation"))
    decide(db_session, cast, approved)
    assert findings(db_session) == []

    db_session.execute(update(ReviewedResult).where(ReviewedResult.id == approved.id).values(level="district"))
    db_session.execute(
        update(ReviewedResult)
        .where(ReviewedResult.id == waiting.id)
        .values(state="approved", decided_by_id=cast.officer.id, decided_at=EVENING)
    )
    told = findings(db_session)
    assert [finding for finding in told if approved.public_id in finding and "facts have changed" in finding]
    assert [finding for finding in told if waiting.public_id in finding and "no award was posted" in finding]


def test_the_audit_names_an_award_of_which_nothing_is_known(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry())
    decide(db_session, cast, result)
    db_session.execute(update(ReviewedResult).values(public_id="someothername1"))

    assert any("of which nothing is known" in finding for finding in findings(db_session))
