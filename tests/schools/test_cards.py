"""A card from its issuing to its end: one at a time opens doors, old is told from new, leavers have none."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.errors import Conflict
from credit_app.extensions import db
from credit_app.recognition.merging import merge_students
from credit_app.schools import actions as schools
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.actions import issue_cards, reissue_card, revoke_card
from credit_app.schools.cards.number import card_number, read_number
from credit_app.schools.cards.queries import card_by_id, cards_of, equipped_by_class, latest_cards, open_card_of
from credit_app.schools.cards.token import CardName, card_token, read_token
from credit_app.schools.models import Student
from credit_app.schools.transfers import receive_student, release_student
from tests.cast import TODAY, Cast, today_at
from tests.conftest import HeldClock
from tests.progress.year import newcomer
from tests.schools.importing import bring
from tests.schools.roster_set import small_school
from tests.statements import count_statements


def issue(session: Session, cast: Cast, *students: Student, hour: int = 8) -> int:
    made = issue_cards(session, students=students, issued_by=cast.homeroom_teacher, now=today_at(hour))
    session.commit()
    return made


def names(session: Session, student: Student) -> list[tuple[int, str | None]]:
    """(generation, reason) of the pupil's cards, oldest first."""
    return [(card.generation, card.reason) for card in reversed(cards_of(session, student=student))]


def card(session: Session, student: Student) -> StudentCard:
    found = open_card_of(session, student=student)
    assert found is not None
    return found


def test_those_who_have_none_get_one_and_a_second_click_changes_nothing(db_session: Session, cast: Cast) -> None:
    assert issue(db_session, cast, cast.pupil) == 1
    first = card(db_session, cast.pupil).card_id
    assert issue(db_session, cast, cast.pupil, cast.classmate) == 1
    assert issue(db_session, cast, cast.pupil, cast.classmate) == 0
    assert card(db_session, cast.pupil).card_id == first
    assert names(db_session, cast.pupil) == names(db_session, cast.classmate) == [(1, None)]
    counted = equipped_by_class(db_session, classes=[cast.school_class], day=TODAY)[cast.school_class.id]
    assert (counted.pupils, counted.with_card) == (2, 2)


def test_token_and_number_lead_to_the_row_and_say_nothing_of_the_pupil(db_session: Session, cast: Cast) -> None:
    issue(db_session, cast, cast.pupil)
    mine = card(db_session, cast.pupil)
    name = CardName(mine.card_id, mine.generation)
    assert read_token(card_token(*name)) == read_number(card_number(*name)) == name
    db_session.expire_all()
    with count_statements(db.engine) as statements:
        found = card_by_id(db_session, *name)
        assert found is not None
        assert (found.student.name, found.student.school.name) == ("林晓雨", "海天学校")
    assert len(statements) == 1
    assert card_by_id(db_session, mine.card_id, 2) is None
    assert cast.pupil.public_id.upper() not in card_token(*name)


def test_a_lost_card_is_told_from_the_new_one_by_its_generation(db_session: Session, cast: Cast) -> None:
    issue(db_session, cast, cast.pupil)
    old = card(db_session, cast.pupil)
    reissue_card(db_session, student=cast.pupil, reason="lost", issued_by=cast.counselor, now=today_at(9))
    db_session.commit()
    new = card(db_session, cast.pupil)
    assert (new.card_id, new.generation, new.issued_at) == (old.card_id, 2, today_at(9))
    assert (old.reason, old.revoked_at, old.revoked_by) == ("lost", today_at(9), cast.counselor)
    shown = latest_cards(db_session, students=[cast.pupil, cast.classmate])
    assert shown == {cast.pupil.id: new}
    with pytest.raises(Conflict):
        reissue_card(db_session, student=cast.classmate, reason="lost", issued_by=cast.counselor, now=today_at(9))


def test_a_revoked_card_stays_so_and_the_way_back_is_a_new_card(db_session: Session, cast: Cast) -> None:
    issue(db_session, cast, cast.pupil)
    revoke_card(db_session, student=cast.pupil, reason="other", revoked_by=cast.counselor, now=today_at(9))
    with pytest.raises(Conflict):
        revoke_card(db_session, student=cast.pupil, reason="lost", revoked_by=cast.counselor, now=today_at(10))
    db_session.rollback()
    revoke_card(db_session, student=cast.pupil, reason="other", revoked_by=cast.counselor, now=today_at(9))
    assert issue(db_session, cast, cast.pupil, hour=10) == 1
    assert names(db_session, cast.pupil) == [(1, "other"), (2, None)]


def test_after_two_hundred_and_fifty_five_cards_the_pupil_begins_anew(db_session: Session, cast: Cast) -> None:
    issue(db_session, cast, cast.pupil)
    last = card(db_session, cast.pupil)
    last.generation, old_id = 255, last.card_id
    reissue_card(db_session, student=cast.pupil, reason="lost", issued_by=cast.counselor, now=today_at(9))
    new = card(db_session, cast.pupil)
    assert new.generation == 1
    assert new.card_id != old_id


