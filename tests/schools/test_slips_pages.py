"""From the list of a class to slips in pupils' hands, and back to a password when one is forgotten."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.people.models import AccessLog, ActivationCode, User
from credit_app.schools import actions
from credit_app.schools.models import Student
from tests.cast import PASSWORD, Cast, today_at
from tests.schools.importing import bring
from tests.schools.roster_set import small_school
from tests.visitor import Visitor

CODE = re.compile(r'class="slip-code">([0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5})<')


@pytest.fixture
def school_with_roster(db_session: Session, cast: Cast, clock: Any) -> Cast:
    """The cast's school after an import; the cast's homeroom teacher leads 五年级1班 too."""
    clock.set(today_at(8))
    bring(db_session, cast.school, small_school(), now=today_at(7))
    pupil = db_session.scalars(select(Student).filter_by(source_id="P1")).one()
    place = pupil.enrolments[0].school_class
    assert place is not None
    actions.assign_teacher(
        db_session,
        school_class=place,
        user=cast.homeroom_teacher,
        kind="homeroom_teacher",
        starts_on=today_at(7).date(),
    )
    db_session.commit()
    return cast


def group_of(session: Session, source_id: str = "P1") -> str:
    """The address of the sign-ins of the pupil's class."""
    session.rollback()
    pupil = session.scalars(select(Student).filter_by(source_id=source_id)).one()
    place = pupil.enrolments[-1].school_class
    assert place is not None
    return f"/teacher/sign-ins/class/{place.public_id}"


def waiting_on(page: str) -> list[str]:
    return re.findall(r'name="person" value="([^"]+)"', page)


def visit(app: Flask, user: User) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(user)
    return visitor


def test_the_homeroom_teacher_prints_slips_and_pupils_activate(
    app: Flask, school_with_roster: Cast, db_session: Session
) -> None:
    teacher = visit(app, school_with_roster.homeroom_teacher)
    address = group_of(db_session)
    page = teacher.get(address)
    assert "0 / 3 人已启用账号" in page.text
    everybody = waiting_on(page.text)
    assert len(everybody) == 3
    sheets = teacher.submit(address, {"person": everybody})
    assert sheets.status_code == 200
    codes = CODE.findall(sheets.text)
    assert len(set(codes)) == 3
    for said in ("曾小雨", "p1", "海天学校", "2026-10-31", "/activate"):
        assert said in sheets.text
    assert sheets.headers["Cache-Control"] == "no-store"

    pupil = Visitor(app)
    fields = {"login_name": "P1", "code": codes[0], "password": PASSWORD, "repeated": PASSWORD}
    assert pupil.submit("/activate", fields).status_code == 302
    after = teacher.get(address).text
    assert "1 / 3 人已启用账号" in after
    assert "已发激活单，2026-10-31 前有效" in after
    # The codes are shown once: the page that lists the class knows none of them.
    assert not any(code in after for code in codes)


def test_printing_again_ends_the_earlier_code(app: Flask, school_with_roster: Cast, db_session: Session) -> None:
    teacher, address = visit(app, school_with_roster.homeroom_teacher), group_of(db_session)
    person = waiting_on(teacher.get(address).text)[0]
    [old] = CODE.findall(teacher.submit(address, {"person": [person]}).text)
    [new] = CODE.findall(teacher.submit(address, {"person": [person]}).text)
    assert old != new
    fields = {"login_name": "p1", "code": old, "password": PASSWORD, "repeated": PASSWORD}
    assert Visitor(app).submit("/activate", fields).status_code == 422
    assert Visitor(app).submit("/activate", {**fields, "code": new}).status_code == 302


def test_a_forgotten_password_takes_two_clicks(app: Flask, cast: Cast, clock: Any, db_session: Session) -> None:
    """The button, and the dialog that it opens; what then answers is the slip."""
    clock.set(today_at(8))
    pupil, teacher = visit(app, cast.pupil.user or cast.officer), visit(app, cast.homeroom_teacher)
    address = f"/teacher/sign-ins/class/{cast.school_class.public_id}"
    page = teacher.get(address).text
    reset = f"{address}/reset/{cast.pupil.public_id}"
    assert reset in page
    assert "data-confirm=" in page
    assert pupil.get("/account").status_code == 200
    slip = teacher.submit(reset, {})
    [code] = CODE.findall(slip.text)
    assert "林晓雨" in slip.text
    # Signed out everywhere, the old password is worth nothing, and the code brings a new one.
    assert pupil.get("/account").status_code == 302
    refused = Visitor(app).submit("/sign-in", {"login_name": "linxiaoyu", "password": PASSWORD})
    assert refused.status_code != 302
    fields = {"login_name": "linxiaoyu", "code": code, "password": "harbour-lamp-52", "repeated": "harbour-lamp-52"}
    assert Visitor(app).submit("/activate", fields).status_code == 302


def test_slips_come_ten_to_a_sheet(app: Flask, cast: Cast, clock: Any, db_session: Session) -> None:
    clock.set(today_at(8))
    roster = small_school()
    for number in range(20):
        roster.pupil(f"X{number}", f"何 {number}", grade="05")
        roster.enrol(f"X{number}", "C51")
    bring(db_session, cast.school, roster, now=today_at(7))
    counselor, address = visit(app, cast.counselor), group_of(db_session)
    sheets = counselor.submit(address, {"person": waiting_on(counselor.get(address).text)}).text
    assert [part.count('class="slip"') for part in sheets.split('class="paper"')[1:]] == [10, 10, 3]


