"""An attendance taken out of account and back into it: credits follow, scans wait, and the audit holds throughout."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.actions import close_occurrence
from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.attendance.models import AttendanceDecision
from credit_app.attendance.reach import Reach
from credit_app.attendance.voiding import restore_attendance, void_attendance
from credit_app.errors import Conflict, InvalidInput
from credit_app.extensions import db
from credit_app.ledger.models import LedgerEntry
from credit_app.verification import verify
from tests.attendance.doorway import attendances, entries, scan
from tests.cast import TODAY, Cast, today_at
from tests.scenes import stay

EVENING = today_at(20)


def _list(session: Session, cast: Cast, occurrence: Occurrence) -> OccurrenceList:
    session.flush()
    return occurrence_list(
        session, public_id=occurrence.public_id, reach=Reach(day=TODAY, teacher_id=cast.homeroom_teacher.id)
    )


def void(session: Session, cast: Cast, occurrence: Occurrence, *, reason: str = "someone_else") -> int:
    listed = _list(session, cast, occurrence)
    taken = void_attendance(
        session,
        pupil=listed.pupils[0],
        reason=reason,
        words="同学代签",
        decided_by=cast.homeroom_teacher,
        now=EVENING,
    )
    session.commit()
    return taken


def restore(session: Session, cast: Cast, occurrence: Occurrence) -> int:
    listed = _list(session, cast, occurrence)
    gained = restore_attendance(
        session,
        happening=listed.happening,
        pupil=listed.voided[0],
        words="",
        decided_by=cast.homeroom_teacher,
        now=EVENING,
    )
    session.commit()
    return gained


def test_voiding_takes_the_credit_back_and_restoring_gives_it_again(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))

    assert void(db_session, cast, cast.visit) == 50
    assert not list(verify(db_session))
    assert restore(db_session, cast, cast.visit) == 50
    assert not list(verify(db_session))

    assert entries(db_session, cast.pupil) == [("award", 50), ("reversal", -50), ("adjustment", 50)]
    told = db_session.execute(select(LedgerEntry.reason, LedgerEntry.recorded_by).order_by(LedgerEntry.seq)).all()
    teacher = cast.homeroom_teacher.public_id
    assert told[1:] == [("attendance_voided", teacher), ("attendance_restored", teacher)]
    decisions = db_session.scalars(select(AttendanceDecision).order_by(AttendanceDecision.id)).all()
    assert [(each.decision, each.reason, each.decided_at) for each in decisions] == [
        ("voided", "someone_else", EVENING),
        ("restored", "mistake", EVENING),
    ]


def test_a_later_participation_is_judged_as_if_the_void_one_had_not_been(db_session: Session, cast: Cast) -> None:
    """Two visits to one venue on one day: the second earns nothing, until the first is void."""
    second = Occurrence(
        activity_id=cast.visit.activity_id,
        handle="SECOND01",
        starts_at=today_at(17),
        ends_at=today_at(19),
        occurs_on=TODAY,
    )
    db_session.add(second)
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    stay(db_session, cast.pupil, second, today_at(17), today_at(18))
    assert entries(db_session, cast.pupil) == [("award", 50), ("award", 0)]

    void(db_session, cast, cast.visit)
    assert entries(db_session, cast.pupil)[2:] == [("reversal", -50), ("adjustment", 50)]
    restore(db_session, cast, cast.visit)
    assert sum(amount for _kind, amount in entries(db_session, cast.pupil)) == 50
    assert not list(verify(db_session))


def test_a_void_pupil_who_scans_again_is_held_and_never_credited_by_it(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    void(db_session, cast, cast.visit)

    answer = scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    again = scan(db_session, cast.pupil, cast.visit, "in", today_at(14, 5))

    assert (answer.status, answer.params["reason"], again.status) == ("held", "voided", "held")
    assert [(row.state, row.last_out_at) for row in attendances(db_session, cast.pupil)] == [("voided", None)]
    assert entries(db_session, cast.pupil) == []
    assert not list(verify(db_session))


def test_scans_held_meanwhile_count_once_the_attendance_is_restored(db_session: Session, cast: Cast) -> None:
    """Voided by mistake while the pupil was inside: the check-out must not be lost."""
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    void(db_session, cast, cast.visit)
    scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(17))

    assert restore(db_session, cast, cast.visit) == 50
    (row,) = attendances(db_session, cast.pupil)
    assert (row.state, row.stayed_seconds, row.end_assumed) == ("present", 3600, False)
    assert not list(verify(db_session))


def test_who_was_undecided_is_undecided_again(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(12))
    assert void(db_session, cast, cast.course) == 0
    assert restore(db_session, cast, cast.course) == 0
    assert entries(db_session, cast.pupil) == []
    assert not list(verify(db_session))


def test_a_decision_needs_a_reason_and_cannot_be_taken_twice(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    pupil = _list(db_session, cast, cast.visit).pupils[0]
    teacher = cast.homeroom_teacher
    for reason, words in (("duplicate", "x"), ("", "x"), ("other", "  ")):
        with pytest.raises(InvalidInput):
            void_attendance(db_session, pupil=pupil, reason=reason, words=words, decided_by=teacher, now=EVENING)
    void(db_session, cast, cast.visit)
    with pytest.raises(Conflict):
        void_attendance(db_session, pupil=pupil, reason="other", words="又一次", decided_by=teacher, now=EVENING)


@pytest.mark.parametrize("statement", ["UPDATE attendance_decision SET words = ''", "DELETE FROM attendance_decision"])
def test_decisions_are_evidence(db_session: Session, cast: Cast, statement: str) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    void(db_session, cast, cast.visit)
    db_session.rollback()
    with db.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(statement))
