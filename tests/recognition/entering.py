"""Results of the cast: entered by the counselor, decided on by the officer, and what the ledger holds then."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from credit_app.people import actions as people
from credit_app.people.models import User
from credit_app.recognition.results import actions, competitions, deciding
from credit_app.recognition.results.entry import Entry
from credit_app.recognition.results.matching import Place, place_of
from credit_app.recognition.results.models import ListedCompetition, ReviewedResult
from credit_app.schools.models import Student
from tests.cast import MADE_AT, PASSWORD, TERM_BEGAN_ON, TODAY, Cast, today_at

CONTEST = "青少年科技创新大赛"
EVENING = today_at(20)


def listed(session: Session, cast: Cast, name: str = CONTEST, starts_on: date = TERM_BEGAN_ON) -> ListedCompetition:
    """The competition is on the list of the cast's district."""
    return competitions.add_competition(
        session,
        district=cast.district,
        name=name,
        starts_on=starts_on,
        ends_on=None,
        source="区教育局公布的名单",
        added_by=cast.officer,
        now=MADE_AT,
    )


def entry(
    level: str = "city",
    *,
    on: date = TODAY,
    title: str = CONTEST,
    category: str = "competition",
    document: str = "证书 2026-017",
) -> Entry:
    """What the counselor writes down."""
    return Entry(category=category, title=title, level=level, occurred_on=on, document_ref=document)


def place(session: Session, cast: Cast, student: Student | None = None, on: date = TODAY) -> Place:
    """The pupil's place at the cast's school on the day."""
    found = place_of(session, student=student or cast.pupil, school=cast.school, day=on)
    assert isinstance(found, Place)
    return found


def enter(
    session: Session,
    cast: Cast,
    written: Entry,
    *,
    student: Student | None = None,
    by: User | None = None,
    now: datetime = EVENING,
) -> ReviewedResult:
    """The counselor enters it."""
    whose = place(session, cast, student, written.occurred_on)
    return actions.enter_result(session, place=whose, entry=written, entered_by=by or cast.counselor, now=now)


def decide(
    session: Session,
    cast: Cast,
    result: ReviewedResult,
    decision: str = "approved",
    *,
    by: User | None = None,
    now: datetime = EVENING,
) -> deciding.Decided:
    """The officer decides, and that is committed."""
    decided = deciding.decide_results(
        session,
        results=[result],
        decision=decision,
        remark="" if decision == "approved" else "证书上的名字不对",
        decided_by=by or cast.officer,
        now=now,
    )
    session.commit()
    return decided


def second_counselor(session: Session, cast: Cast) -> User:
    """Another science counselor of the cast's school."""
    user = people.create_user(
        session, login_name="qian", display_name="钱老师", school=cast.school, password=PASSWORD, now=MADE_AT
    )
    people.grant_role(session, user=user, kind="science_counselor", school=cast.school, starts_on=TERM_BEGAN_ON)
    return user
