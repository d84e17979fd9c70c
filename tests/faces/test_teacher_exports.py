"""The class as a file, read again by another library than the one that wrote it."""

from __future__ import annotations

import csv
import io
from datetime import date
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import delete
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.rule_books.models import RuleBook
from credit_app.schools import actions as schools
from tests.cast import YEAR, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there
from tests.progress.year import earns, newcomer
from tests.statements import count_statements
from tests.visitor import Visitor

# What spreadsheet programs would run, and what they or their readers stumble over.
FORMULAS = ("=1+1", "+8613800000000", "-2+3", "@SUM(A1)", "\t=1+1", "＝1+1")
RARE = ("🦕恐龙", "䶮㛃𠮷", 'O\'Brien, "Bo"', "阿卜杜拉·买买提")
HEADINGS = [
    *("学号", "姓名", "场馆参观", "探究课程", "科普讲座", "社团与科技节", "线上学习", "课题研究与小发明", "科技竞赛"),
    *("小小讲解员", "合计", "目标", "状态", "还差", "场馆活动次数", "待认定", "最近活动日期", "最近活动"),
]


@pytest.fixture
def teacher(client: Visitor, cast: Cast, clock: HeldClock) -> Visitor:
    """The homeroom teacher, signed in on the evening of the programme."""
    clock.set(today_at(18))
    client.sign_in(cast.homeroom_teacher)
    return client


def as_csv(teacher: Visitor, cast: Cast) -> list[list[str]]:
    answer = teacher.get(f"/teacher/classes/{cast.school_class.public_id}/progress.csv")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf"), "Excel reads UTF-8 only with its mark"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def as_workbook(teacher: Visitor, cast: Cast) -> tuple[bytes, list[list[object]]]:
    answer = teacher.get(f"/teacher/classes/{cast.school_class.public_id}/progress.xlsx")
    assert answer.status_code == 200
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    return answer.data, rows  # type: ignore[return-value]


def test_both_files_say_what_they_are_and_hold_one_row_a_pupil(
    teacher: Visitor, db_session: Session, cast: Cast
) -> None:
    have_been_there(db_session, cast)

    lines = as_csv(teacher, cast)
    _, rows = as_workbook(teacher, cast)

    head = [
        ["五(1)班 2026-2027 学年学分进度"],
        ["学校", "海天学校"],
        ["班级", "五(1)班"],
        ["统计日期", "2026-10-17"],
        ["导出时间", "2026-10-17 18:00"],
        ["规则集", "科普教育学分规则（示例） · sample-2026"],
    ]
    assert lines[:6] == head
    assert [[cell for cell in row if cell != ""] for row in rows[:6]] == head
    assert lines[7] == rows[7] == HEADINGS
    assert lines[8:] == [
        [
            *("0501", "林晓雨", "0.5", "0", "0.3", "0", "0", "0", "0", "0", "0.8", "8", "接近达标"),
            *("7.2 学分、1 个类别", "3", "1", "2026-10-17", "周末参观"),
        ],
        [
            *("0502", "孙浩", "0", "0", "0", "0", "0", "0", "0", "0", "0", "8", "接近达标"),
            *("8 学分、3 个类别", "2", "1", "2026-10-17", "周末参观"),
        ],
    ]
    assert rows[8] == [
        *("0501", "林晓雨", 0.5, 0, 0.3, 0, 0, 0, 0, 0, 0.8, 8, "接近达标"),
        *("7.2 学分、1 个类别", 3, 1, date(2026, 10, 17), "周末参观"),
    ]
    assert [type(cell) for cell in rows[8][2:5]] == [float] * 3, "amounts are numbers, to be added up"
    assert isinstance(rows[8][0], str), "a number of a pupil keeps its zero in front"
    assert len(rows) == 10


