"""The old school's roster still lists a child who was transferred: the preview says so, and nobody is made twice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.organisations.actions import create_school
from credit_app.organisations.models import School
from credit_app.people.actions import create_user
from credit_app.schools.models import Student, Transfer
from credit_app.schools.transfers import receive_student, release_student, usable
from tests.cast import MADE_AT
from tests.schools.importing import AUTUMN, LATER, bring, look, new_school
from tests.schools.roster_set import RosterSet

REGISTRY_NO = "G310101201603120012"


def a_roster() -> RosterSet:
    roster = RosterSet()
    roster.school()
    roster.school_class("c1", "五(1)班", grades="05")
    for source_id, name, identifier in (("s1", "林 晓雨", REGISTRY_NO), ("s2", "周 明", "")):
        roster.pupil(source_id, name, identifier=identifier)
        roster.enrol(source_id, "c1")
    return roster


@pytest.fixture
def old(db_session: Session) -> School:
    school = new_school(db_session)
    bring(db_session, school, a_roster())
    return school


def pupil(session: Session, source_id: str) -> Student:
    return session.scalars(select(Student).filter_by(source_id=source_id)).one()


def transferred(session: Session, old: School, student: Student) -> School:
    """The pupil has been received by another school of the district, where they stand since 18 October."""
    new = create_school(session, district=old.district, code="qinglan", name="青蓝学校")
    one = create_user(session, login_name="zheng", display_name="郑老师", school=old, now=MADE_AT)
    other = create_user(session, login_name="qian", display_name="钱老师", school=new, now=MADE_AT)
    _transfer, code = release_student(session, student=student, released_by=one, now=AUTUMN)
    receive_student(
        session,
        transfer=usable(session, code=code, school=new, now=AUTUMN + timedelta(days=1)),
        school=new,
        school_class=None,
        student_no="",
        starts_on=date(2026, 10, 18),
        received_by=other,
        now=AUTUMN + timedelta(days=1),
    )
    session.commit()
    return new


@pytest.mark.parametrize("told_by", ["sourcedId", "registry number"])
def test_who_was_transferred_is_left_out_with_a_notice(db_session: Session, old: School, told_by: str) -> None:
    new = transferred(db_session, old, pupil(db_session, "s1"))
    roster = a_roster()
    if told_by == "registry number":
        roster.row("users", "s1")["sourcedId"] = "s1-new"
        for row in roster.rows["enrollments"]:
            row["userSourcedId"] = row["userSourcedId"].replace("s1", "s1-new")

    found = look(db_session, old, roster, now=LATER)

    (notice,) = [problem for problem in found.plan.notices if problem.code == "transferred"]
    assert notice.text == "林晓雨 从 2026-10-18 起已转到别的学校，名单里还有。"
    assert "没有导入" in notice.remedy
    assert (notice.file, notice.line) == ("users.csv", 2)
    assert found.plan.pupils.new == []
    bring(db_session, old, roster, now=LATER, confirmed=True)
    names = db_session.execute(select(Student.name, Student.school_id).order_by(Student.id)).all()
    assert [tuple(row) for row in names] == [("林晓雨", new.id), ("周明", old.id)]
    assert bring(db_session, old, roster, now=LATER).is_empty


def test_who_came_back_by_a_code_is_the_same_pupil(db_session: Session, old: School) -> None:
    """Back at the old school the roster's row is the child again: the transfer away says nothing any more."""
    student = pupil(db_session, "s1")
    new = transferred(db_session, old, student)
    there, here = (
        create_user(db_session, login_name=name, display_name=name, school=school, now=MADE_AT)
        for name, school in (("liang", new), ("luo", old))
    )
    _transfer, code = release_student(db_session, student=student, released_by=there, now=AUTUMN + timedelta(days=2))
    receive_student(
        db_session,
        transfer=usable(db_session, code=code, school=old, now=AUTUMN + timedelta(days=3)),
        school=old,
        school_class=None,
        student_no="0501",
        starts_on=date(2026, 10, 20),
        received_by=here,
        now=AUTUMN + timedelta(days=3),
    )
    db_session.commit()
    found = look(db_session, old, a_roster(), now=LATER)
    assert [problem for problem in found.plan.notices if problem.code == "transferred"] == []


def test_another_child_is_not_taken_for_the_one_who_left(db_session: Session, old: School) -> None:
    transferred(db_session, old, pupil(db_session, "s1"))
    assert db_session.scalars(select(Transfer.from_source_id)).all() == ["s1"]
    roster = a_roster()
    roster.without("users", "s1")
    roster.rows["enrollments"] = [row for row in roster.rows["enrollments"] if row["userSourcedId"] != "s1"]
    roster.pupil("s3", "林 晓雨")
    roster.enrol("s3", "c1")
    plan = bring(db_session, old, roster, now=LATER, confirmed=True)
    assert [line.name for line in plan.pupils.new] == ["林晓雨"]
    assert [problem.code for problem in plan.notices if problem.code == "transferred"] == []
