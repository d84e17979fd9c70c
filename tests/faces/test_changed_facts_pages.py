"""The pages of voiding, merging and transfers, and that the API tells the same reasons as they do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.extensions import db
from credit_app.schools.models import Student, StudentMerge, Transfer
from credit_app.verification import verify
from tests.cast import TODAY, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there, words
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.fixture
def visited(db_session: Session, cast: Cast, clock: HeldClock) -> str:
    """The participation of the pupil's visit, in the evening."""
    have_been_there(db_session, cast)
    clock.set(today_at(18))
    return db_session.scalars(
        select(Attendance.public_id).filter_by(student_id=cast.pupil.id, occurrence_id=cast.visit.id)
    ).one()


def signed_in(app: Flask, user: Any) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(user)
    return visitor


def trace(visitor: Visitor, path: str) -> dict[str, Any]:
    told: dict[str, Any] = visitor.get(path).get_json()
    return told


def void(visitor: Visitor, page: str, participation: str, **fields: str) -> Any:
    form = f"{page}/pupils/{participation}/void"
    return visitor.submit(form, {"reason": "someone_else", "words": "同学代签", **fields}, seen_on=form)


@pytest.mark.parametrize("face", ["teacher", "venue"])
def test_an_attendance_is_voided_explained_to_the_pupil_and_restored(
    app: Flask, db_session: Session, cast: Cast, visited: str, face: str
) -> None:
    leader = signed_in(app, cast.homeroom_teacher if face == "teacher" else cast.venue_staff)
    page = f"/{face}/occurrences/{cast.visit.public_id}"
    assert f"{page}/pupils/{visited}/void" in leader.get(page).text

    assert void(leader, page, visited).status_code == 303
    said = leader.get(page).text
    assert "到场已作废，收回学分 0.5" in said
    assert "<s>" in said
    assert "由别人代签：同学代签" in words(said)
    assert ("林晓雨" in words(said)) == (face == "teacher")

    pupil = signed_in(app, cast.pupil.user)
    told = words(pupil.get(f"/pupil/credits/{visited}").text)
    assert "这次到场已作废，不计学分 由别人代签：同学代签 如有疑问，请联系带队老师或场馆工作人员" in told
    assert "到场已作废，撤销认定 · −0.5" in told
    listed = words(pupil.get("/pupil/credits").text)
    assert "共 0.3 学分，参加 2 次" in listed
    assert "由别人代签：同学代签" in listed
    api = trace(pupil, f"/api/participations/{visited}")
    assert (api["state"], api["centicredits"], api["reason"]) == ("voided", 0, "由别人代签：同学代签")

    assert leader.submit(f"{page}/pupils/{visited}/restore", seen_on=page).status_code == 303
    assert "到场已恢复，学分 +0.5" in leader.get(page).text
    assert "到场已恢复，重新认定 · +0.5" in words(pupil.get(f"/pupil/credits/{visited}").text)
    assert leader.submit(f"{page}/pupils/{visited}/restore", seen_on=page).status_code == 404
    db_session.rollback()
    assert not list(verify(db_session))


def test_voiding_without_a_reason_or_a_word_is_refused_at_the_field(
    app: Flask, db_session: Session, cast: Cast, visited: str
) -> None:
    teacher = signed_in(app, cast.homeroom_teacher)
    page = f"/teacher/occurrences/{cast.visit.public_id}"
    for fields, message in (
        ({"reason": ""}, "请选择作废的原因。"),
        ({"words": "  "}, "请写一句说明，学生会看到。"),
        ({"words": "长" * 201}, "说明最多 200 个字。"),
    ):
        answer = void(teacher, page, visited, **fields)
        assert answer.status_code == 422
        assert message in answer.text
    db_session.rollback()
    assert db_session.scalars(select(Attendance.state).filter_by(public_id=visited)).one() == "present"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_and_api_say_the_same_sentences(app: Flask, cast: Cast, visited: str, language: str) -> None:
    pupil, teacher = signed_in(app, cast.pupil.user), signed_in(app, cast.homeroom_teacher)
    for visitor, page in (
        (pupil, f"/pupil/credits/{visited}"),
        (teacher, f"/teacher/pupils/{cast.pupil.public_id}/participations/{visited}"),
    ):
        visitor.submit("/language", {"language": language, "next": "/"})
        shown = words(visitor.get(page).text)
        told = trace(visitor, f"/api/participations/{visited}")
        assert (told["state"], told["centicredits"], told["rule_set"]) == ("awarded", 50, "sample-2026")
        assert [entry["kind"] for entry in told["entries"]] == ["award"]
        assert len(told["steps"]) > 2
        for step in told["steps"]:
            assert step["sentence"] in shown
            assert {"clause", "code", "params", "before", "after"} <= step.keys()
        assert told["source"] in shown
        assert any("\u4e00" <= letter <= "\u9fff" for letter in told["steps"][0]["sentence"]) == (language == "zh")


def test_the_trace_of_what_waits_says_what_is_missing(
    app: Flask, db_session: Session, cast: Cast, visited: str
) -> None:
    course = db_session.scalars(
        select(Attendance.public_id).filter_by(student_id=cast.pupil.id, occurrence_id=cast.course.id)
    ).one()
    pupil = signed_in(app, cast.pupil.user)
    told = trace(pupil, f"/api/participations/{course}")
    assert (told["state"], told["entries"], bool(told["missing"])) == ("pending", [], True)
    shown = words(pupil.get(f"/pupil/credits/{course}").text)
    assert all(sentence in shown for sentence in told["missing"])


