"""The counselor's way from a file to a school, as the right person and as every other."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from credit_app.people.models import AccessLog
from credit_app.schools.models import RosterImport, RosterUpload, Student
from tests.cast import Cast, today_at
from tests.schools.roster_set import RosterSet, small_school, zipped
from tests.visitor import Visitor


@pytest.fixture
def counselor(app: Flask, cast: Cast, clock: Any) -> Visitor:
    clock.set(today_at(8))
    visitor = Visitor(app)
    visitor.sign_in(cast.counselor)
    return visitor


def upload(visitor: Visitor, roster: RosterSet | bytes, name: str = "名单.zip") -> TestResponse:
    content = roster.zip() if isinstance(roster, RosterSet) else roster
    return visitor.submit("/teacher/roster", {"file": (io.BytesIO(content), name)})


def preview_of(visitor: Visitor, roster: RosterSet) -> str:
    """The address of the preview of an upload."""
    answer = upload(visitor, roster)
    assert answer.status_code == 302, answer.text
    assert answer.location
    return answer.location


def digest_on(page: str) -> str:
    match = re.search(r'name="digest"[^>]*value="([0-9a-f]{64})"', page)
    assert match, "the page has no plan to apply"
    return match[1]


def apply(visitor: Visitor, address: str, **fields: str) -> TestResponse:
    page = visitor.get(address).text
    return visitor.submit(f"{address}/apply", {"digest": digest_on(page), **fields})


def brought(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Student).where(Student.source_id.is_not(None))) or 0


def test_from_the_file_to_the_school(counselor: Visitor, db_session: Session) -> None:
    assert "还没有导入过名单" in counselor.get("/teacher/roster").text
    address = preview_of(counselor, small_school())
    page = counselor.get(address)
    assert page.status_code == 200
    for said in ("海天学校", "2026-2027", "曾小雨", "0501，5 年级，五年级1班", "林老师", "科学社"):
        assert said in page.text
    assert brought(db_session) == 0
    answer = apply(counselor, address)
    assert answer.status_code == 302
    assert brought(db_session) == 5
    done = counselor.get(answer.location or "")
    assert "名单已导入" in done.text
    assert "导错了怎么办" in done.text
    history = counselor.get("/teacher/roster").text
    assert "名单.zip" in history
    assert "郑老师" in history
    assert db_session.scalar(select(func.count()).select_from(RosterUpload)) == 0
    assert counselor.get(address).status_code == 404


def test_the_same_roster_again_has_nothing_to_apply(counselor: Visitor, db_session: Session) -> None:
    apply(counselor, preview_of(counselor, small_school()))
    page = counselor.get(preview_of(counselor, small_school())).text
    assert "不需要导入" in page
    assert 'name="digest"' not in page
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(RosterImport)) == 1


def test_the_preview_leaves_a_row_in_the_access_log(counselor: Visitor, cast: Cast, db_session: Session) -> None:
    counselor.get(preview_of(counselor, small_school()))
    db_session.rollback()
    rows = db_session.scalars(select(AccessLog).filter_by(user_id=cast.counselor.id)).all()
    assert [row.scope for row in rows] == [f"school:{cast.school.public_id}"]


def test_problems_stand_with_file_line_column_and_what_to_do(counselor: Visitor) -> None:
    roster = small_school()
    roster.enrol("nobody", "C51")
    roster.row("users", "P1")["grades"] = "五年"
    page = counselor.get(preview_of(counselor, roster)).text
    assert re.search(
        r"userSourcedId 写的 nobody 在 users.csv 里没有.*?enrollments.csv · 第 13 行 · userSourcedId 列",
        page,
        re.DOTALL,
    )
    assert "看不懂年级“五年”" in page.replace("&#34;", '"')
    assert "请补上那一行" in page


def test_more_than_one_in_five_has_to_be_confirmed(counselor: Visitor, db_session: Session, clock: Any) -> None:
    apply(counselor, preview_of(counselor, small_school()))
    clock.forward(minutes=5)
    roster = small_school()
    roster.without("users", "P1", "P2")
    address = preview_of(counselor, roster)
    page = counselor.get(address).text
    assert "2 名学生离校，占现有的 40%" in page
    refused = apply(counselor, address)
    assert refused.status_code == 409
    assert "请核对后勾选" in refused.text
    assert apply(counselor, address, removals_confirmed="y").status_code == 302
    gone = counselor.get("/teacher/roster").text
    assert "名单.zip" in gone
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(RosterImport)) == 2


def test_what_has_changed_since_the_preview_is_previewed_anew(
    counselor: Visitor, db_session: Session, clock: Any
) -> None:
    apply(counselor, preview_of(counselor, small_school()))
    clock.forward(minutes=5)
    roster = small_school()
    roster.row("users", "P1")["givenName"] = "大雨"
    address = preview_of(counselor, roster)
    seen = digest_on(counselor.get(address).text)
    db_session.rollback()
    db_session.scalars(select(Student).filter_by(name="曾小雨")).one().student_no = "7777"
    db_session.commit()
    answer = counselor.submit(f"{address}/apply", {"digest": seen})
    assert answer.status_code == 409
    assert "有了变化" in answer.text
    assert digest_on(answer.text) != seen
    db_session.rollback()
    assert db_session.scalars(select(Student).filter_by(student_no="7777")).one().name == "曾小雨"


@pytest.mark.sqlite_only
def test_it_can_be_given_up(counselor: Visitor, db_session: Session) -> None:
    address = preview_of(counselor, small_school())
    assert counselor.submit(f"{address}/discard", {}).status_code == 302
    assert counselor.get(address).status_code == 404
    assert brought(db_session) == 0


@pytest.mark.sqlite_only
def test_a_new_upload_takes_the_place_of_the_last(counselor: Visitor) -> None:
    first = preview_of(counselor, small_school())
    second = preview_of(counselor, small_school())
    assert (counselor.get(first).status_code, counselor.get(second).status_code) == (404, 200)


@pytest.mark.sqlite_only
def test_the_counselor_chooses_the_school_the_grades_and_the_course(counselor: Visitor, db_session: Session) -> None:
    roster = small_school()
    roster.row("orgs", "S1").update(name="?", identifier="")
    roster.school("S2", "山谷小学", "shangu")
    roster.pupil("Q1", "何 山", orgSourcedIds="S2")
    for source_id in ("C51", "C61"):
        roster.row("classes", source_id)["classType"] = "scheduled"
    address = preview_of(counselor, roster)
    asked = counselor.get(address).text
    assert "请选择名单里的哪所学校是本校" in asked
    assert 'name="digest"' not in asked
    chosen = {"org": "S1", "class_course": "", "grades": "1-9"}
    counselor.submit(f"{address}/choices", chosen)
    page = counselor.get(address).text
    assert "名单没有行政班，学生先列在年级下" in page
    assert "班级（2 个班，5 人）" in page
    counselor.submit(f"{address}/choices", {**chosen, "class_course": "HR", "grades": "6"})
    page = counselor.get(address).text
    assert "0601，6 年级，六年级1班" in page
    assert "不在所选年级，不导入" in page
    assert apply(counselor, address).status_code == 302
    assert brought(db_session) == 2


@pytest.mark.sqlite_only
@pytest.mark.parametrize("grades", ["", "0", "1-13", "lots"])
def test_grades_that_are_none_are_said_at_their_field(counselor: Visitor, grades: str) -> None:
    address = preview_of(counselor, small_school())
    answer = counselor.submit(f"{address}/choices", {"org": "", "class_course": "", "grades": grades})
    assert answer.status_code == 422
    assert "看不懂年级范围" in answer.text


@pytest.mark.sqlite_only
def test_every_change_is_in_the_file_and_no_cell_of_it_is_a_formula(counselor: Visitor) -> None:
    roster = small_school()
    roster.row("users", "P1").update(familyName="=1+1", givenName="")
    address = preview_of(counselor, roster)
    answer = counselor.get(f"{address}/changes.csv")
    assert answer.status_code == 200
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert ["学生", "新增", "'=1+1", "0501，5 年级，五年级1班", "", ""] in rows
    assert sum(row[:2] == ["学生", "新增"] for row in rows) == 5


def _gbk() -> bytes:
    files = small_school().files()
    files["users.csv"] = files["users.csv"].decode().encode("gbk")
    return zipped(files)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a zip", "不是 zip 压缩包"),
        (zipped({**small_school().files(), "results.csv": b"0" * 20_000_000}), "解开后过大"),
        (_gbk(), "users.csv 是 GBK 编码"),
        (
            zipped({"users.csv": b"a,b\r\n", "manifest.csv": b"propertyName,value\r\noneroster.version,1.1\r\n"}),
            "缺少列",
        ),
    ],
    ids=["no zip", "a bomb", "GBK", "another table"],
)
def test_what_cannot_be_read_is_refused_and_nothing_kept(
    counselor: Visitor, db_session: Session, content: bytes, said: str
) -> None:
    answer = upload(counselor, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert "这份名单没有导入" in answer.text
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(RosterUpload)) == 0


@pytest.mark.sqlite_only
def test_without_a_file(counselor: Visitor) -> None:
    answer = counselor.submit("/teacher/roster", {})
    assert answer.status_code == 422
    assert "请选择教务系统导出的 zip 文件" in answer.text


@pytest.mark.sqlite_only
def test_an_upload_is_sealed_in_the_database(counselor: Visitor, db_session: Session) -> None:
    preview_of(counselor, small_school())
    db_session.rollback()
    kept = db_session.scalars(select(RosterUpload)).one().content
    assert b"users.csv" not in kept
    assert kept[:2] != b"PK"


@pytest.mark.sqlite_only
def test_an_upload_is_gone_after_a_day(counselor: Visitor, db_session: Session, clock: Any) -> None:
    from credit_app.schools.roster.uploads import purge_uploads

    address = preview_of(counselor, small_school())
    assert purge_uploads(db_session, now=clock.forward(hours=23)) == 0
    assert purge_uploads(db_session, now=clock.forward(hours=2)) == 1
    db_session.commit()
    clock.set(today_at(9))
    assert counselor.get(address).status_code == 404


@pytest.mark.sqlite_only
def test_nobody_else_gets_near_it(app: Flask, counselor: Visitor, cast: Cast, db_session: Session) -> None:
    address = preview_of(counselor, small_school())
    db_session.rollback()
    applied = apply(counselor, preview_of(counselor, small_school())).location or ""
    address = preview_of(counselor, small_school())
    for name, user in cast.users().items():
        if name == "counselor":
            continue
        visitor = Visitor(app)
        visitor.sign_in(user)
        expected = 404 if name == "other_counselor" else 403
        for path in (address, f"{address}/changes.csv", applied):
            assert visitor.get(path).status_code == expected, (name, path)
        if name != "other_counselor":
            assert visitor.get("/teacher/roster").status_code == 403, name
        for path in ("apply", "choices", "discard"):
            fields = {"digest": "0" * 64, "grades": "1-9"}
            answer = visitor.submit(f"{address}/{path}", fields)
            assert answer.status_code == expected, (name, path)
    assert counselor.get(address).status_code == 200
