"""What looks odd is asked about, once; it changes neither attendance nor credits, and who was seen is left in peace."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.activities.actions import Outline, add_occurrence, create_activity
from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance import signals
from credit_app.attendance.actions import Scan, record_scan
from credit_app.attendance.models import Attendance
from credit_app.schools.models import Student
from tests.attendance.doorway import attendances, context_of, entries
from tests.attendance.leading import call, holds
from tests.cast import MADE_AT, Cast, today_at
from tests.scenes import stay

EVENING = today_at(18)


def claim(session: Session, student: Student, occurrence: Occurrence, at: datetime, browser: str | None) -> None:
    key = f"claim-{student.id}-{occurrence.id}"
    evidence = {"browser": browser} if browser else None
    record_scan(
        session,
        context=context_of(session, student, occurrence, key),
        scan=Scan("claim", key, "in", "self_scan", at, evidence=evidence),
        now=at,
    )
    session.commit()


def asked(session: Session) -> list[tuple[str, int | None]]:
    signals.raise_signals(session, after_id=0, now=EVENING)
    session.commit()
    return [(hold.reason, hold.student_id) for hold in holds(session)]


def test_one_browser_for_several_pupils_is_asked_about_each_of_them_once(db_session: Session, cast: Cast) -> None:
    claim(db_session, cast.pupil, cast.lecture, today_at(9), "phone")
    claim(db_session, cast.classmate, cast.lecture, today_at(9, 1), "phone")
    claim(db_session, cast.other_pupil, cast.lecture, today_at(9, 1), "another")
    before = [entries(db_session, each) for each in (cast.pupil, cast.classmate)]
    expected = [("same_browser", cast.pupil.id), ("same_browser", cast.classmate.id)]
    assert asked(db_session) == expected
    assert asked(db_session) == expected, "a second run asks nothing new"
    assert [entries(db_session, each) for each in (cast.pupil, cast.classmate)] == before
    assert [row.state for row in attendances(db_session, cast.pupil)] == ["present"]


def test_without_a_cookie_or_at_two_occurrences_there_is_nothing_odd(db_session: Session, cast: Cast) -> None:
    claim(db_session, cast.pupil, cast.lecture, today_at(9), None)
    claim(db_session, cast.classmate, cast.lecture, today_at(9), None)
    claim(db_session, cast.pupil, cast.visit, today_at(13), "phone")
    claim(db_session, cast.classmate, cast.course, today_at(10), "phone")
    assert asked(db_session) == []


def test_who_was_called_by_a_teacher_is_not_asked_about(db_session: Session, cast: Cast) -> None:
    for student in (cast.pupil, cast.classmate):
        claim(db_session, student, cast.visit, today_at(13), "phone")
    call(db_session, cast, cast.visit, "arrival", today_at(13, 5), (cast.pupil, cast.classmate))
    assert asked(db_session) == []


@pytest.mark.parametrize(("most", "found"), [(1, 2), (2, 0)])
def test_a_pace_no_hall_can_keep_is_asked_about(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch, most: int, found: int
) -> None:
    monkeypatch.setattr(signals, "PACE_PUPILS", most)
    claim(db_session, cast.pupil, cast.visit, today_at(13), None)
    claim(db_session, cast.classmate, cast.visit, today_at(13).replace(second=9), None)
    claim(db_session, cast.other_pupil, cast.visit, today_at(13).replace(second=10), None)
    assert [reason for reason, _student in asked(db_session)] == ["pace"] * found


def _elsewhere(session: Session, cast: Cast) -> Occurrence:
    activity = create_activity(
        session,
        outline=Outline(title="温室开放日", category="venue_visit"),
        venue=cast.other_venue,
        created_by=cast.other_venue_staff,
        now=MADE_AT,
    )
    occurrence = add_occurrence(session, activity=activity, starts_at=today_at(13), ends_at=today_at(16))
    session.flush()
    session.execute(update(Activity).where(Activity.id == activity.id).values(status="published"))
    session.commit()
    return occurrence


@pytest.mark.parametrize(("minute", "found"), [(50, 0), (49, 2)])
def test_two_places_at_once_are_asked_about_each_where_it_was(
    db_session: Session, cast: Cast, minute: int, found: int
) -> None:
    elsewhere = _elsewhere(db_session, cast)
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    stay(db_session, cast.pupil, elsewhere, today_at(13, minute), today_at(15))
    assert [reason for reason, _student in asked(db_session)] == ["two_places"] * found
    assert {hold.occurrence_id for hold in holds(db_session)} == ({cast.visit.id, elsewhere.id} if found else set())
    assert set(db_session.scalars(select(Attendance.state))) == {"present"}


def test_the_job_goes_on_from_where_it_was_and_finds_nothing_twice(db_session: Session, cast: Cast) -> None:
    claim(db_session, cast.pupil, cast.lecture, today_at(9), "phone")
    first = jobs.run_job("ask_about_signals").figures
    claim(db_session, cast.classmate, cast.lecture, today_at(9), "phone")
    second, third = (jobs.run_job("ask_about_signals").figures for _ in range(2))
    assert [first["raised"], second["raised"], third["raised"]] == [0, 2, 0]
    assert first["through"] < second["through"] == third["through"]