@pytest.mark.sqlite_only
def test_the_counselor_sees_every_class_the_classless_and_the_staff(
    app: Flask, school_with_roster: Cast, db_session: Session
) -> None:
    roster = small_school()
    roster.pupil("P6", "何 六", grade="04")
    bring(db_session, school_with_roster.school, roster, now=today_at(7))
    counselor = visit(app, school_with_roster.counselor)
    page = counselor.get("/teacher/sign-ins").text
    for said in ("五年级1班", "六年级1班", "五(1)班", "4 年级，暂无班级", "教职工"):
        assert said in page
    assert "已启用 2 / 2" in page  # the cast's own class
    classless = counselor.get("/teacher/sign-ins/grade/4")
    assert "何六" in classless.text
    staff = counselor.get("/teacher/sign-ins/staff/all")
    for said in ("林老师", "郑老师"):
        assert said in staff.text
    slips = counselor.submit("/teacher/sign-ins/staff/all", {"person": waiting_on(staff.text)})
    assert len(CODE.findall(slips.text)) == 3  # the roster's; the cast's teachers have signed in before


@pytest.mark.sqlite_only
def test_a_pupil_without_an_account_is_told_from_one_without_a_code(
    app: Flask, cast: Cast, clock: Any, db_session: Session
) -> None:
    clock.set(today_at(8))
    roster = small_school()
    roster.row("users", "P1")["username"] = ""
    bring(db_session, cast.school, roster, now=today_at(7))
    page = visit(app, cast.counselor).get(group_of(db_session, "P2")).text
    assert "没有账号" in page
    assert len(waiting_on(page)) == 2


@pytest.mark.sqlite_only
def test_choosing_nobody_prints_nothing(app: Flask, school_with_roster: Cast, db_session: Session) -> None:
    teacher, address = visit(app, school_with_roster.homeroom_teacher), group_of(db_session)
    assert teacher.submit(address, {}).status_code == 302
    db_session.rollback()
    assert db_session.scalars(select(ActivationCode)).all() == []


@pytest.mark.sqlite_only
def test_looking_and_printing_leave_rows_in_the_access_log(
    app: Flask, school_with_roster: Cast, db_session: Session
) -> None:
    teacher, address = visit(app, school_with_roster.homeroom_teacher), group_of(db_session)
    people = waiting_on(teacher.get(address).text)
    teacher.submit(address, {"person": people})
    db_session.rollback()
    scopes = [row.scope for row in db_session.scalars(select(AccessLog))]
    # Looked at, and printed.
    assert scopes == [f"sign_ins_class:{address.rsplit('/', 1)[1]}"] * 2


@pytest.mark.sqlite_only
def test_nobody_can_reset_themselves(app: Flask, cast: Cast, clock: Any) -> None:
    clock.set(today_at(8))
    counselor = visit(app, cast.counselor)
    address = "/teacher/sign-ins/staff/all"
    assert f"/reset/{cast.counselor.public_id}" not in counselor.get(address).text
    answer = counselor.submit(f"{address}/reset/{cast.counselor.public_id}", {})
    assert answer.status_code == 404


@pytest.mark.sqlite_only
def test_only_who_looks_after_a_class_gets_near_its_sign_ins(
    app: Flask, school_with_roster: Cast, db_session: Session
) -> None:
    cast, address = school_with_roster, group_of(db_session)
    person = db_session.scalars(select(Student).filter_by(source_id="P1")).one().public_id
    for name, user in cast.users().items():
        if name in {"homeroom_teacher", "counselor"}:
            continue
        visitor = visit(app, user)
        expected = 404 if name in {"colleague", "other_teacher", "other_counselor"} else 403
        assert visitor.get(address).status_code == expected, name
        for path in (address, f"{address}/reset/{person}"):
            answer = visitor.submit(path, {"person": [person]})
            assert answer.status_code == expected, (name, path)
    # A teacher looks after the own class only, and a counselor's lists are not a homeroom teacher's.
    teacher = visit(app, cast.homeroom_teacher)
    for path in (group_of(db_session, "P4"), "/teacher/sign-ins/staff/all", "/teacher/sign-ins/grade/4"):
        assert teacher.get(path).status_code == 404, path


@pytest.mark.sqlite_only
def test_a_person_of_another_class_cannot_be_reset_through_ones_own(
    app: Flask, school_with_roster: Cast, db_session: Session
) -> None:
    teacher, address = visit(app, school_with_roster.homeroom_teacher), group_of(db_session)
    stranger = db_session.scalars(select(Student).filter_by(source_id="P4")).one().public_id
    assert teacher.submit(f"{address}/reset/{stranger}", {}).status_code == 404
    answer = teacher.submit(address, {"person": [stranger]})
    assert answer.status_code == 302
    db_session.rollback()
    assert db_session.scalars(select(ActivationCode)).all() == []


@pytest.mark.sqlite_only
def test_a_teacher_of_one_class_is_brought_straight_to_it(app: Flask, cast: Cast, clock: Any) -> None:
    clock.set(today_at(8))
    answer = visit(app, cast.homeroom_teacher).get("/teacher/sign-ins")
    assert (answer.status_code, (answer.location or "").rsplit("/", 1)[1]) == (302, cast.school_class.public_id)
    assert "您没有负责的班级" in visit(app, cast.colleague).get("/teacher/sign-ins").text
