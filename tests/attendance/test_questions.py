"""Late entries, held scans, headcounts and assumed ends: asked, answered by a second person, and counted as scans."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.actions import Scan, close_occurrence
from credit_app.attendance.answers import Answer
from credit_app.attendance.deciding import accept, confirm_ends, name_excess, reject
from credit_app.attendance.holding import raise_hold
from credit_app.attendance.late_entries import propose_late_entry
from credit_app.attendance.lists import occurrence_list
from credit_app.attendance.models import Hold, ScanEvent
from credit_app.attendance.questions import open_questions, question, questions
from credit_app.attendance.reach import Reach
from credit_app.attendance.scans import store_scan
from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.people.models import User
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.attendance.doorway import attendances, entries, scan
from tests.attendance.leading import call, count_at, holds, teachers_reach, venues_reach
from tests.attendance.test_voiding import restore, void
from tests.cast import TODAY, Cast, today_at
from tests.scenes import stay

EVENING = today_at(18)


def propose(session: Session, cast: Cast, student: Student | None = None, **other: Any) -> Hold:
    said: dict[str, Any] = {
        "occurrence": cast.visit,
        "student": student or cast.pupil,
        "in_at": today_at(13),
        "out_at": today_at(14),
        "reason": "forgot",
        "words": "全程和班级在一起",
        "proposed_by": cast.homeroom_teacher,
        "now": EVENING,
    }
    public_id = propose_late_entry(session, **(said | other))
    session.commit()
    return session.scalars(select(Hold).filter_by(public_id=public_id)).one()


def held_scan(session: Session, student: Student, occurrence: Occurrence, direction: str, at: Any) -> Hold:
    """A scan of a device whose time is in doubt, as the devices' own door leaves it."""
    key = f"device-{student.id}-{direction}"
    answer = Answer("held", {"reason": "clock_doubtful"})
    scanned = Scan("device:d", key, direction, "staff_scan", at)
    store_scan(
        session,
        scan=scanned,
        client_uid=key,
        occurrence_id=occurrence.id,
        student_id=student.id,
        answer=answer,
        now=EVENING,
    )
    scan_id = session.scalars(select(ScanEvent.id).filter_by(client_uid=key)).one()
    raise_hold(
        session,
        kind="scan",
        key=f"scan.{scan_id}",
        reason="clock_doubtful",
        occurrence_id=occurrence.id,
        student_id=student.id,
        scan_event_id=scan_id,
        now=EVENING,
    )
    session.commit()
    return session.scalars(select(Hold).filter_by(scan_event_id=scan_id)).one()


def yes(session: Session, hold: Hold, by: User, words: str = "核对过名单") -> None:
    accept(session, hold=hold, words=words, decided_by=by, now=EVENING)
    session.commit()


def no(session: Session, hold: Hold, by: User, words: str = "当天请假") -> None:
    reject(session, hold=hold, words=words, decided_by=by, now=EVENING)
    session.commit()


def test_a_late_entry_counts_once_another_person_agrees(db_session: Session, cast: Cast) -> None:
    hold = propose(db_session, cast)
    assert attendances(db_session, cast.pupil) == []
    assert not list(verify(db_session))
    yes(db_session, hold, cast.counselor)
    (row,) = attendances(db_session, cast.pupil)
    assert (row.stayed_seconds, row.proof, row.state) == (3600, "declared", "present")
    assert (hold.state, hold.decided_by_id) == ("accepted", cast.counselor.id)
    assert not list(verify(db_session))


def test_nobody_agrees_with_themselves(db_session: Session, cast: Cast) -> None:
    hold = propose(db_session, cast)
    for decide in (yes, no):
        with pytest.raises(Conflict):
            decide(db_session, hold, cast.homeroom_teacher)
        db_session.rollback()
    with pytest.raises(IntegrityError):
        db_session.execute(
            update(Hold).values(state="accepted", decided_by_id=cast.homeroom_teacher.id, decided_at=EVENING)
        )
    db_session.rollback()


def test_a_rejected_late_entry_leaves_no_trace_in_the_attendance(db_session: Session, cast: Cast) -> None:
    hold = propose(db_session, cast)
    no(db_session, hold, cast.venue_staff)
    assert attendances(db_session, cast.pupil) == []
    assert (hold.state, hold.words) == ("rejected", "当天请假")
    assert not list(verify(db_session))
    assert propose(db_session, cast).state == "open", "it may be proposed again"


def test_the_second_to_decide_is_told(db_session: Session, cast: Cast) -> None:
    hold = propose(db_session, cast)
    yes(db_session, hold, cast.counselor)
    with pytest.raises(Conflict):
        no(db_session, hold, cast.venue_staff)
    db_session.rollback()
    assert [row.stayed_seconds for row in attendances(db_session, cast.pupil)] == [3600]


