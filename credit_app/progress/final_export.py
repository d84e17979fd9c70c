"""A school's final list as a file: CSV and workbook, one row a pupil, in the order of the class lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _

from credit_app.progress.exports import Cell, Column, Table, credits_cell, table_csv, table_workbook
from credit_app.progress.final_lists import FinalList, FinalRow
from credit_app.progress.wording import met_text, missing_texts, without_class_text
from credit_app.rules.calendar import LOCAL


def final_csv(final: FinalList, *, titles: Mapping[str, str], made_at: datetime) -> bytes:
    """The list as CSV that opens in Excel with Chinese intact. `titles` are the categories'."""
    return table_csv(_table(final, titles, made_at))


def final_workbook(final: FinalList, *, titles: Mapping[str, str], made_at: datetime) -> bytes:
    """The list as a workbook with typed columns and filters. `titles` are the categories'."""
    return table_workbook(_table(final, titles, made_at), made_at=made_at)


def _table(final: FinalList, titles: Mapping[str, str], made_at: datetime) -> Table:
    title = _("%(name)s %(year)s 学年学分结算名单", name=final.school.name, year=final.settlement.academic_year)
    return Table(
        title=title,
        sheet_name=_("结算名单"),
        head=[
            [title],
            [_("区"), final.settlement.district.name],
            [_("状态"), _("已结算，名单不再变动") if final.settled else _("公示中，尚未结算")],
            [_("导出时间"), f"{made_at.astimezone(LOCAL):%Y-%m-%d %H:%M}"],
        ],
        columns=_columns(final, titles),
        rows=[_cells(final, row) for row in final.rows],
    )


def _columns(final: FinalList, titles: Mapping[str, str]) -> list[Column]:
    return [
        Column(_("班级"), 14, "@"),
        Column(_("学号"), 12, "@"),
        Column(_("姓名"), 14, "@"),
        Column(_("年级"), 7, "0"),
        *(Column(titles.get(category, category), 11, "0.0#") for category in final.categories),
        Column(_("合计"), 9, "0.0#"),
        Column(_("目标"), 9, "0.0#"),
        Column(_("得分类别"), 9, "0"),
        Column(_("场馆活动次数"), 9, "0"),
        Column(_("结果"), 9),
        Column(_("还差"), 34),
    ]


def _cells(final: FinalList, row: FinalRow) -> list[Cell]:
    return [
        row.class_name or without_class_text(row.grade),
        row.student.student_no if row.student is not None else "",
        row.student.name if row.student is not None else "",
        row.grade,
        *(credits_cell(row.by_category.get(category, 0)) for category in final.categories),
        credits_cell(row.total),
        credits_cell(row.target) if row.target is not None else None,
        row.categories,
        row.venue_attendances,
        met_text(row.met),
        _("、").join(missing_texts(row.missing)),
    ]
