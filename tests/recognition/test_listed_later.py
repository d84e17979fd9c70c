"""A competition that comes onto the list when results in it have been approved already: they count from then on."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.ledger.models import LedgerCorrection, LedgerEntry
from credit_app.organisations import actions as organisations
from credit_app.recognition.results import competitions, deciding
from credit_app.recognition.results.models import ListedCompetition
from credit_app.verification import verify
from tests.cast import MADE_AT, TODAY, Cast
from tests.faces.teaching import words
from tests.recognition.entering import CONTEST, EVENING, decide, enter, entry, listed, second_counselor
from tests.settling.year import SETTLED_AT, entries, settled
from tests.visitor import Visitor


def findings(session: Session) -> list[str]:
    return [str(finding) for finding in verify(session)]


def counts_until(session: Session, contest: ListedCompetition, day: date) -> None:
    competitions.change_competition(
        session,
        competition=contest,
        name=contest.name,
        starts_on=contest.starts_on,
        ends_on=day,
        source=contest.source,
    )
    session.commit()


def test_what_was_approved_off_the_list_is_judged_again_once_it_is_on_it(db_session: Session, cast: Cast) -> None:
    """Once: a second run changes nothing. Who approved it stands behind the adjustment too."""
    result = enter(db_session, cast, entry("district", title="青少年 科技创新大赛"))
    decide(db_session, cast, result)
    assert entries(db_session, cast.pupil) == [("award", 0, "")]
    assert jobs.credit_waiting_results(EVENING) == {"posted": 0, "listed": 0}

    listed(db_session, cast)
    db_session.commit()
    assert jobs.credit_waiting_results(EVENING) == {"posted": 0, "listed": 1}

    assert entries(db_session, cast.pupil) == [("award", 0, ""), ("adjustment", 100, "facts_changed")]
    assert db_session.scalars(select(LedgerEntry.recorded_by)).all()[-1] == cast.officer.public_id
    assert jobs.credit_waiting_results(EVENING) == {"posted": 0, "listed": 0}
    assert findings(db_session) == []


def test_a_longer_term_takes_in_results_that_were_too_late_before(db_session: Session, cast: Cast) -> None:
    """And what it leaves out from now on stays as it was recognised."""
    contest = listed(db_session, cast)
    counts_until(db_session, contest, TODAY - timedelta(days=1))
    decide(db_session, cast, enter(db_session, cast, entry("district")))
    assert jobs.credit_waiting_results(EVENING)["listed"] == 0
    counts_until(db_session, contest, TODAY)
    assert jobs.credit_waiting_results(EVENING)["listed"] == 1
    counts_until(db_session, contest, TODAY - timedelta(days=1))
    assert jobs.credit_waiting_results(EVENING)["listed"] == 0
    assert sum(entry[1] for entry in entries(db_session, cast.pupil)) == 100


def test_only_what_is_meant_is_judged_again(db_session: Session, cast: Cast) -> None:
    """Not what was refused or still waits, not a project of that name, not in another district."""
    decide(db_session, cast, enter(db_session, cast, entry("city")), "refused")
    enter(db_session, cast, entry("province"))
    decide(db_session, cast, enter(db_session, cast, entry("done", category="research_project")))
    decide(db_session, cast, enter(db_session, cast, entry("nation", title="全国小天才邀请赛")))
    before = entries(db_session, cast.pupil)
    away = organisations.create_district(db_session, code="away", name="远区")
    competitions.add_competition(
        db_session,
        district=away,
        name="全国小天才邀请赛",
        starts_on=TODAY,
        ends_on=None,
        source="远区名单",
        added_by=None,
        now=MADE_AT,
    )
    listed(db_session, cast)
    db_session.commit()
    assert jobs.credit_waiting_results(EVENING) == {"posted": 0, "listed": 0}
    assert entries(db_session, cast.pupil) == before


def test_one_that_was_entered_again_under_the_listed_name_counts_once(db_session: Session, cast: Cast) -> None:
    decide(db_session, cast, enter(db_session, cast, entry("district")))
    listed(db_session, cast)
    decide(db_session, cast, enter(db_session, cast, entry("district")))
    assert jobs.credit_waiting_results(EVENING)["listed"] == 0
    assert entries(db_session, cast.pupil) == [("award", 0, ""), ("award", 100, "")]
    assert findings(db_session) == []


def test_after_the_settling_it_waits_for_two_people(db_session: Session, cast: Cast) -> None:
    """So does an approval that is taken back then: the settled list stands, and the audit understands both."""
    decide(db_session, cast, enter(db_session, cast, entry("district")))
    other = enter(db_session, cast, entry("done", category="research_project", title="小水车"))
    decide(db_session, cast, other)
    settled(db_session, cast)
    before = entries(db_session, cast.pupil)
    listed(db_session, cast)
    db_session.commit()
    assert jobs.credit_waiting_results(SETTLED_AT)["listed"] == 1
    deciding.ask_revocation(
        db_session, result=other, reason="名单上没有", asked_by=second_counselor(db_session, cast), now=SETTLED_AT
    )
    deciding.confirm_revocation(db_session, result=other, decided_by=cast.officer, now=SETTLED_AT)
    db_session.commit()

    assert entries(db_session, cast.pupil) == before
    waiting = select(LedgerCorrection.kind, LedgerCorrection.centicredits).order_by(LedgerCorrection.id)
    assert [tuple(row) for row in db_session.execute(waiting)] == [("late_fact", 100), ("late_fact", -200)]
    assert findings(db_session) == []


def test_the_officer_is_told(client: Visitor, db_session: Session, cast: Cast) -> None:
    decide(db_session, cast, enter(db_session, cast, entry("district")))
    client.sign_in(cast.officer)
    told = client.submit(
        "/bureau/competitions",
        {"name": CONTEST, "starts_on": "2026-09-01", "ends_on": "", "source": "区名单"},
        follow_redirects=True,
    )
    assert "几分钟内会按名单重新认定" in words(told.text)
    jobs.run_job("credit_waiting_results")
    db_session.rollback()
    assert sum(entry[1] for entry in entries(db_session, cast.pupil)) == 100
