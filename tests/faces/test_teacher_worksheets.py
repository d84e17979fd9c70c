"""The list of an occurrence, and the worksheets decided on from it: one or all, with a remark, and otherwise again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.extensions import db
from credit_app.ledger.models import LedgerEntry
from credit_app.recognition import actions as recognition
from credit_app.recognition.models import WorksheetReview
from credit_app.schools.models import Student
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there, words
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.fixture
def teacher(client: Visitor, db_session: Session, cast: Cast, clock: HeldClock) -> Visitor:
    """The homeroom teacher, on the evening after the class has been there."""
    have_been_there(db_session, cast)
    clock.set(today_at(18))
    client.sign_in(cast.homeroom_teacher)
    return client


def page_of(cast: Cast) -> str:
    return f"/teacher/occurrences/{cast.course.public_id}"


def participation(session: Session, cast: Cast, student: Student) -> str:
    query = select(Attendance.public_id).filter_by(student_id=student.id, occurrence_id=cast.course.id)
    return session.scalars(query).one()


def worksheets(session: Session) -> dict[str, str]:
    session.rollback()
    rows = session.execute(select(Student.name, Attendance.worksheet).join(Attendance.student))
    return {name: worksheet for name, worksheet in rows if worksheet != "none"}


def posted(session: Session, student: Student) -> int:
    query = select(func.sum(LedgerEntry.centicredits)).filter_by(
        account_id=student.account_ref, category="inquiry_course"
    )
    return session.scalar(query) or 0


def test_the_list_shows_times_stay_credits_and_worksheet(teacher: Visitor, cast: Cast) -> None:
    page = teacher.get(page_of(cast)).text
    said = words(page)

    assert f'<a href="/teacher/pupils/{cast.pupil.public_id}">林晓雨</a>' in page
    assert "林晓雨 五(1)班 · 0501 10:00 11:40 100 分钟 待认定 学习单尚未通过 待审核" in said
    assert "孙浩 五(1)班 · 0502 10:00 11:00 60 分钟" in said
    assert "停留时间不足" in said
    assert "待审 2 份" in said


def test_one_is_approved_and_the_credit_is_there(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    chosen = participation(db_session, cast, cast.pupil)

    answer = teacher.submit(
        page_of(cast), {"pupils": [chosen], "button": "approve"}, seen_on=page_of(cast), follow_redirects=True
    )

    assert "已通过 1 份学习单。学分合计 +1。" in words(answer.text)
    assert worksheets(db_session) == {"林晓雨": "approved"}
    assert posted(db_session, cast.pupil) == 100
    review = db_session.scalars(select(WorksheetReview)).one()
    assert review.decided_by_id == cast.homeroom_teacher.id


def test_all_that_wait_are_approved_at_once(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    answer = teacher.submit(page_of(cast), {"button": "approve_waiting"}, seen_on=page_of(cast))

    assert (answer.status_code, answer.location) == (303, page_of(cast))
    assert worksheets(db_session) == {"林晓雨": "approved", "孙浩": "approved"}
    assert (posted(db_session, cast.pupil), posted(db_session, cast.classmate)) == (100, 0)


def test_returned_with_a_remark_and_approved_after_all(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    fields: dict[str, Any] = {"pupils": [participation(db_session, cast, cast.pupil)], "remark": "请补上实验数据"}
    teacher.submit(page_of(cast), {**fields, "button": "approve"}, seen_on=page_of(cast))
    returned = teacher.submit(
        page_of(cast), {**fields, "button": "return"}, seen_on=page_of(cast), follow_redirects=True
    )
    assert "已退回 1 份学习单。学分合计 −1。" in words(returned.text)
    assert "已退回 周老师 10月17日 18:00：请补上实验数据" in words(returned.text)
    assert posted(db_session, cast.pupil) == 0
    explained = f"/teacher/pupils/{cast.pupil.public_id}/participations/{fields['pupils'][0]}"
    waiting = words(teacher.get(explained).text)
    assert "动手做一台净水器 待认定 类别" in waiting
    assert "条件齐全后认定 待认定" in waiting
    assert "学习单已退回修改" in waiting
    assert "请修改学习单后重新提交，可得 1 学分" in waiting

    teacher.submit(page_of(cast), {**fields, "button": "approve"}, seen_on=page_of(cast))

    db_session.rollback()
    assert posted(db_session, cast.pupil) == 100
    found = teacher.get(explained)
    assert "学习单 已通过 周老师 10月17日 18:00：请补上实验数据" in words(found.text)
    assert "变更记录" in found.text
    assert words(found.text).count("重新认定") == 2


def test_pressing_twice_changes_nothing(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    fields = {"pupils": [participation(db_session, cast, cast.pupil)], "button": "approve"}
    teacher.submit(page_of(cast), fields, seen_on=page_of(cast))
    again = teacher.submit(page_of(cast), fields, seen_on=page_of(cast), follow_redirects=True)

    assert "早已这样处理过" in words(again.text)
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(WorksheetReview)) == 1
    assert posted(db_session, cast.pupil) == 100


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"button": "approve"}, "请先勾选要审核的学生。"),
        ({"button": "return", "remark": ""}, "请写一句退回的原因"),
        ({"button": "return", "remark": "   "}, "请写一句退回的原因"),
        ({"button": "return", "remark": "字" * 201}, "批注最多 200 个字。"),
        ({"button": "approve", "remark": "字" * 10_000}, "批注最多 200 个字。"),
        ({"button": "burn"}, "请按“通过”或“退回”按钮提交。"),
        ({}, "请按“通过”或“退回”按钮提交。"),
    ],
)
def test_a_form_that_cannot_be_carried_out_says_why_and_keeps_what_was_typed(
    teacher: Visitor, db_session: Session, cast: Cast, fields: dict[str, str], says: str
) -> None:
    chosen = {"pupils": [participation(db_session, cast, cast.pupil)]} if says != "请先勾选要审核的学生。" else {}

    answer = teacher.submit(page_of(cast), {**fields, **chosen}, seen_on=page_of(cast))

    assert answer.status_code == 422
    assert says in words(answer.text)
    assert worksheets(db_session) == {}
    assert re.search(r'type="checkbox" name="pupils"[^>]* checked', answer.text) is not None or not chosen
    if fields.get("remark", "").strip():
        assert fields["remark"] in answer.text


def test_who_is_not_on_the_list_cannot_be_ticked(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    elsewhere = db_session.scalars(
        select(Attendance.public_id).filter_by(student_id=cast.pupil.id, occurrence_id=cast.visit.id)
    ).one()

    for stranger in (elsewhere, "nobody", ""):
        answer = teacher.submit(page_of(cast), {"pupils": [stranger], "button": "approve"}, seen_on=page_of(cast))
        assert answer.status_code == 422
    assert worksheets(db_session) == {}


def test_an_occurrence_that_asks_for_no_worksheet_offers_no_review(teacher: Visitor, cast: Cast) -> None:
    page = teacher.get(f"/teacher/occurrences/{cast.lecture.public_id}").text

    assert "林晓雨" in page
    assert "学习单" not in words(page).replace("到场与学习单", "")
    assert 'name="button"' not in page


def test_a_form_without_its_token_is_refused(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    assert teacher.post(page_of(cast), data={"button": "approve_waiting"}).status_code == 400
    assert worksheets(db_session) == {}


def test_a_long_list_is_decided_in_chunks_each_committed(
    teacher: Visitor, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With chunks of one, the second of which fails: the first is kept, and pressing again finishes."""
    monkeypatch.setattr("credit_app.faces.worksheets.BATCH", 1)
    decide, calls = recognition.decide_worksheets, list[int]()

    def fails_once(*given: object, **named: object) -> recognition.Decided:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the machine went down")
        return decide(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("credit_app.faces.worksheets.decide_worksheets", fails_once)
    with pytest.raises(RuntimeError):
        teacher.submit(page_of(cast), {"button": "approve_waiting"}, seen_on=page_of(cast))
    assert list(worksheets(db_session).values()) == ["approved"]

    teacher.submit(page_of(cast), {"button": "approve_waiting"}, seen_on=page_of(cast))
    assert worksheets(db_session) == {"林晓雨": "approved", "孙浩": "approved"}


def test_the_list_asks_a_constant_number_of_statements(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    counted = []
    for occurrence in (cast.lecture, cast.course):  # one pupil, two pupils
        path = f"/teacher/occurrences/{occurrence.public_id}"
        teacher.get(path)
        with count_statements(db.engine) as statements:
            assert teacher.get(path).status_code == 200
        counted.append(len(statements))

    assert counted[0] == counted[1] <= 12
