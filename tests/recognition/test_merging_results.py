"""The same child entered twice, each row with results of its own: they come along, and nothing is credited twice."""

from __future__ import annotations

from sqlalchemy.orm import Session

from credit_app.recognition.merging import merge_students
from credit_app.verification import verify
from tests.attendance.doorway import entries
from tests.cast import Cast, today_at
from tests.recognition.entering import decide, enter, entry, listed

EVENING = today_at(20)


def test_the_survivor_takes_the_results_and_one_entered_for_both_counts_once(db_session: Session, cast: Cast) -> None:
    """Both rows hold the city award; only the duplicate's holds the award of the district, a day's work still open."""
    listed(db_session, cast)
    kept, twice = (enter(db_session, cast, entry(), student=row) for row in (cast.pupil, cast.classmate))
    for result in (kept, twice):
        decide(db_session, cast, result)
    moved = enter(db_session, cast, entry("district", document="证书 2026-018"), student=cast.classmate)
    db_session.commit()

    merge_students(
        db_session,
        duplicate=cast.classmate,
        survivor=cast.pupil,
        merged_by=cast.counselor,
        reason="同一名学生录入两次",
        now=EVENING,
    )
    db_session.commit()

    assert (twice.state, kept.state) == ("withdrawn", "approved")
    assert (moved.student_id, moved.state) == (cast.pupil.id, "submitted")
    assert entries(db_session, cast.pupil) == [("award", 150)]
    assert entries(db_session, cast.classmate) == [("award", 150), ("reversal", -150)]
    assert not list(verify(db_session))


def test_a_result_that_only_the_duplicate_had_earns_in_the_survivor_s_account(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry(), student=cast.classmate)
    decide(db_session, cast, result)
    merge_students(
        db_session,
        duplicate=cast.classmate,
        survivor=cast.pupil,
        merged_by=cast.counselor,
        reason="同一名学生录入两次",
        now=EVENING,
    )
    db_session.commit()
    db_session.refresh(result)
    assert result.student_id == cast.pupil.id
    assert entries(db_session, cast.pupil) == [("award", 150)]
    assert entries(db_session, cast.classmate) == [("award", 150), ("reversal", -150)]
    assert not list(verify(db_session))
