"""The rows of a sheet under their headings: which column is which, and what a cell says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from credit_app.recognition.results.keys import name_key
from credit_app.recognition.results.sheet_source import SheetRefused
from credit_app.rules.wording import N_
from credit_app.schools.roster.cells import day as plain_day
from credit_app.schools.roster.cells import plain

HEADINGS = {
    "number": N_("学号"),
    "name": N_("姓名"),
    "category": N_("类别"),
    "title": N_("项目或赛事名称"),
    "level": N_("等级"),
    "occurred_on": N_("日期"),
    "document_ref": N_("材料编号"),
}
"""The columns of a sheet, by the field they fill, in order."""

NEEDED = ("name", "category", "title", "occurred_on", "document_ref")
HEADING_WITHIN = 10
"""So many rows from the top may stand before the headings: a title, a note."""

_CHINESE_DAY = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?")  # not translated: how a day is written


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not empty; `line` counts from 1, as a spreadsheet does. `cells` by field, clean."""

    line: int
    cells: Mapping[str, str]


def heading(field: str) -> str:
    """What the column of `field` is called, in the reader's language."""
    return _(HEADINGS[field])


def sheet_rows(rows: Sequence[Sequence[str]]) -> list[SheetRow]:
    """The rows below the headings. Raises: SheetRefused when a heading that is needed is missing."""
    at, columns = _headings(rows)
    missing = [heading(field) for field in NEEDED if field not in columns]
    if missing:
        raise SheetRefused(
            _("表头缺少：%(columns)s。", columns=_("、").join(missing)), _("请使用下载的模板，不要改动表头。")
        )
    found = []
    for line, row in enumerate(rows[at + 1 :], start=at + 2):
        cells = {field: plain(row[column]) if column < len(row) else "" for field, column in columns.items()}
        if any(cells.values()):
            found.append(SheetRow(line, {field: cells.get(field, "") for field in HEADINGS}))
    if not found:
        raise SheetRefused(_("表头下面没有内容。"), _("请从表头的下一行开始填写，每行一项成果。"))
    return found


def day_in(text: str) -> date | None:
    """The day that a cell names; None when it is none."""
    match = _CHINESE_DAY.fullmatch(text.replace(" ", ""))
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else plain_day(text)
    except ValueError:
        return None


def _headings(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """Where the headings stand, and the column of each field: the row among the first that knows most of them."""
    fields = {name_key(text): field for field, msgid in HEADINGS.items() for text in (msgid, _(msgid))}
    best: tuple[int, dict[str, int]] = (0, {})
    for at, row in enumerate(rows[:HEADING_WITHIN]):
        columns: dict[str, int] = {}
        for column, cell in enumerate(row):
            field = fields.get(name_key(cell))
            if field is not None:
                columns.setdefault(field, column)
        if len(columns) > len(best[1]):
            best = at, columns
    return best
