"""Every route of classes, pupils and lists, tried as everybody of the cast: those who look after the class get in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.extensions import db
from credit_app.people.models import AccessLog, Role
from credit_app.schools import actions as schools
from credit_app.schools.models import Teaching
from tests.cast import TERM_BEGAN_ON, TODAY, YEAR, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there
from tests.visitor import Visitor

NOT_STAFF = ("pupil", "classmate", "other_pupil", "venue_staff", "other_venue_staff", "officer", "other_officer")
OTHER_STAFF = ("colleague", "other_teacher", "other_counselor")
LOOK_AFTER = ("homeroom_teacher", "counselor")


@pytest.fixture
def routes(db_session: Session, cast: Cast, clock: HeldClock) -> dict[str, str]:
    """Each page and file of the cast's class, and what its access log row is about."""
    have_been_there(db_session, cast)
    clock.set(today_at(18))
    participation = db_session.scalars(
        select(Attendance.public_id).filter_by(student_id=cast.pupil.id, occurrence_id=cast.visit.id)
    ).one()
    school_class = f"/teacher/classes/{cast.school_class.public_id}"
    pupil = f"/teacher/pupils/{cast.pupil.public_id}"
    return {
        school_class: f"school_class:{cast.school_class.public_id}",
        f"{school_class}/progress.csv": f"school_class:{cast.school_class.public_id}",
        f"{school_class}/progress.xlsx": f"school_class:{cast.school_class.public_id}",
        pupil: f"student:{cast.pupil.public_id}",
        f"{pupil}/participations/{participation}": f"student:{cast.pupil.public_id}",
        f"/teacher/occurrences/{cast.course.public_id}": f"occurrence:{cast.course.public_id}",
    }


@pytest.mark.parametrize("who", LOOK_AFTER)
def test_who_looks_after_the_class_gets_in_and_leaves_one_line_in_the_access_log(
    app: Flask, db_session: Session, cast: Cast, routes: dict[str, str], who: str
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])
    for path, scope in routes.items():
        before = db_session.scalars(select(AccessLog.id)).all()
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store"
        db_session.rollback()
        new = db_session.scalars(select(AccessLog).where(AccessLog.id.not_in(before))).all()
        assert [(row.user_id, row.scope) for row in new] == [(cast.users()[who].id, scope)], path


@pytest.mark.parametrize("who", OTHER_STAFF)
def test_other_teachers_find_nothing(app: Flask, cast: Cast, routes: dict[str, str], who: str) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])

    assert {path: visitor.get(path).status_code for path in routes} == dict.fromkeys(routes, 404)


@pytest.mark.parametrize("who", NOT_STAFF)
def test_who_is_no_teacher_is_told_so(app: Flask, cast: Cast, routes: dict[str, str], who: str) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])

    pages = [*routes, "/teacher", "/teacher/occurrences"]
    assert {path: visitor.get(path).status_code for path in pages} == dict.fromkeys(pages, 403)


def test_the_anonymous_visitor_is_sent_to_sign_in(client: Visitor, cast: Cast, routes: dict[str, str]) -> None:
    for path in [*routes, "/teacher", "/teacher/occurrences"]:
        answer = client.get(path)
        assert (answer.status_code, answer.location.startswith("/sign-in")) == (302, True), path


def test_nobody_else_decides_on_worksheets(app: Flask, db_session: Session, cast: Cast, routes: dict[str, str]) -> None:
    path = f"/teacher/occurrences/{cast.course.public_id}"
    for who, status in (*((who, 404) for who in OTHER_STAFF), *((who, 403) for who in NOT_STAFF)):
        visitor = Visitor(app)
        visitor.sign_in(cast.users()[who])
        answer = visitor.submit(path, {"button": "approve_waiting"})
        assert answer.status_code == status, who
    db_session.rollback()
    assert set(db_session.scalars(select(Attendance.worksheet))) == {"none"}


def test_a_former_teacher_finds_nothing(app: Flask, db_session: Session, cast: Cast, routes: dict[str, str]) -> None:
    teaching = db_session.scalars(select(Teaching).filter_by(user_id=cast.homeroom_teacher.id)).one()
    schools.end_teaching(db_session, teaching=teaching, ends_on=TODAY - timedelta(days=1))
    visitor = Visitor(app)
    visitor.sign_in(cast.homeroom_teacher)

    assert {path: visitor.get(path).status_code for path in routes} == dict.fromkeys(routes, 404)
    assert "五(1)班" not in visitor.get("/teacher").text


def test_a_teacher_who_went_to_another_school_finds_nothing_of_the_old_one(
    app: Flask, db_session: Session, cast: Cast, routes: dict[str, str]
) -> None:
    """The class was never handed over in the roster; only the role at the school has ended."""
    role = db_session.scalars(select(Role).filter_by(user_id=cast.homeroom_teacher.id)).one()
    role.ends_on = TODAY - timedelta(days=1)
    db_session.add(
        Role(user_id=cast.homeroom_teacher.id, kind="teacher", school_id=cast.other_school.id, starts_on=TODAY)
    )
    visitor = Visitor(app)
    visitor.sign_in(cast.homeroom_teacher)

    assert {path: visitor.get(path).status_code for path in routes} == dict.fromkeys(routes, 404)
    assert "动手做一台净水器" not in visitor.get("/teacher/occurrences").text


