"""One pupil's year: what was earned, what is still waiting and for what, each participation with its reasons."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from credit_app.attendance.actions import close_occurrence
from credit_app.errors import NotFound
from credit_app.extensions import db
from credit_app.progress.queries import participation_of, participations_of, pupil_progress
from credit_app.rule_books.models import RuleBook
from credit_app.schools import actions as schools
from tests.cast import TODAY, YEAR, Cast, today_at
from tests.progress.year import earns
from tests.scenes import scan, stay
from tests.statements import count_statements


def test_a_new_pupil_has_nothing_and_everything_ahead(db_session: Session, cast: Cast) -> None:
    progress = pupil_progress(db_session, student=cast.pupil, day=TODAY)

    assert (progress.total, progress.pending, progress.took_part) == (0, [], False)
    assert progress.target is not None
    assert progress.target.centicredits == 800
    assert progress.enrolment is not None
    assert progress.enrolment.school_class is not None
    assert progress.enrolment.school_class.name == "五(1)班"


def test_each_pending_participation_says_what_it_waits_for(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))

    pending = pupil_progress(db_session, student=cast.pupil, day=TODAY).pending

    waits = {
        one.title: (one.outlook.reason, [step.code for step in one.outlook.missing]) for one in pending if one.outlook
    }
    assert waits == {
        "周末参观": ("no_check_out", ["stay_and_check_out"]),
        "动手做一台净水器": ("worksheet_missing", ["hand_in_worksheet"]),
    }
    assert [one.title for one in pending] == ["周末参观", "动手做一台净水器"], "the newest first"


def test_an_assumed_end_waits_for_somebody_to_confirm_it(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    close_occurrence(db_session, occurrence=cast.visit, now=today_at(17))

    (pending,) = pupil_progress(db_session, student=cast.pupil, day=TODAY).pending

    assert pending.end_assumed
    assert pending.outlook is not None
    assert [step.code for step in pending.outlook.missing] == ["confirm_end"]


def test_participations_hold_their_entries_or_their_outlook(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 44))
    scan(db_session, cast.pupil, cast.course, "in", today_at(10))
    earns(db_session, cast.pupil, "club_festival")

    found = participations_of(db_session, student=cast.pupil, year=YEAR)

    assert [(one.title, one.decided, one.centicredits, one.place) for one in found] == [
        ("周末参观", True, 0, "海湾科技馆"),
        ("动手做一台净水器", False, 0, "海湾科技馆"),
        ("海洋为什么是蓝的", True, 30, "海湾科技馆"),
    ]
    assert found[0].stayed_minutes == 44
    assert found[1].inside


def test_anothers_participation_is_not_found(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.classmate, cast.lecture, "in", today_at(9))
    (theirs,) = participations_of(db_session, student=cast.classmate, year=YEAR)

    with pytest.raises(NotFound):
        participation_of(db_session, student=cast.pupil, public_id=theirs.public_id)
    assert participation_of(db_session, student=cast.classmate, public_id=theirs.public_id).title == "海洋为什么是蓝的"


def test_without_a_rule_set_the_attendance_stands_and_its_award_waits(db_session: Session, cast: Cast) -> None:
    db_session.execute(delete(RuleBook))
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))

    progress = pupil_progress(db_session, student=cast.pupil, day=TODAY)

    assert progress.standing is None
    assert [(one.title, one.decided, one.outlook) for one in progress.pending] == [("海洋为什么是蓝的", False, None)]


def test_a_pupil_without_a_place_has_credits_and_no_target(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    schools.end_enrolment(db_session, student=cast.pupil, ends_on=TODAY)

    progress = pupil_progress(db_session, student=cast.pupil, day=today_at(9).date().replace(day=18))

    assert (progress.total, progress.standing, progress.enrolment) == (30, None, None)


def test_the_number_of_statements_is_constant(app: Flask, db_session: Session, cast: Cast) -> None:
    pupil_progress(db_session, student=cast.pupil, day=TODAY)  # the book is read once and kept
    counted = []
    for occurrence, came_at in ((cast.course, today_at(10)), (cast.visit, today_at(13))):
        scan(db_session, cast.pupil, occurrence, "in", came_at)
        assert cast.pupil.school.name, "who asks has fetched the pupil and the school"
        with count_statements(db.engine) as statements:
            pupil_progress(db_session, student=cast.pupil, day=TODAY)
        counted.append(len(statements))

    assert counted == [7, 7]  # one of them asks for results that wait
