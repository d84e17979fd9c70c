"""User names taken twice, what was entered by hand, the course that stands for the class, and changes in between."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.extensions import db
from credit_app.people.models import User
from credit_app.schools import actions, queries
from credit_app.schools.models import Student
from credit_app.schools.roster.previewing import apply_preview
from tests.schools.importing import (
    AUTUMN,
    LATER,
    bring,
    class_named,
    look,
    new_school,
    no_writes,
    standing,
    student,
    teaching,
    user,
)
from tests.schools.roster_set import small_school, without_homerooms

TODAY = date(2026, 10, 17)


# Names of users.


def test_a_user_name_given_twice_is_numbered_and_said(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    for source_id in ("P1", "P2", "P3"):
        roster.row("users", source_id)["username"] = "Pat Lee"
    plan = bring(db_session, school, roster)
    assert [user(db_session, source_id).login_name for source_id in ("P1", "P2", "P3")] == [
        "pat lee",
        "pat lee-2",
        "pat lee-3",
    ]
    assert [(problem.code, problem.column) for problem in plan.notices] == [("username_taken", "username")] * 2


def test_two_pupils_swap_their_user_names(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.row("users", "P1")["username"], roster.row("users", "P2")["username"] = "p2", "p1"
    bring(db_session, school, roster)
    assert (user(db_session, "P1").login_name, user(db_session, "P2").login_name) == ("p2", "p1")


def test_two_schools_may_have_the_same_user_names_and_ids(db_session: Session) -> None:
    first, second = new_school(db_session), new_school(db_session, code="shangu", name="山谷小学")
    bring(db_session, first, small_school())
    plan = bring(db_session, second, small_school())
    assert plan.pupils.counts()["new"] == 5
    assert db_session.scalar(select(func.count()).select_from(User).where(User.login_name == "p1")) == 2


def test_a_pupil_without_a_usable_user_name_gets_an_account_once_there_is_one(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    roster.row("users", "P1")["username"] = ""
    bring(db_session, school, roster)
    assert student(db_session, "P1").user is None
    roster.row("users", "P1")["username"] = "zeng"
    bring(db_session, school, roster)
    zeng = student(db_session, "P1").user
    assert zeng is not None
    assert [role.kind for role in zeng.roles] == ["pupil"]


# What somebody entered by hand.


def test_what_was_entered_by_hand_stays(db_session: Session) -> None:
    school = new_school(db_session)
    school_class = actions.create_class(db_session, school=school, academic_year="2026-2027", grade=3, name="三年级1班")
    pupil = actions.create_student(db_session, school=school, name="手 写", student_no="", now=AUTUMN)
    actions.enrol(
        db_session, student=pupil, grade=3, academic_year="2026-2027", school_class=school_class, starts_on=TODAY
    )
    db_session.commit()
    bring(db_session, school, small_school())
    bring(db_session, school, small_school(), now=LATER)
    assert standing(db_session, school)[""] == (3, "三年级1班", frozenset())
    assert school_class.is_active


def test_who_is_plainly_the_same_is_not_entered_twice(db_session: Session) -> None:
    school = new_school(db_session)
    school_class = actions.create_class(db_session, school=school, academic_year="2026-2027", grade=5, name="五年级1班")
    pupil = actions.create_student(db_session, school=school, name="曾小雨", student_no="0501", now=AUTUMN)
    actions.enrol(
        db_session, student=pupil, grade=5, academic_year="2026-2027", school_class=school_class, starts_on=TODAY
    )
    db_session.commit()
    bring(db_session, school, small_school())
    assert student(db_session, "P1").id == pupil.id
    assert class_named(db_session, "C51").id == school_class.id
    assert db_session.scalar(select(func.count()).select_from(Student).where(Student.name == "曾小雨")) == 1
    with no_writes(db.engine):
        bring(db_session, school, small_school(), now=LATER)


def test_a_namesake_with_another_number_is_somebody_else(db_session: Session) -> None:
    school = new_school(db_session)
    actions.create_student(db_session, school=school, name="曾小雨", student_no="9999", now=AUTUMN)
    db_session.commit()
    bring(db_session, school, small_school())
    assert db_session.scalar(select(func.count()).select_from(Student).where(Student.name == "曾小雨")) == 2


def test_in_a_school_without_homerooms_a_class_made_by_hand_is_kept(db_session: Session) -> None:
    school, roster = new_school(db_session), without_homerooms()
    bring(db_session, school, roster)
    school_class = actions.create_class(db_session, school=school, academic_year="2026-2027", grade=5, name="手工班")
    actions.move_to_class(db_session, student=student(db_session, "P1"), school_class=school_class, moved_on=TODAY)
    db_session.commit()
    with no_writes(db.engine):
        bring(db_session, school, roster, now=LATER)
    assert standing(db_session, school)["P1"][1] == "手工班"


# The course that stands for the class.


def test_the_counselor_names_the_course_that_stands_for_the_class(db_session: Session) -> None:
    school, roster = new_school(db_session), without_homerooms()
    bring(db_session, school, roster)
    assert {name for _grade, name, _groups in standing(db_session, school).values()} == {None}
    places_without = queries.pupils_without_class(db_session, school=school, day=TODAY)
    assert [place.grade for place in places_without] == [5, 5, 5, 6, 6]
    bring(db_session, school, roster, class_course="HR")
    assert standing(db_session, school)["P4"] == (6, "六年级1班", frozenset({"科学社"}))
    assert teaching(db_session) >= {("五年级1班", "林老师", "homeroom_teacher")}
    # The choice is remembered.
    with no_writes(db.engine):
        bring(db_session, school, roster, now=LATER)
    bring(db_session, school, roster, now=LATER, class_course="", confirmed=True)
    assert standing(db_session, school)["P4"] == (6, None, frozenset({"科学社", "六年级1班"}))


# Meanwhile.


def test_a_plan_made_before_a_change_is_not_carried_out(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.row("users", "P1")["givenName"] = "大雨"
    found = look(db_session, school, roster)
    student(db_session, "P1").name = "曾中雨"
    db_session.commit()
    with pytest.raises(Conflict), no_writes(db.engine):
        apply_preview(db_session, preview=found, applied_by_id=None, removals_confirmed=False, now=LATER)
    db_session.rollback()
    assert student(db_session, "P1").name == "曾中雨"


def test_a_plan_is_known_by_what_it_writes(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    first = look(db_session, school, roster).plan.digest()
    assert look(db_session, school, roster.shuffled(9)).plan.digest() == first
    roster.row("users", "P1")["givenName"] = "大雨"
    assert look(db_session, school, roster).plan.digest() != first
