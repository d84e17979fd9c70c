"""A homeroom teacher who decides on the worksheets of an occurrence, and what the ledger holds then."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities import actions as activities
from credit_app.activities.models import Occurrence
from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.attendance.reach import Reach
from credit_app.ledger.models import LedgerEntry
from credit_app.organisations.models import Venue
from credit_app.recognition.actions import Decided, decide_worksheets
from credit_app.schools.models import Student
from tests.cast import MADE_AT, TODAY, Cast, today_at

EVENING = today_at(20)


def listed(session: Session, cast: Cast, occurrence: Occurrence) -> OccurrenceList:
    """The list as the homeroom teacher sees it."""
    reach = Reach(day=TODAY, teacher_id=cast.homeroom_teacher.id)
    return occurrence_list(session, public_id=occurrence.public_id, reach=reach)


def decide(
    session: Session, cast: Cast, decision: str, *, occurrence: Occurrence | None = None, now: datetime = EVENING
) -> Decided:
    """The homeroom teacher decides on everybody's worksheet."""
    found = listed(session, cast, occurrence or cast.course)
    decided = decide_worksheets(
        session,
        happening=found.happening,
        pupils=found.pupils,
        decision=decision,
        remark="" if decision == "approved" else "第三题没有写结论",
        decided_by=cast.homeroom_teacher,
        now=now,
    )
    session.commit()
    return decided


def entries(session: Session, student: Student) -> list[tuple[str, str, int]]:
    """(kind, category, centicredits) of the pupil's ledger, in order."""
    query = select(LedgerEntry).where(LedgerEntry.account_id == student.account_ref).order_by(LedgerEntry.seq)
    return [(entry.kind, entry.category, entry.centicredits) for entry in session.scalars(query)]


def course_of(session: Session, cast: Cast, title: str, starts_at: datetime, hours: int, venue: Venue) -> Occurrence:
    """A published inquiry course at the venue."""
    activity = activities.create_activity(
        session,
        outline=activities.Outline(title=title, category="inquiry_course"),
        venue=venue,
        created_by=cast.venue_staff,
        now=MADE_AT,
    )
    occurrence = activities.add_occurrence(
        session, activity=activity, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours)
    )
    activities.submit_activity(session, activity=activity, now=MADE_AT)
    activities.decide_on_activity(
        session, activity=activity, decision="approved", remark="", decided_by=cast.officer, now=MADE_AT
    )
    return occurrence
