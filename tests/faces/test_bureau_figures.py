"""What the officer's pages say of the district: figures that reconcile to the entry, rules in force, last job runs."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.faces.bureau.background import LONGEST_SILENCE
from credit_app.jobs import JOBS
from credit_app.ledger.models import LedgerEntry
from credit_app.operations import actions as operations
from credit_app.rule_books import actions as rule_books
from credit_app.rules.book import load_book
from tests.cast import MADE_AT, SAMPLE_BOOK, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there, words
from tests.scenes import stay
from tests.visitor import Visitor


def book_text(**changes: str) -> str:
    """The sample under another id, term or sentence."""
    text = SAMPLE_BOOK.read_text(encoding="utf-8")
    for key, value in changes.items():
        text = re.sub(rf"^{key}: .*$", f"{key}: {value}", text, count=1, flags=re.MULTILINE)
    return text


def test_the_figures_reconcile_from_the_first_page_to_the_entry(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    have_been_there(db_session, cast)  # 0.3 + 0.5 in the pupil's school; five attendances in all
    stay(db_session, cast.other_pupil, cast.visit, today_at(13), today_at(14))  # 0.5 in the other one
    clock.set(today_at(18))
    client.sign_in(cast.officer)

    schools = words(client.get("/bureau/schools").text)
    assert "海天学校 2 5 0.8" in schools
    assert "青蓝学校 1 1 0.5" in schools
    assert "合计 3 6 1.3" in schools
    home = words(client.get("/bureau").text)
    for figure in ("学校数 2", "在籍学生 3", "本学年到场 6 人次", "本学年学分 1.3", "已发布活动 3"):
        assert figure in home

    db_session.rollback()
    assert db_session.scalar(select(func.sum(LedgerEntry.centicredits))) == 130
    assert db_session.scalar(select(func.count()).select_from(Attendance)) == 6


def test_what_is_held_or_void_is_no_attendance_of_the_district(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    have_been_there(db_session, cast)
    for state, attendance in zip(("held", "voided"), db_session.scalars(select(Attendance)), strict=False):
        attendance.state = state
    clock.set(today_at(18))
    client.sign_in(cast.officer)
    assert "本学年到场 3 人次" in words(client.get("/bureau").text)


def test_last_years_credits_are_last_years(client: Visitor, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    have_been_there(db_session, cast)
    clock.set(today_at(18).replace(year=2027))
    client.sign_in(cast.officer)
    home = words(client.get("/bureau").text)
    assert "2027-2028 学年" in home
    assert "本学年学分 0 " in home


def test_venues_stand_with_tier_kind_and_who_came(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    have_been_there(db_session, cast)
    clock.set(today_at(18))
    client.sign_in(cast.officer)
    shown = words(client.get("/bureau/venues").text)
    assert "海湾科技馆 龙头场馆 科技馆 — 3 5" in shown
    assert "山谷植物园 骨干场馆 植物园 — 0 0" in shown


def test_the_rule_set_in_force_is_named_and_marked_as_a_sample(client: Visitor, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(8))
    client.sign_in(cast.officer)
    home = words(client.get("/bureau").text)
    book = load_book(SAMPLE_BOOK.read_text(encoding="utf-8"))
    for fact in (book.title, book.source, "2025-09-01 至 2028-08-31", "示例"):
        assert fact in home
    assert "没有生效的学分规则" not in home


def test_the_rule_sets_page_holds_every_clause_with_text_and_source(
    client: Visitor, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    client.sign_in(cast.officer)
    book = load_book(SAMPLE_BOOK.read_text(encoding="utf-8"))
    chinese = words(client.get("/bureau/rules/sample-2026").text)
    for clause in (*book.clauses, *book.targets):
        assert clause.text in chinese
        assert clause.source in chinese
    for clause in book.clauses:
        assert f" {clause.id} " in chinese
    for part in (book.breadth, book.second_semester, book.outlook):
        assert part is not None
        assert part.text in chinese
    for category in book.categories:
        assert category.title in chinese
    client.submit("/language", {"language": "en", "next": "/bureau"})
    english = words(client.get("/bureau/rules/sample-2026").text)
    assert all(clause.text_en in english for clause in book.clauses)


def test_an_uncovered_day_is_told_loudly_and_a_coming_one_in_time(
    client: Visitor, cast: Cast, clock: HeldClock
) -> None:
    def home(day: int, month: int, year: int) -> str:
        clock.set(today_at(8).replace(day=day, month=month, year=year))
        client.sign_in(cast.officer)
        return words(client.get("/bureau").text)

    # The sample's last day is 31 August 2028: sixty days before, and the day after.
    assert "起没有生效的学分规则" not in home(2, 7, 2028)
    assert "2028-09-01 起没有生效的学分规则" in home(3, 7, 2028)
    assert "南山区今天没有生效的学分规则" not in home(31, 8, 2028)
    assert "南山区今天没有生效的学分规则" in home(1, 9, 2028)


def test_a_districts_own_rules_are_its_own(
    app: Flask, client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    text = book_text(id="futian-2026", title="福田区学分规则")
    rule_books.publish_book(db_session, text=text, district=cast.other_district, now=MADE_AT)
    client.sign_in(cast.officer)
    assert client.get("/bureau/rules/futian-2026").status_code == 404
    assert "福田区学分规则" not in client.get("/bureau/rules").text
    assert client.get("/bureau/rules/nosuchthing").status_code == 404
    theirs = Visitor(app)
    theirs.sign_in(cast.other_officer)
    assert "福田区学分规则" in words(theirs.get("/bureau").text)
    listed = words(theirs.get("/bureau/rules").text)
    assert "福田区学分规则" in listed
    assert "科普教育学分规则" in listed
    assert theirs.get("/bureau/rules/futian-2026").status_code == 200


def test_the_last_run_of_each_job_is_shown_with_its_outcome(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    assert set(LONGEST_SILENCE) == set(JOBS)
    clock.set(today_at(8))
    client.sign_in(cast.officer)
    assert words(client.get("/bureau").text).count("还没有运行过") == 5
    closing = operations.start_run(db_session, name="close_ended_occurrences", now=today_at(7, 55))
    operations.finish_run(db_session, run=closing, figures={"closed": 2, "ends_assumed": 5}, now=today_at(7, 56))
    audit = operations.start_run(db_session, name="verify_ledger", now=today_at(3, 30))
    operations.fail_run(db_session, run=audit, error="JobFailed: 1 broken rows", now=today_at(3, 31))
    home = words(client.get("/bureau").text)
    assert "结束了 2 场，其中 5 人没有签退、离场待确认。 上次运行 10月17日 07:55 完成" in home
    assert "请联系系统管理员：JobFailed: 1 broken rows" in home
    assert home.count("还没有运行过") == 3


def test_a_job_that_has_fallen_silent_is_told(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    run = operations.start_run(db_session, name="close_ended_occurrences", now=today_at(8) - timedelta(minutes=61))
    operations.finish_run(db_session, run=run, figures={"closed": 0, "ends_assumed": 0}, now=today_at(7))
    clock.set(today_at(7, 59))
    client.sign_in(cast.officer)
    assert "很久没有运行" not in words(client.get("/bureau").text)
    clock.set(today_at(8))
    assert "很久没有运行" in words(client.get("/bureau").text)
