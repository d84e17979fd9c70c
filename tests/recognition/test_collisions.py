"""Two people at the same moment: who decided on what no longer stands is sent back to decide anew.

The context of a scan is read, somebody else commits, then the scan is carried out on what it had read: exactly what
happens between two requests on PostgreSQL, and what SQLite's turns prevent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from credit_app.attendance.actions import Scan, ScanRaced, record_scan
from credit_app.attendance.models import Attendance
from credit_app.errors import Conflict
from credit_app.people.actions import create_user
from credit_app.recognition.merging import merge_students
from credit_app.schools.transfers import receive_student, release_student
from credit_app.verification import verify
from tests.attendance.doorway import context_of, entries, scan
from tests.attendance.test_voiding import restore, void
from tests.cast import MADE_AT, TODAY, Cast, today_at
from tests.progress.year import newcomer


def check_out_overtaken_by(session: Session, cast: Cast, overtaking: Callable[[], object]) -> None:
    """The pupil's check-out was decided before `overtaking`, and arrives after it."""
    context = context_of(session, cast.pupil, cast.visit, "stale")
    overtaking()
    session.commit()
    with pytest.raises(ScanRaced):
        record_scan(
            session,
            context=context,
            scan=Scan("claim", "stale", "out", "self_scan", today_at(14)),
            now=today_at(14),
        )
    session.rollback()


def test_a_check_out_does_not_credit_who_has_just_been_voided(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    check_out_overtaken_by(db_session, cast, lambda: void(db_session, cast, cast.visit))
    assert entries(db_session, cast.pupil) == []
    assert not list(verify(db_session))


def test_a_check_out_is_not_held_for_who_has_just_been_restored(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    void(db_session, cast, cast.visit)
    check_out_overtaken_by(db_session, cast, lambda: restore(db_session, cast, cast.visit))
    assert scan(db_session, cast.pupil, cast.visit, "out", today_at(14)).params["gained"] == 50
    assert not list(verify(db_session))


def test_a_check_out_does_not_credit_the_row_that_has_just_been_merged(db_session: Session, cast: Cast) -> None:
    survivor = newcomer(db_session, cast.school_class, "林小雨")
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    check_out_overtaken_by(
        db_session,
        cast,
        lambda: merge_students(
            db_session,
            duplicate=cast.pupil,
            survivor=survivor,
            merged_by=cast.counselor,
            reason="录入两次",
            now=today_at(14),
        ),
    )
    assert scan(db_session, survivor, cast.visit, "out", today_at(14)).params["gained"] == 50
    assert db_session.query(Attendance).one().student_id == survivor.id
    assert not list(verify(db_session))


def test_two_counselors_with_one_code_receive_one_pupil(db_session: Session, cast: Cast) -> None:
    transfer, _code = release_student(db_session, student=cast.pupil, released_by=cast.counselor, now=today_at(9))
    second = create_user(db_session, login_name="jiang2", display_name="江老师", school=cast.other_school, now=MADE_AT)
    for number, receiver in enumerate((cast.other_counselor, second)):
        outcome: list[str] = []
        try:
            receive_student(
                db_session,
                transfer=transfer,
                school=cast.other_school,
                school_class=cast.other_class,
                student_no="",
                starts_on=TODAY,
                received_by=receiver,
                now=today_at(10) + timedelta(minutes=number),
            )
            outcome.append("received")
        except Conflict:
            outcome.append("refused")
        assert outcome == ["received" if number == 0 else "refused"]