@pytest.mark.parametrize(
    "wrong",
    [
        {"out_at": today_at(13)},
        {"in_at": today_at(12, 29)},
        {"out_at": today_at(17, 1)},
        {"out_at": today_at(17), "now": today_at(16, 59)},
        {"reason": "pace"},
        {"words": "  "},
    ],
)
def test_a_late_entry_lies_within_the_occurrence_and_says_why(
    db_session: Session, cast: Cast, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        propose(db_session, cast, **wrong)


def test_one_proposal_a_pupil_waits_at_a_time(db_session: Session, cast: Cast) -> None:
    propose(db_session, cast)
    with pytest.raises(Conflict):
        propose(db_session, cast, in_at=today_at(13, 30))
    db_session.rollback()
    assert propose(db_session, cast, cast.classmate).state == "open"


def test_whom_the_occurrence_is_not_for_cannot_be_accepted(db_session: Session, cast: Cast) -> None:
    cast.visit.activity.grade_from = 8
    hold = propose(db_session, cast)
    with pytest.raises(Conflict):
        yes(db_session, hold, cast.counselor)
    db_session.rollback()
    assert (holds(db_session)[0].state, attendances(db_session, cast.pupil)) == ("open", [])
    assert db_session.scalars(select(ScanEvent)).all() == []


def test_a_held_scan_counts_at_its_own_time_once_accepted(db_session: Session, cast: Cast) -> None:
    came = held_scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    left = held_scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    assert attendances(db_session, cast.pupil) == []
    yes(db_session, left, cast.venue_staff)
    yes(db_session, came, cast.venue_staff)
    (row,) = attendances(db_session, cast.pupil)
    assert (row.first_in_at, row.stayed_seconds, row.proof) == (today_at(13), 3600, "staff_scan")
    assert entries(db_session, cast.pupil) == [("award", 50)]
    assert not list(verify(db_session))


def test_restoring_an_attendance_answers_no_question_about_a_scan(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    void(db_session, cast, cast.visit)
    held_scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    restore(db_session, cast, cast.visit)
    (row,) = attendances(db_session, cast.pupil)
    assert (row.last_out_at, row.stayed_seconds) == (None, 0)
    assert not list(verify(db_session))


def test_what_is_accepted_while_void_counts_once_restored(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    left = held_scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    void(db_session, cast, cast.visit)
    yes(db_session, left, cast.venue_staff)
    assert [row.state for row in attendances(db_session, cast.pupil)] == ["voided"]
    restore(db_session, cast, cast.visit)
    assert [row.stayed_seconds for row in attendances(db_session, cast.pupil)] == [3600]
    assert not list(verify(db_session))


def test_more_called_than_counted_asks_about_the_excess(db_session: Session, cast: Cast) -> None:
    both = (cast.pupil, cast.classmate)
    call(db_session, cast, cast.visit, "arrival", today_at(13), both)
    count_at(db_session, cast, cast.visit, "arrival", 1, today_at(13, 5), cast.school)
    (hold,) = holds(db_session)
    assert (hold.kind, hold.evidence["called"], hold.evidence["counted"]) == ("headcount", 2, 1)
    with pytest.raises(InvalidInput):
        name_excess(
            db_session,
            hold=hold,
            student_ids=[each.id for each in both],
            words="没有上车",
            decided_by=cast.homeroom_teacher,
            now=EVENING,
        )
    db_session.rollback()
    name_excess(
        db_session,
        hold=hold,
        student_ids=[cast.classmate.id],
        words="没有上车",
        decided_by=cast.homeroom_teacher,
        now=EVENING,
    )
    db_session.commit()
    assert [row.state for row in attendances(db_session, cast.classmate)] == ["voided"]
    assert [row.state for row in attendances(db_session, cast.pupil)] == ["present"]
    assert not list(verify(db_session))
    # The next count agrees with what is left, and asks nothing.
    count_at(db_session, cast, cast.visit, "arrival", 1, today_at(13, 30), cast.school)
    assert [each.state for each in holds(db_session)] == ["rejected"]


@pytest.mark.parametrize("counted_first", [True, False])
@pytest.mark.parametrize(("heads", "asked"), [(1, 1), (2, 0), (3, 0)])
def test_only_an_excess_asks_whichever_comes_first(
    db_session: Session, cast: Cast, counted_first: bool, heads: int, asked: int
) -> None:
    if counted_first:
        count_at(db_session, cast, cast.visit, "arrival", heads, today_at(13, 5))
    call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil, cast.classmate), now=today_at(13, 9))
    if not counted_first:
        count_at(db_session, cast, cast.visit, "arrival", heads, today_at(13, 5))
    assert len(holds(db_session)) == asked


def test_a_second_count_that_agrees_closes_the_question(db_session: Session, cast: Cast) -> None:
    call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil, cast.classmate))
    count_at(db_session, cast, cast.visit, "arrival", 1, today_at(13, 5))
    count_at(db_session, cast, cast.visit, "arrival", 2, today_at(13, 10))
    assert [(each.state, each.decided_by_id) for each in holds(db_session)] == [("accepted", cast.venue_staff.id)]