def test_a_duplicate_is_found_compared_and_merged_by_typing_the_name(
    app: Flask, db_session: Session, cast: Cast, visited: str
) -> None:
    counselor = signed_in(app, cast.counselor)
    own = f"/teacher/pupils/{cast.pupil.public_id}"
    assert f"{own}/merge" in counselor.get(own).text
    assert "没有找到别的记录" in counselor.get(f"{own}/merge").text
    preview = f"{own}/merge/{cast.classmate.public_id}"
    assert preview in counselor.get(f"{own}/merge?q=0502").text
    said = words(counselor.get(preview).text)
    assert "2 次两条记录都到场，只计保留的那一次。" in said
    assert "合并不能撤销" in said

    refused = counselor.submit(preview, {"reason": "录入两次", "typed_name": "孙浩"}, seen_on=preview)
    assert refused.status_code == 422
    assert "和要保留的学生姓名不一致" in refused.text
    db_session.rollback()
    assert db_session.scalars(select(StudentMerge)).all() == []
    done = counselor.submit(preview, {"reason": "录入两次", "typed_name": "林晓雨"}, seen_on=preview)
    assert (done.status_code, done.location) == (303, own)
    assert counselor.get(f"/teacher/pupils/{cast.classmate.public_id}").status_code == 404
    assert "孙浩" not in counselor.get(f"/teacher/classes/{cast.school_class.public_id}").text
    visitor = Visitor(app)
    assert visitor.submit("/sign-in", {"login_name": "sunhao", "password": "tidal-lantern-83"}).status_code != 302
    db_session.rollback()
    assert not list(verify(db_session))


def test_a_pupil_is_released_here_and_received_there(
    app: Flask, db_session: Session, cast: Cast, visited: str, clock: HeldClock
) -> None:
    old, new = signed_in(app, cast.counselor), signed_in(app, cast.other_counselor)
    own = f"/teacher/pupils/{cast.pupil.public_id}"
    page = old.submit(f"{own}/transfer", seen_on=f"{own}/transfer").text
    code = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", page)
    assert code is not None
    assert "用到 11月16日" in words(page).replace("\u2009", "").replace("\u200a", "")
    assert "等待接收" in old.get("/teacher/transfers").text
    assert code.group() not in old.get("/teacher/transfers").text

    clock.forward(days=1)
    old, new = signed_in(app, cast.counselor), signed_in(app, cast.other_counselor)
    wrong = new.submit("/teacher/transfers/receive", {"code": "AAAAA-AAAAA"}, seen_on="/teacher/transfers")
    assert (wrong.status_code, "没有这个转学码" in wrong.text) == (422, True)
    shown = new.submit("/teacher/transfers/receive", {"code": code.group()}, seen_on="/teacher/transfers")
    assert (shown.status_code, "海天学校" in shown.text, "五(2)班" in shown.text) == (200, True, True)
    fields = {
        "code": code.group(),
        "school_class": cast.other_class.public_id,
        "student_no": "0509",
        "starts_on": "2026-10-25",
    }
    confirm = "/teacher/transfers/receive/confirm"
    refused = new.submit(confirm, fields, seen_on="/teacher/transfers")
    assert (refused.status_code, "转入日期应在原校发码之日到今天之间" in refused.text) == (422, True)
    done = new.submit(confirm, fields | {"starts_on": "2026-10-18"}, seen_on="/teacher/transfers")
    assert (done.status_code, done.location) == (303, own)
    assert "已接收" in old.get("/teacher/transfers").text
    assert (old.get(own).status_code, new.get(own).status_code) == (404, 200)
    again = new.submit(confirm, fields, seen_on="/teacher/transfers")
    assert (again.status_code, "这个转学码已经用过了" in again.text) == (422, True)
    assert "林晓雨" in new.get(f"/teacher/classes/{cast.other_class.public_id}").text
    db_session.rollback()
    assert db_session.get_one(Student, cast.pupil.id).student_no == "0509"
    assert not list(verify(db_session))


def test_a_code_is_cancelled(app: Flask, db_session: Session, cast: Cast, visited: str) -> None:
    counselor = signed_in(app, cast.counselor)
    own = f"/teacher/pupils/{cast.pupil.public_id}"
    counselor.submit(f"{own}/transfer", seen_on=f"{own}/transfer")
    db_session.rollback()
    transfer = db_session.scalars(select(Transfer.public_id)).one()
    path = f"/teacher/transfers/{transfer}/cancel"
    assert counselor.submit(path, seen_on="/teacher/transfers").status_code == 303
    assert "转学码已取消" in counselor.get("/teacher/transfers").text
    assert counselor.submit(path, seen_on="/teacher/transfers").status_code == 409


def test_pages_ask_a_constant_number_of_statements(app: Flask, cast: Cast, visited: str) -> None:
    """Who is asking (user, roles), the page's own, and the line in the access log."""
    counselor = signed_in(app, cast.counselor)
    asked = {}
    for path in (
        f"/teacher/occurrences/{cast.visit.public_id}/pupils/{visited}/void",
        f"/teacher/pupils/{cast.pupil.public_id}/merge",
        f"/teacher/pupils/{cast.pupil.public_id}/merge/{cast.classmate.public_id}",
        f"/teacher/pupils/{cast.pupil.public_id}/transfer",
        "/teacher/transfers",
        f"/api/participations/{visited}",
    ):
        counselor.get(path)
        with count_statements(db.engine) as seen:
            assert counselor.get(path).status_code == 200
        asked[path.rpartition("/")[2] if "api" not in path else "api"] = len(seen)
    assert max(asked.values()) <= 15, asked


def test_today_is_the_day(cast: Cast) -> None:
    """The dates typed above are those of the cast."""
    assert TODAY.isoformat() == "2026-10-17"
