"""A pupil's own pages: how far the year is, what each credit was given for, and nobody else's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.models import Attendance
from credit_app.people.models import AccessLog
from credit_app.schools.models import Student
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.scenes import scan, stay
from tests.statements import count_statements
from tests.visitor import Visitor

EVENING = today_at(20)
PAGES = ("/pupil", "/pupil/credits")


def signed_in(app: Flask, student: Student) -> Visitor:
    visitor = Visitor(app)
    assert student.user is not None
    visitor.sign_in(student.user)
    return visitor


def words(page: str) -> str:
    """The page's text as it is read: without markup, with single spaces."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def participation(session: Session, student: Student) -> str:
    session.rollback()
    return session.scalars(select(Attendance.public_id).where(Attendance.student_id == student.id)).one()


# Home.


def test_a_new_pupil_is_told_how_to_begin(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(EVENING)
    page = signed_in(app, cast.pupil).get("/pupil")
    assert page.status_code == 200
    assert "林晓雨" in page.text
    assert "五(1)班" in page.text
    assert "本学年还没有参加过活动" in page.text
    assert "还差 8 学分" in page.text  # grade 5


def test_the_year_is_shown_with_numbers_breadth_and_reasons(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 50))
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    clock.set(EVENING)
    page = words(signed_in(app, cast.pupil).get("/pupil").text)
    assert "0.8 学分" in page
    assert "还差 7.2 学分" in page
    assert "学年目标 8 学分" in page
    assert "得分类别 2 / 3" in page
    assert "场馆活动 2 / 2" in page
    assert "+0.5" in page
    assert "+0.3" in page
    assert "示例方案" in page


def test_what_is_pending_says_what_it_waits_for(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 50))
    clock.set(EVENING)
    page = words(signed_in(app, cast.pupil).get("/pupil").text)
    assert "待认定" in page
    assert "请提交学习单，可得 1 学分" in page


def test_a_visit_too_short_says_why_in_the_list(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 44))
    clock.set(EVENING)
    assert "停留时间不足" in signed_in(app, cast.pupil).get("/pupil").text


# All of a year.


def test_the_list_shows_one_academic_year_and_leads_to_the_others(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 50))
    clock.set(EVENING + timedelta(days=365))
    visitor = signed_in(app, cast.pupil)
    this_year = visitor.get("/pupil/credits")
    assert "2027-2028 学年" in this_year.text
    assert "这个学年还没有参加过活动" in this_year.text
    last_year = words(visitor.get("/pupil/credits?year=2026-2027").text)
    assert "共 0.5 学分，参加 1 次" in last_year
    assert "周末参观" in last_year


@pytest.mark.parametrize("year", ["1999-2000", "nonsense", "2026-2028", ""])
def test_a_year_that_is_none_of_the_pupil_s_shows_the_present_one(
    app: Flask, cast: Cast, clock: HeldClock, year: str
) -> None:
    clock.set(EVENING)
    page = signed_in(app, cast.pupil).get("/pupil/credits", query_string={"year": year})
    assert page.status_code == 200
    assert "2026-2027 学年" in page.text


# One credit explained.


def test_a_credit_is_explained_step_by_step(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 50))
    clock.set(EVENING)
    page = words(signed_in(app, cast.pupil).get("/pupil/credits/" + participation(db_session, cast.pupil)).text)
    assert "停留 50 分钟，达到要求的 45 分钟" in page
    assert "基准 0.5 学分" in page
    assert "第 1 次，上限 2 次" in page
    assert "本次认定 0.5 学分" in page
    assert "依据：" in page
    assert "示例方案" in page
    assert "变更记录" not in page


def test_a_refusal_says_what_would_have_earned_more(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 44))
    clock.set(EVENING)
    page = words(signed_in(app, cast.pupil).get("/pupil/credits/" + participation(db_session, cast.pupil)).text)
    assert "停留 44 分钟，未达到要求的 45 分钟" in page
    assert "本次未获得学分" in page
    assert "再停留 1 分钟即可，可得 0.5 学分" in page


def test_a_later_change_is_shown_with_both_judgings(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """Out too early, back in, and out again: first 0, then the difference."""
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 30))
    stay(db_session, cast.pupil, cast.visit, today_at(14), today_at(14, 15))
    clock.set(EVENING)
    page = words(signed_in(app, cast.pupil).get("/pupil/credits/" + participation(db_session, cast.pupil)).text)
    assert "变更记录" in page
    assert "首次认定 · 0" in page
    assert "情况有变，重新认定 · +0.5" in page
    assert "停留 30 分钟，未达到要求的 45 分钟" in page
    assert "停留 45 分钟，达到要求的 45 分钟" in page


def test_while_inside_the_page_says_what_is_still_to_do(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    clock.set(today_at(13, 5))
    page = words(signed_in(app, cast.pupil).get("/pupil/credits/" + participation(db_session, cast.pupil)).text)
    assert "还在场" in page
    assert "停留 45 分钟并签退即可，可得 0.5 学分" in page


# Nobody else's.


@pytest.mark.parametrize("part", ["classmate", "other_pupil"])
def test_another_s_participation_looks_like_none(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, part: str
) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 50))
    clock.set(EVENING)
    address = "/pupil/credits/" + participation(db_session, cast.pupil)
    asker = signed_in(app, getattr(cast, part))
    assert asker.get(address).status_code == 404
    assert words(asker.get(address).text) == words(asker.get("/pupil/credits/nosuchthing").text)
    for page in PAGES:
        assert "周末参观" not in asker.get(page).text


@pytest.mark.parametrize("part", ["homeroom_teacher", "counselor", "venue_staff", "officer"])
def test_who_is_no_pupil_has_no_such_pages(app: Flask, cast: Cast, part: str) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[part])
    for page in (*PAGES, "/pupil/credits/nosuchthing"):
        assert visitor.get(page).status_code == 403


def test_a_pupil_s_own_look_is_no_entry_in_the_access_log(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(EVENING)
    signed_in(app, cast.pupil).get("/pupil")
    db_session.rollback()
    assert db_session.scalars(select(AccessLog)).all() == []


def test_in_english_too(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 50))
    clock.set(EVENING)
    page = signed_in(app, cast.pupil).get("/pupil", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert '<html lang="en">' in page.text


# What it costs.


def test_the_pages_cost_the_same_however_much_a_pupil_has_done(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(EVENING)
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(13, 50))
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 50))
    few = statements_of(db_session, signed_in(app, cast.pupil))
    for day in range(1, 7):
        for run in (cast.visit, cast.course):
            moved = timedelta(days=day)
            later = Occurrence(
                activity=run.activity,
                starts_at=run.starts_at + moved,
                ends_at=run.ends_at + moved,
                occurs_on=run.occurs_on + moved,
            )
            db_session.add(later)
            db_session.flush()
            stay(db_session, cast.pupil, later, later.starts_at, later.ends_at)
    clock.forward(hours=24 * 7)
    assert statements_of(db_session, signed_in(app, cast.pupil)) == few
    assert few["/pupil"] <= 20
    assert few["/pupil/credits"] <= 12


def statements_of(session: Session, visitor: Visitor) -> dict[str, int]:
    found = {}
    for page in PAGES:
        with count_statements(session.get_bind()) as seen:  # type: ignore[arg-type]
            assert visitor.get(page).status_code == 200
        found[page] = len(seen)
    return found