def test_two_who_issue_at_the_same_moment_make_one_card_a_pupil(app: Flask, db_session: Session, cast: Cast) -> None:
    db_session.commit()
    meet, made = Barrier(2), []

    def work(user_id: int, student_ids: list[int]) -> None:
        with app.app_context():
            session = db.session()
            students = session.scalars(select(Student).where(Student.id.in_(student_ids))).all()
            user = session.get_one(type(cast.counselor), user_id)
            session.rollback()
            meet.wait()
            made.append(issue_cards(session, students=students, issued_by=user, now=today_at(8)))
            session.commit()

    ids = [cast.pupil.id, cast.classmate.id]
    users = (cast.counselor.id, cast.homeroom_teacher.id)
    db_session.rollback()
    threads = [Thread(target=work, args=(user_id, ids)) for user_id in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 2
    assert names(db_session, cast.pupil) == names(db_session, cast.classmate) == [(1, None)]


def test_who_has_left_gets_none_and_loses_the_one_they_had(db_session: Session, cast: Cast, clock: HeldClock) -> None:
    issue(db_session, cast, cast.pupil, cast.classmate)
    schools.end_enrolment(db_session, student=cast.pupil, ends_on=TODAY)
    db_session.commit()
    clock.set(today_at(3))
    assert jobs.run_job("revoke_leavers_cards").figures == {"revoked": 0}  # today is their last day
    clock.forward(days=1)
    assert jobs.run_job("revoke_leavers_cards").figures == {"revoked": 1}
    assert jobs.run_job("revoke_leavers_cards").figures == {"revoked": 0}
    assert names(db_session, cast.pupil) == [(1, "left")]
    assert names(db_session, cast.classmate) == [(1, None)]
    tomorrow = today_at(8) + timedelta(days=1)
    assert issue_cards(db_session, students=[cast.pupil], issued_by=cast.counselor, now=tomorrow) == 0


def test_a_roster_that_no_longer_has_a_pupil_ends_their_card(db_session: Session, cast: Cast) -> None:
    """The school's own pupils of the cast are in no roster, and so are its first leavers."""
    issue(db_session, cast, cast.pupil, cast.other_pupil)
    bring(db_session, cast.school, small_school(), now=today_at(9))
    pupils = db_session.scalars(select(Student).where(Student.source_id.is_not(None))).all()
    assert issue(db_session, cast, *pupils, hour=10) == len(pupils)
    gone = small_school()
    [left] = [pupil for pupil in pupils if pupil.source_id == "P1"]
    gone.without("users", "P1")
    gone.without("enrollments", "P1@C51", "P1@G1")
    bring(db_session, cast.school, gone, now=today_at(9) + timedelta(days=1))
    db_session.commit()
    assert names(db_session, left) == [(1, "left")]
    stay = [names(db_session, pupil) for pupil in pupils if pupil is not left]
    assert stay == [[(1, None)]] * len(stay)
    assert names(db_session, cast.other_pupil) == [(1, None)]  # another school's affair


def test_a_transfer_keeps_the_card(db_session: Session, cast: Cast) -> None:
    issue(db_session, cast, cast.pupil)
    transfer, _code = release_student(db_session, student=cast.pupil, released_by=cast.counselor, now=today_at(9))
    receive_student(
        db_session,
        transfer=transfer,
        school=cast.other_school,
        school_class=cast.other_class,
        student_no="9",
        starts_on=TODAY,
        received_by=cast.other_counselor,
        now=today_at(10),
    )
    db_session.commit()
    assert jobs.revoke_leavers_cards(today_at(11)) == {"revoked": 0}
    assert names(db_session, cast.pupil) == [(1, None)]


@pytest.mark.parametrize("survivor_has_one", [True, False])
def test_a_merge_leaves_the_child_with_one_card(db_session: Session, cast: Cast, survivor_has_one: bool) -> None:
    duplicate = newcomer(db_session, cast.school_class, "林小雨")
    issue(db_session, cast, duplicate)
    reissue_card(db_session, student=duplicate, reason="damaged", issued_by=cast.counselor, now=today_at(9))
    if survivor_has_one:
        issue(db_session, cast, cast.pupil, hour=10)
    kept = card(db_session, cast.pupil if survivor_has_one else duplicate)
    other = (kept.card_id, kept.generation)
    merge_students(
        db_session,
        duplicate=duplicate,
        survivor=cast.pupil,
        merged_by=cast.counselor,
        reason="同一人",
        now=today_at(11),
    )
    db_session.commit()
    db_session.expire_all()
    mine = card(db_session, cast.pupil)
    assert (mine.card_id, mine.generation) == other
    reasons = sorted(card.reason or "" for card in cards_of(db_session, student=cast.pupil))
    assert reasons == (["", "damaged", "merged"] if survivor_has_one else ["", "damaged"])
    assert cards_of(db_session, student=duplicate) == []
    # The next card has a name that no card had before.
    reissue_card(db_session, student=cast.pupil, reason="lost", issued_by=cast.counselor, now=today_at(12))
    db_session.commit()
    assert latest_cards(db_session, students=[cast.pupil])[cast.pupil.id].revoked_at is None
