"""The same child entered twice: one row takes up the other, and lists, figures, sign-ins and rosters follow."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance, AttendanceDecision
from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.ledger.models import LedgerEntry
from credit_app.people.actions import begin_sign_in, create_user
from credit_app.people.models import SignInSession, User
from credit_app.progress.queries import school_overview
from credit_app.progress.queries.merging import merge_preview
from credit_app.recognition.merging import Merged, merge_students
from credit_app.schools import actions as schools
from credit_app.schools.models import Enrolment, GroupMember, Student
from credit_app.schools.queries import student_for_staff
from credit_app.verification import verify
from tests.attendance.doorway import entries, scan
from tests.cast import MADE_AT, TERM_BEGAN_ON, TODAY, YEAR, Cast, today_at
from tests.progress.year import newcomer
from tests.scenes import stay
from tests.schools.importing import bring, new_school
from tests.schools.roster_set import RosterSet

EVENING = today_at(20)


def merge(session: Session, cast: Cast, duplicate: Student, survivor: Student) -> Merged:
    session.flush()
    merged = merge_students(
        session,
        duplicate=duplicate,
        survivor=survivor,
        merged_by=cast.counselor,
        reason="同一名学生录入两次",
        now=EVENING,
    )
    session.commit()
    return merged


def test_credits_are_reversed_in_the_one_account_and_posted_in_the_other(db_session: Session, cast: Cast) -> None:
    """The classmate is the duplicate: the lecture moves; the visit, which both attended, stays once."""
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    stay(db_session, cast.classmate, cast.visit, today_at(13), today_at(14))
    scan(db_session, cast.classmate, cast.lecture, "in", today_at(9))
    preview = merge_preview(db_session, duplicate=cast.classmate, survivor=cast.pupil)
    assert (preview.duplicate.participations, preview.duplicate.centicredits, preview.attended_by_both) == (2, 80, 1)

    merged = merge(db_session, cast, cast.classmate, cast.pupil)

    assert (merged.moved, merged.left_void, merged.gained_centicredits) == (1, 1, 30)
    assert entries(db_session, cast.classmate)[-2:] == [("reversal", -50), ("reversal", -30)]
    assert entries(db_session, cast.pupil) == [("award", 50), ("award", 30), ("adjustment", 0)]
    causes = db_session.execute(
        select(LedgerEntry.reason, LedgerEntry.cause).where(LedgerEntry.cause != "").distinct()
    ).all()
    assert {cause for _reason, cause in causes} == {merged.merge.public_id}
    assert {reason for reason, _cause in causes} == {"merged", "judged_again"}
    decision = db_session.scalars(select(AttendanceDecision)).one()
    assert (decision.decision, decision.reason) == ("voided", "duplicate")
    assert not list(verify(db_session))


def test_a_late_scan_under_the_old_row_and_a_repeated_one_follow_the_merge(db_session: Session, cast: Cast) -> None:
    """The survivor had no account and takes the duplicate's: what was scanned before goes on as if it were one row."""
    survivor = newcomer(db_session, cast.school_class, "林小雨")
    first = scan(db_session, cast.pupil, cast.visit, "in", today_at(13), key="nonce")
    merge(db_session, cast, cast.pupil, survivor)
    assert (survivor.user_id is not None, cast.pupil.user_id) == (True, None)

    assert scan(db_session, survivor, cast.visit, "in", today_at(13), key="nonce") == first
    assert scan(db_session, survivor, cast.visit, "out", today_at(14)).params["gained"] == 50
    row = db_session.scalars(select(Attendance)).one()
    assert (row.student_id, row.stayed_seconds) == (survivor.id, 3600)
    assert not list(verify(db_session))


def test_lists_and_figures_count_the_child_once(db_session: Session, cast: Cast) -> None:
    group = schools.create_class(
        db_session, school=cast.school, academic_year=YEAR, grade=5, name="机器人", kind="group"
    )
    schools.join_group(db_session, student=cast.classmate, group=group, starts_on=TERM_BEGAN_ON)
    before = school_overview(db_session, school=cast.school, day=TODAY).counts.pupils

    merge(db_session, cast, cast.classmate, cast.pupil)

    assert school_overview(db_session, school=cast.school, day=TODAY).counts.pupils == before - 1
    open_groups = select(func.count()).select_from(GroupMember).where(GroupMember.ends_on.is_(None))
    assert db_session.scalar(open_groups) == 0
    with pytest.raises(NotFound):
        student_for_staff(db_session, user=cast.counselor, public_id=cast.classmate.public_id, day=TODAY)


