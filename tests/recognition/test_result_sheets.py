"""Sheets of results: what cannot be read is refused, what is wrong is told by row and column, and twice is once."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.recognition.results import actions, sheets
from credit_app.recognition.results.models import ResultReview, ReviewedResult
from credit_app.recognition.results.offer import offered_on
from credit_app.recognition.results.sheet_plan import SheetPlan, plan_sheet
from credit_app.recognition.results.sheet_rows import sheet_rows
from credit_app.recognition.results.sheet_source import MOST_BYTES, MOST_ROWS, SheetRefused, rows_of
from credit_app.recognition.results.sheet_template import template_csv, template_workbook
from credit_app.schools import actions as schools
from credit_app.verification import verify
from tests.cast import MADE_AT, TERM_BEGAN_ON, TODAY, YEAR, Cast
from tests.recognition.entering import CONTEST, EVENING, enter, entry, listed

HEAD = ["学号", "姓名", "类别", "项目或赛事名称", "等级", "日期", "材料编号"]
GOOD = ["0501", "林晓雨", "科技竞赛", CONTEST, "市级", "2026-10-17", "证书 17"]


def csv_of(*rows: list[str], head: list[str] = HEAD) -> bytes:
    return "\n".join(",".join(row) for row in [head, *rows]).encode()


def workbook(*rows: list[Any], head: list[str] = HEAD) -> bytes:
    """A workbook as people fill it in: texts, numbers, days."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([head, *rows]):
            for column, cell in enumerate(row):
                sheet.write(at, column, cell)
    return file.getvalue()


def plan(session: Session, cast: Cast, content: bytes) -> SheetPlan:
    return plan_sheet(session, school=cast.school, rows=sheet_rows(rows_of(content)), today=TODAY)


def apply(session: Session, cast: Cast, content: bytes) -> SheetPlan:
    rows = sheet_rows(rows_of(content))
    digest = plan_sheet(session, school=cast.school, rows=rows, today=TODAY).digest()
    done = sheets.apply_sheet(
        session, school=cast.school, rows=rows, digest=digest, entered_by=cast.counselor, now=EVENING
    )
    session.commit()
    return done


def states(found: SheetPlan) -> list[str]:
    return [line.state for line in found.lines]


def problems(found: SheetPlan) -> list[tuple[int, str, str]]:
    return [(line.row.line, each.column, each.text) for line in found.lines for each in line.problems]


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(ReviewedResult)) or 0