def test_assumed_ends_are_confirmed_for_a_group_and_who_came_after_stays_as_they_are(
    db_session: Session, cast: Cast
) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    scan(db_session, cast.classmate, cast.visit, "in", today_at(14, 30))
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(16, 30))
    db_session.commit()
    for expected in (1, 0):  # a second time nothing is left to confirm
        listed = occurrence_list(db_session, public_id=cast.visit.public_id, reach=venues_reach(cast))
        confirmed = confirm_ends(
            db_session,
            happening=listed.happening,
            closed_at=today_at(16, 30),
            pupils=listed.pupils,
            at=today_at(14),
            now=EVENING,
        )
        db_session.commit()
        assert confirmed == expected
    assert [(row.stayed_seconds, row.end_assumed) for row in attendances(db_session, cast.pupil)] == [(3600, False)]
    assert [row.end_assumed for row in attendances(db_session, cast.classmate)] == [True]
    assert entries(db_session, cast.pupil) == [("award", 50)]
    assert not list(verify(db_session))


def test_no_end_is_confirmed_after_the_close(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(15))
    listed = occurrence_list(db_session, public_id=cast.visit.public_id, reach=venues_reach(cast))
    with pytest.raises(InvalidInput):
        confirm_ends(
            db_session,
            happening=listed.happening,
            closed_at=today_at(15),
            pupils=listed.pupils,
            at=today_at(15, 1),
            now=EVENING,
        )


def test_a_signal_that_is_confirmed_takes_the_attendance_out(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    raise_hold(
        db_session,
        kind="signal",
        key="s",
        reason="same_browser",
        occurrence_id=cast.visit.id,
        student_id=cast.pupil.id,
        now=EVENING,
    )
    (hold,) = holds(db_session)
    no(db_session, hold, cast.homeroom_teacher, "当天没有去")
    assert [row.state for row in attendances(db_session, cast.pupil)] == ["voided"]
    assert sum(amount for _kind, amount in entries(db_session, cast.pupil)) == 0
    assert not list(verify(db_session))


def test_each_sees_their_own_questions_the_venue_without_a_name(db_session: Session, cast: Cast) -> None:
    propose(db_session, cast)
    (of_teacher,) = questions(db_session, reach=teachers_reach(cast), limit=10)
    (of_venue,) = questions(db_session, reach=venues_reach(cast), limit=10)
    assert (of_teacher.name, of_teacher.class_name) == ("林晓雨", "五(1)班")
    assert (of_venue.name, of_venue.student_no, of_venue.class_name) == ("", "", "")
    assert (of_venue.grade, of_venue.school_name) == (5, "海天学校")
    strangers = (
        Reach(day=TODAY, teacher_id=cast.colleague.id),
        Reach(day=TODAY, school_ids=[cast.other_school.id], teacher_id=cast.other_counselor.id),
        Reach(day=TODAY, venue_ids=[cast.other_venue.id]),
    )
    for reach in strangers:
        assert (questions(db_session, reach=reach, limit=9), open_questions(db_session, reach=reach)) == ([], (0, 0))
        with pytest.raises(NotFound):
            question(db_session, public_id=of_teacher.hold.public_id, reach=reach)


def test_of_a_headcount_those_are_asked_whose_classes_were_called(db_session: Session, cast: Cast) -> None:
    call(db_session, cast, cast.visit, "arrival", today_at(13), (cast.pupil, cast.classmate))
    count_at(db_session, cast, cast.visit, "arrival", 1, today_at(13, 5), cast.school)
    counts = {
        "teacher": open_questions(db_session, reach=teachers_reach(cast)),
        "counselor": open_questions(db_session, reach=Reach(day=TODAY, school_ids=[cast.school.id])),
        "colleague": open_questions(db_session, reach=Reach(day=TODAY, teacher_id=cast.colleague.id)),
        "other": open_questions(db_session, reach=Reach(day=TODAY, school_ids=[cast.other_school.id])),
        "venue": open_questions(db_session, reach=venues_reach(cast)),
    }
    assert counts == {"teacher": (1, 0), "counselor": (1, 0), "colleague": (0, 0), "other": (0, 0), "venue": (0, 0)}


def test_a_tampered_decision_is_named(db_session: Session, cast: Cast) -> None:
    hold = propose(db_session, cast)
    db_session.execute(
        update(Hold)
        .where(Hold.id == hold.id)
        .values(state="accepted", decided_by_id=cast.counselor.id, decided_at=EVENING)
    )
    assert [finding.row for finding in verify(db_session)] == [f"hold ({hold.id})"]