def test_the_duplicates_account_is_closed_and_signed_out(db_session: Session, cast: Cast) -> None:
    user = cast.classmate.user
    assert user is not None
    begin_sign_in(db_session, user=user, now=EVENING)
    db_session.commit()

    merge(db_session, cast, cast.classmate, cast.pupil)

    assert db_session.get_one(User, user.id).is_active is False
    assert db_session.scalar(select(func.count()).select_from(SignInSession).filter_by(user_id=user.id)) == 0


def test_the_earlier_day_of_joining_is_kept(db_session: Session, cast: Cast) -> None:
    """The row that stays was made today: without the other's day, half the target would hold."""
    survivor = newcomer(db_session, cast.school_class, "林晓雨", starts_on=TODAY)
    merge(db_session, cast, cast.pupil, survivor)
    place = db_session.scalars(select(Enrolment).filter_by(student_id=survivor.id)).one()
    assert (place.joined_on, place.starts_on) == (TERM_BEGAN_ON, TODAY)


def test_a_place_that_began_today_leaves_no_trace(db_session: Session, cast: Cast) -> None:
    duplicate = newcomer(db_session, cast.school_class, "林晓雨", starts_on=TODAY)
    merge(db_session, cast, duplicate, cast.pupil)
    assert db_session.scalars(select(Enrolment).filter_by(student_id=duplicate.id)).all() == []


def test_merges_in_a_chain_follow_to_the_last_row(db_session: Session, cast: Cast) -> None:
    first = newcomer(db_session, cast.school_class, "林晓宇")
    scan(db_session, cast.classmate, cast.lecture, "in", today_at(9))
    merge(db_session, cast, cast.classmate, first)
    merge(db_session, cast, first, cast.pupil)

    assert entries(db_session, cast.pupil) == [("award", 30)]
    assert not list(verify(db_session))
    with pytest.raises(Conflict):
        merge(db_session, cast, cast.pupil, first)
    db_session.rollback()
    with pytest.raises(Conflict):
        merge(db_session, cast, cast.classmate, cast.pupil)


def test_a_pupil_and_herself_and_pupils_of_two_schools_are_refused(db_session: Session, cast: Cast) -> None:
    for duplicate in (cast.pupil, cast.other_pupil):
        with pytest.raises(InvalidInput):
            merge(db_session, cast, duplicate, cast.pupil)


@pytest.mark.parametrize("takes_over", [True, False], ids=["takes the sourcedId", "has one of its own"])
def test_a_roster_does_not_bring_the_duplicate_back(db_session: Session, takes_over: bool) -> None:
    """The survivor takes the duplicate's sourcedId when it has none; else a roster's duplicate means the survivor."""
    school = new_school(db_session)
    roster = RosterSet()
    roster.school()
    roster.school_class("c1", "五(1)班", grades="05")
    for source_id, name in (("s1", "林 晓雨"), ("s2", "林 晓宇")):
        roster.pupil(source_id, name)
        roster.enrol(source_id, "c1")
    bring(db_session, school, roster)
    rows = {row.source_id: row for row in db_session.scalars(select(Student).filter_by(school_id=school.id))}
    survivor, duplicate = rows["s1"], rows["s2"]
    if takes_over:
        survivor.source_id = None
    counselor = create_user(db_session, login_name="zheng", display_name="郑老师", school=school, now=MADE_AT)
    merge_students(
        db_session, duplicate=duplicate, survivor=survivor, merged_by=counselor, reason="录入两次", now=MADE_AT
    )
    db_session.commit()
    assert survivor.source_id == ("s2" if takes_over else "s1")

    if takes_over:
        roster.without("users", "s1")
        roster.rows["enrollments"] = [row for row in roster.rows["enrollments"] if row["userSourcedId"] != "s1"]
    bring(db_session, school, roster, confirmed=True)
    db_session.expire_all()

    open_places = select(Enrolment.student_id).where(Enrolment.school_id == school.id, Enrolment.ends_on.is_(None))
    assert db_session.scalars(open_places).all() == [survivor.id]
    assert db_session.scalar(select(func.count()).select_from(Student).filter_by(school_id=school.id)) == 2
    assert bring(db_session, school, roster, confirmed=True).is_empty