def test_a_sheet_is_applied_once_however_often_it_comes(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    content = csv_of(GOOD, ["0502", "孙浩", "线上学习", "认识潮汐", "", "2026/10/1", "证书 3"])
    assert states(apply(db_session, cast, content)) == ["new", "new"]
    assert states(apply(db_session, cast, content)) == ["already", "already"]

    assert count(db_session) == 2
    assert db_session.scalar(select(func.count()).select_from(ResultReview)) == 2
    first = db_session.scalars(select(ReviewedResult).order_by(ReviewedResult.id)).first()
    assert first is not None
    assert (first.state, first.level, first.document_ref, first.grade) == ("submitted", "city", "证书 17", 5)
    assert first.competition is not None
    assert [str(finding) for finding in verify(db_session)] == []


def test_a_workbook_says_the_same_as_a_csv(db_session: Session, cast: Cast) -> None:
    """A spreadsheet makes numbers of numbers and days of days, and drops the zeros in front of 0501."""
    listed(db_session, cast)
    content = workbook([501, "林晓雨", "科技竞赛", CONTEST, "市级", date(2026, 10, 17), 2026017])
    found = plan(db_session, cast, content)

    assert states(found) == ["new"]
    assert found.new[0].entry == entry("city", document="2026017")
    assert found.new[0].place.student.id == cast.pupil.id


def test_the_templates_are_sheets_with_nothing_in_them(db_session: Session, cast: Cast) -> None:
    offered = offered_on(db_session, district_id=cast.district.id, day=TODAY)
    for content in (template_csv(), template_workbook(offered.values())):
        assert rows_of(content) == [HEAD]
        with pytest.raises(SheetRefused, match="表头下面没有内容"):
            sheet_rows(rows_of(content))


@pytest.mark.parametrize(
    ("at", "cell", "column", "told"),
    [
        (0, "0599", "学号", "没有学号为 0599"),
        (1, "孙浩", "姓名", "不叫“孙浩”"),
        (1, "", "姓名", "没有填写姓名"),
        (2, "场馆参观", "类别", "没有这一类别"),
        (3, "", "项目或赛事名称", "请填写项目或赛事名称"),
        (4, "优秀", "等级", "请填写等级"),
        (4, "", "等级", "请填写等级"),
        (5, "去年", "日期", "没有读出日期"),
        (5, "2026-02-30", "日期", "没有读出日期"),
        (5, "46312", "日期", "没有读出日期"),
        (5, "2026-10-18", "日期", "日期还没有到"),
        (5, "2026-08-31", "日期", "在这一天不是本校的学生"),
        (6, "", "材料编号", "审核时要核对"),
    ],
)
def test_a_wrong_cell_is_told_by_row_and_column(
    db_session: Session, cast: Cast, at: int, cell: str, column: str, told: str
) -> None:
    listed(db_session, cast)
    wrong = [cell if place == at else given for place, given in enumerate(GOOD)]
    found = plan(db_session, cast, csv_of(GOOD, wrong))

    assert states(found) == ["new", "error"]
    assert [(line, where) for line, where, text in problems(found) if told in text] == [(3, column)]


def test_two_of_one_name_need_a_number(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    without = ["", *GOOD[1:]]
    assert states(plan(db_session, cast, csv_of(without))) == ["new"]
    namesake = schools.create_student(
        db_session, school=cast.school, name="林晓雨", student_no="0777", user=None, now=MADE_AT
    )
    schools.enrol(
        db_session,
        student=namesake,
        grade=5,
        academic_year=YEAR,
        school_class=cast.school_class,
        starts_on=TERM_BEGAN_ON,
    )
    found = plan(db_session, cast, csv_of(without, GOOD))
    assert states(found) == ["error", "new"]
    assert problems(found)[0][1:] == ("学号", "本校有几名叫“林晓雨”的学生。")


def test_what_is_not_on_the_list_is_pointed_out_and_entered(db_session: Session, cast: Cast) -> None:
    found = plan(db_session, cast, csv_of(GOOD))
    assert states(found) == ["new"]
    assert "不在赛事名单上" in problems(found)[0][2]


def test_a_row_twice_and_one_like_it_are_pointed_out(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    enter(db_session, cast, entry("nation"))
    standing = [*GOOD[:4], "国家级", *GOOD[5:]]
    near = [*GOOD[:5], "2026-10-16", GOOD[6]]
    found = plan(db_session, cast, csv_of(standing, GOOD, GOOD, near))

    assert states(found) == ["already", "new", "already", "new"]
    assert [text for _line, _column, text in problems(found)] == [
        "已经登记过，不会重复登记。",
        "与第 3 行相同。",
        "同一学年已登记过同名同等级的成果（2026-10-17）。",
    ]


def test_what_changed_after_the_preview_must_be_looked_at_again(db_session: Session, cast: Cast) -> None:
    rows = sheet_rows(rows_of(csv_of(GOOD)))
    seen = plan_sheet(db_session, school=cast.school, rows=rows, today=TODAY).digest()
    listed(db_session, cast)
    with pytest.raises(Conflict):
        sheets.apply_sheet(
            db_session, school=cast.school, rows=rows, digest=seen, entered_by=cast.counselor, now=EVENING
        )
    assert count(db_session) == 0


def test_a_sheet_is_never_half_written(db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody enters one of its results between the look and the writing: nothing of the sheet stands."""
    listed(db_session, cast)
    rows = sheet_rows(rows_of(csv_of(GOOD, ["0502", "孙浩", *GOOD[2:]])))
    planned = plan_sheet(db_session, school=cast.school, rows=rows, today=TODAY)
    enter(db_session, cast, entry(), student=cast.classmate)
    db_session.commit()
    monkeypatch.setattr(sheets, "plan_sheet", lambda *_args, **_more: planned)
    with pytest.raises(actions.AlreadyEntered):
        sheets.apply_sheet(
            db_session,
            school=cast.school,
            rows=rows,
            digest=planned.digest(),
            entered_by=cast.counselor,
            now=EVENING,
        )
    assert count(db_session) == 1


def test_formulas_are_nothing_but_text_or_the_value_they_had(db_session: Session, cast: Cast) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([HEAD, GOOD]):
            for column, cell in enumerate(row):
                sheet.write_string(at, column, cell)
        sheet.write_formula(1, 3, '=HYPERLINK("x")', None, "公式的值")
        sheet.write_string(1, 6, "=1+1")
    found = plan(db_session, cast, file.getvalue())
    assert found.new[0].entry.title == "公式的值"
    assert found.new[0].entry.document_ref == "=1+1"
    assert plan(db_session, cast, csv_of([*GOOD[:6], "=cmd|' /C calc'!A0"])).new[0].entry.document_ref[0] == "="


# Files that are refused.


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_sheet(xml: bytes) -> bytes:
    """A workbook whose first sheet is this XML."""
    parts = {}
    with zipfile.ZipFile(io.BytesIO(workbook(GOOD))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**parts, "xl/worksheets/sheet1.xml": xml})


WIDE = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    b"</sheetData></worksheet>"
)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (with_sheet(b"<worksheet>" + b" " * 40_000_000 + b"</worksheet>"), "解开后过大"),
        (with_sheet(WIDE), "已损坏"),  # asks for 16 thousand million cells; only the reading process dies of it
        (zipped({"users.csv": b"a"}), "已损坏"),
        (b"PK\x03\x04 nothing", "已损坏"),
        (workbook(GOOD)[:-200], "已损坏"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 100, "旧版 Excel"),
        (b"x" * (MOST_BYTES + 1), "文件超过 2 MB"),
        (csv_of(*[GOOD] * MOST_ROWS), "行数超过"),
        (csv_of(GOOD).decode().encode("gbk"), "GBK"),
        (b"\xff\x00\x81\x0a", "不是 Excel 工作簿"),
        (csv_of(GOOD[:4], head=HEAD[:4]), "表头缺少：日期、材料编号"),
        (b"", "表头缺少"),
        (csv_of(), "表头下面没有内容"),
    ],
)
@pytest.mark.sqlite_only
def test_what_cannot_be_read_is_refused_with_what_to_do(app: Any, content: bytes, told: str) -> None:
    with app.test_request_context(), pytest.raises(SheetRefused) as refused:
        sheet_rows(rows_of(content))
    assert told in str(refused.value.message)
    assert "请" in str(refused.value.message)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_charsets_of_a_roster_are_those_of_a_sheet(app: Any, charset: str) -> None:
    with app.test_request_context():
        assert rows_of(csv_of(GOOD).decode().encode(charset)) == [HEAD, GOOD]


# Any sheet.

CELLS = [
    st.sampled_from(["0501", "0502", "501", "0503", "", "9"]),
    st.sampled_from(["林晓雨", "孙浩", "何静", "", "林 晓雨"]),
    st.sampled_from(["科技竞赛", "课题研究与小发明", "online_learning", "线上学习", "讲座", ""]),
    st.sampled_from([CONTEST, "青少年科技创新大赛。", "会呼吸的墙", "", "=1+1", "《》"]),
    st.sampled_from(["市级", "entry", "优秀", "", "done", "宇宙级"]),
    st.sampled_from(["2026-10-17", "2026/9/1", "2026年10月1日", "2026-08-31", "2027-01-01", "昨天", ""]),
    st.sampled_from(["证书 1", "证书 2", ""]),
]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*CELLS).map(list), min_size=1, max_size=12))
def test_any_sheet_is_written_as_previewed_and_twice_is_once(
    db_session: Session, cast: Cast, rows: list[list[str]]
) -> None:
    before = count(db_session)
    content = csv_of(*rows)
    try:
        planned = plan(db_session, cast, content)
    except SheetRefused:  # no row with anything in it
        return
    assert [line.state == "error" for line in planned.lines] == [
        line.checked is None and bool(line.problems) for line in planned.lines
    ]
    done = apply(db_session, cast, content)
    assert count(db_session) - before == len(planned.new) == len(done.new)

    again = apply(db_session, cast, content)
    assert again.new == []
    assert states(again) == ["error" if state == "error" else "already" for state in states(done)]
    assert db_session.scalar(select(func.count()).select_from(ResultReview)) == count(db_session)


def test_uploads_are_sealed_and_forgotten_after_a_day(db_session: Session, cast: Cast) -> None:
    at = datetime(2026, 10, 17, 12, tzinfo=EVENING.tzinfo)
    kept = sheets.keep_sheet(
        db_session,
        school_id=cast.school.id,
        user_id=cast.counselor.id,
        file_name="a.csv",
        content=csv_of(GOOD),
        now=at,
    )
    assert "林晓雨".encode() not in kept.content
    assert sheets.content_of_sheet(kept) == csv_of(GOOD)
    assert sheets.purge_sheets(db_session, now=at + timedelta(hours=23)) == 0
    assert sheets.purge_sheets(db_session, now=at + timedelta(hours=25)) == 1


def test_all_that_is_wrong_with_a_row_is_told_at_once(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    found = plan(db_session, cast, csv_of(["0501", "孙浩", "科技竞赛", CONTEST, "", "昨天", ""]))
    assert [column for _line, column, _text in problems(found)] == ["日期", "等级", "材料编号", "姓名"]