def test_a_teacher_of_a_group_sees_its_pupils_and_no_classmate(
    app: Flask, db_session: Session, cast: Cast, routes: dict[str, str]
) -> None:
    group = schools.create_class(
        db_session, school=cast.school, academic_year=YEAR, grade=5, name="机器人社", kind="group"
    )
    schools.join_group(db_session, student=cast.pupil, group=group, starts_on=TERM_BEGAN_ON)
    schools.assign_teacher(db_session, school_class=group, user=cast.colleague, kind="teacher", starts_on=TERM_BEGAN_ON)
    visitor = Visitor(app)
    visitor.sign_in(cast.colleague)

    assert "机器人社" in visitor.get("/teacher").text
    page = visitor.get(f"/teacher/classes/{group.public_id}")
    assert (page.status_code, "林晓雨" in page.text, "孙浩" in page.text) == (200, True, False)
    assert visitor.get(f"/teacher/pupils/{cast.pupil.public_id}").status_code == 200
    assert visitor.get(f"/teacher/pupils/{cast.classmate.public_id}").status_code == 404
    assert visitor.get(f"/teacher/classes/{cast.school_class.public_id}").status_code == 404
    listed = visitor.get(f"/teacher/occurrences/{cast.course.public_id}").text
    assert ("林晓雨" in listed, "孙浩" in listed) == (True, False)


def test_a_pupil_who_has_changed_class_is_no_longer_with_the_old_teacher(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, routes: dict[str, str]
) -> None:
    second = schools.create_class(db_session, school=cast.school, academic_year=YEAR, grade=5, name="五(3)班")
    schools.assign_teacher(
        db_session, school_class=second, user=cast.colleague, kind="homeroom_teacher", starts_on=TERM_BEGAN_ON
    )
    schools.move_to_class(db_session, student=cast.pupil, school_class=second, moved_on=date(2026, 10, 20))
    clock.forward(days=5)
    old, new = Visitor(app), Visitor(app)
    old.sign_in(cast.homeroom_teacher)
    new.sign_in(cast.colleague)
    course = f"/teacher/occurrences/{cast.course.public_id}"

    assert old.get(f"/teacher/pupils/{cast.pupil.public_id}").status_code == 404
    assert new.get(f"/teacher/pupils/{cast.pupil.public_id}").status_code == 200
    assert ("林晓雨" in old.get(course).text, "孙浩" in old.get(course).text) == (False, True)
    assert ("林晓雨" in new.get(course).text, "孙浩" in new.get(course).text) == (True, False)


def test_pupils_without_a_class_are_their_counselors_to_see(
    app: Flask, db_session: Session, cast: Cast, routes: dict[str, str]
) -> None:
    schools.move_to_class(db_session, student=cast.pupil, school_class=None, moved_on=TODAY)
    found = {}
    for who in ("counselor", "other_counselor", "homeroom_teacher", "officer", "pupil"):
        visitor = Visitor(app)
        visitor.sign_in(cast.users()[who])
        for path in ("/teacher/grades/5", "/teacher/grades/5/progress.csv"):
            answer = visitor.get(path)
            found[who, path] = (answer.status_code, "林晓雨" in answer.text)

    for path in ("/teacher/grades/5", "/teacher/grades/5/progress.csv"):
        assert found["counselor", path] == (200, True)
        assert found["other_counselor", path] == (200, False)
        for who in ("homeroom_teacher", "officer", "pupil"):
            assert found[who, path] == (403, False)
    scopes = db_session.scalars(select(AccessLog.scope).filter_by(user_id=cast.counselor.id)).all()
    assert scopes == [f"grade:{cast.school.public_id}.5"] * 2


@pytest.mark.parametrize("path", ["/teacher/grades/0", "/teacher/grades/13", "/teacher/grades/99999999999999999999"])
def test_there_are_no_other_grades(app: Flask, cast: Cast, clock: HeldClock, path: str) -> None:
    clock.set(today_at(18))
    visitor = Visitor(app)
    visitor.sign_in(cast.counselor)

    assert visitor.get(path).status_code == 404


def test_another_pupils_participation_under_this_pupil_is_not_found(
    app: Flask, db_session: Session, cast: Cast, routes: dict[str, str]
) -> None:
    theirs = db_session.scalars(select(Attendance.public_id).filter_by(student_id=cast.classmate.id)).first()
    visitor = Visitor(app)
    visitor.sign_in(cast.homeroom_teacher)

    path = f"/teacher/pupils/{cast.pupil.public_id}/participations/{theirs}"
    assert visitor.get(path).status_code == 404


def test_a_page_that_only_reads_writes_nothing_but_the_log(
    app: Flask, db_session: Session, cast: Cast, routes: dict[str, str]
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.homeroom_teacher)
    for path in ("/teacher", "/teacher/occurrences"):
        assert visitor.get(path).status_code == 200
    db_session.rollback()

    assert db.session.scalars(select(AccessLog.scope)).all() == [], "no pupil is named on these pages"