def test_the_names_of_the_files_are_chinese_for_every_browser(teacher: Visitor, cast: Cast) -> None:
    for suffix, kind in (("csv", "text/csv; charset=utf-8"), ("xlsx", "application/vnd.openxmlformats")):
        answer = teacher.get(f"/teacher/classes/{cast.school_class.public_id}/progress.{suffix}")
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith(f"attachment; filename=\"export.{suffix}\"; filename*=UTF-8''")
        name = unquote(disposition.rpartition("''")[2])
        assert name == f"海天学校-五(1)班-2026-2027-2026-10-17.{suffix}"
        assert disposition.isascii()
        assert answer.headers["Content-Type"].startswith(kind)
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_class_name_cannot_break_out_of_the_file_name(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    cast.school_class.name = '五/1\\班"; x="..'
    answer = teacher.get(f"/teacher/classes/{cast.school_class.public_id}/progress.csv")

    name = unquote(answer.headers["Content-Disposition"].rpartition("''")[2])
    assert name == "海天学校-五_1_班_; x=_..-2026-2027-2026-10-17.csv"


def test_no_name_becomes_a_formula(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    for number, name in enumerate(FORMULAS):
        student = newcomer(db_session, cast.school_class, "甲", f"06{number:02d}")
        student.name = name  # as a roster might bring it, whatever the entry would make of it
    cast.school_class.school.name = "=HYPERLINK(1)"

    lines = as_csv(teacher, cast)
    content, rows = as_workbook(teacher, cast)

    assert [line[1] for line in lines[10:]] == [f"'{name}" for name in FORMULAS]
    assert lines[1] == ["学校", "'=HYPERLINK(1)"]
    assert [row[1] for row in rows[10:]] == list(FORMULAS)
    with ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_rare_characters_and_emoji_arrive(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    for number, name in enumerate(RARE):
        newcomer(db_session, cast.school_class, name, f"06{number:02d}")

    lines = as_csv(teacher, cast)
    _, rows = as_workbook(teacher, cast)

    assert [line[1] for line in lines[10:]] == list(RARE)
    assert [row[1] for row in rows[10:]] == list(RARE)


def test_the_heading_is_frozen_and_filtered_and_the_columns_fit(teacher: Visitor, cast: Cast) -> None:
    content, _ = as_workbook(teacher, cast)

    with ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert '<pane xSplit="2" ySplit="8"' in sheet
    assert '<autoFilter ref="A8:R10"/>' in sheet
    assert 'customWidth="1"' in sheet


def test_an_empty_class_has_a_heading_and_no_rows(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    for student in (cast.pupil, cast.classmate):
        schools.end_enrolment(db_session, student=student, ends_on=date(2026, 10, 1))

    assert as_csv(teacher, cast)[7:] == [HEADINGS]
    assert as_workbook(teacher, cast)[1][7:] == [HEADINGS]


def test_without_a_rule_set_the_file_says_so(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    earns(db_session, cast.pupil, "club_festival")
    db_session.execute(delete(RuleBook))

    lines = as_csv(teacher, cast)

    assert lines[5] == ["规则集", "没有生效的学分规则"]
    assert lines[8] == ["0501", "林晓雨", "0.5", "0.5", "", "", "", "0", "0", "", ""]


def test_a_teaching_group_is_exported_too(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    group = schools.create_class(
        db_session, school=cast.school, academic_year=YEAR, grade=5, name="机器人社", kind="group"
    )
    schools.join_group(db_session, student=cast.classmate, group=group, starts_on=date(2026, 9, 1))
    schools.assign_teacher(
        db_session, school_class=group, user=cast.homeroom_teacher, kind="teacher", starts_on=date(2026, 9, 1)
    )

    answer = teacher.get(f"/teacher/classes/{group.public_id}/progress.csv")

    assert "孙浩" in answer.data.decode("utf-8-sig")
    assert "林晓雨" not in answer.data.decode("utf-8-sig")


def test_a_file_asks_as_few_statements_as_the_page(teacher: Visitor, cast: Cast) -> None:
    for suffix in ("csv", "xlsx"):
        path = f"/teacher/classes/{cast.school_class.public_id}/progress.{suffix}"
        teacher.get(path)
        with count_statements(db.engine) as statements:
            assert teacher.get(path).status_code == 200
        assert len(statements) <= 15
