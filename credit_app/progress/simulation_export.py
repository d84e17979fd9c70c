"""A simulation as a workbook: figures, groups and every changed award, with typed columns and no formula.

The changed awards are written as they come, so that a city's list needs no more memory than a school's.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from credit_app.ledger.figures import SIDES, Figures, Group
from credit_app.rules.calendar import LOCAL

Cell = str | int | date | Decimal

MOST_ROWS = 1_000_000  # a sheet ends at 1,048,576


@dataclass(frozen=True, slots=True)
class Changed:
    """One changed award as the sheet shows it: an opaque account and participation, no name. Units: centicredits."""

    school: str
    grade: int
    category: str
    occurred_on: date
    account: str
    participation: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class About:
    """What was tried: it stands on the first sheet, since a file is passed on without the page it came from."""

    rule_set: str
    scope: str
    year: str
    made_at: datetime
    note: str = ""


class SimulationWorkbook:
    """The workbook while it is being written: changes first, the figures once they are known, then `content`."""

    def __init__(self, about: About) -> None:
        # Only who asks for a workbook waits for the library that writes it.
        import xlsxwriter  # noqa: PLC0415

        self._file, self._about = io.BytesIO(), about
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(self._file, options)
        self._summary = self._book.add_worksheet(_("概况"))
        self._sides = {side: self._book.add_worksheet(side_title(side)) for side in SIDES}
        self._changes = self._book.add_worksheet(_("变动明细"))
        self._styles = {kind: self._book.add_format({"num_format": shown}) for kind, shown in _FORMATS.items()}
        self._bold = self._book.add_format({"bold": True})
        self._heading = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#E1F0F0"})
        self._head(self._changes, _change_columns())
        self._next = 1

    def add(self, rows: Iterable[Changed]) -> None:
        """These changed awards stand in the sheet, as far as a sheet reaches."""
        for row in rows:
            if self._next > MOST_ROWS:
                return
            cells: list[Cell] = [row.school, row.grade, row.category, row.occurred_on, row.account, row.participation]
            cells += [_credits(row.before), _credits(row.after), _credits(row.after - row.before)]
            self._row(self._changes, self._next, cells)
            self._next += 1

    def content(self, figures: Figures, names: Mapping[str, Mapping[str, str]]) -> bytes:
        """The finished workbook. `names` says for each side what its groups are called."""
        self._summary.set_column(0, 0, 34)
        self._summary.set_column(1, 1, 44)
        self._summary.freeze_panes(1, 0)
        for at, (label, cell) in enumerate(_summary(self._about, figures)):
            self._summary.write_string(at, 0, label, self._bold)
            self._write(self._summary, at, 1, cell)
        for side, sheet in self._sides.items():
            self._head(sheet, [(side_title(side), 26), *_group_columns()])
            for at, (name, group) in enumerate(named_groups(figures, side, names[side]), start=1):
                self._row(sheet, at, [name, *_group_cells(group)])
        if self._next > 1:
            self._changes.autofilter(0, 0, self._next - 1, len(_change_columns()) - 1)
        self._book.close()
        return self._file.getvalue()

    def _head(self, sheet: Any, columns: Sequence[tuple[str, int]]) -> None:
        # Widths first: what has been written is out of reach.
        for at, (_label, width) in enumerate(columns):
            sheet.set_column(at, at, width)
        for at, (label, _width) in enumerate(columns):
            sheet.write_string(0, at, label, self._heading)
        sheet.freeze_panes(1, 1)

    def _row(self, sheet: Any, line: int, cells: Iterable[Cell]) -> None:
        for at, cell in enumerate(cells):
            self._write(sheet, line, at, cell)

    def _write(self, sheet: Any, line: int, at: int, cell: Cell) -> None:
        if isinstance(cell, date):
            moment = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 — a day only
            sheet.write_datetime(line, at, moment, self._styles["day"])
        elif isinstance(cell, Decimal):
            sheet.write_number(line, at, cell, self._styles["credits"])
        elif isinstance(cell, int):
            sheet.write_number(line, at, cell, self._styles["count"])
        else:
            sheet.write_string(line, at, cell, self._styles["text"])


def named_groups(figures: Figures, side: str, names: Mapping[str, str]) -> list[tuple[str, Group]]:
    """The groups of a side under their names: grades in order, the rest with the largest loss first."""
    groups = figures.sides[side]
    if side == "grade":
        ordered = sorted(groups, key=int)
    else:
        ordered = sorted(groups, key=lambda key: (groups[key].difference, names.get(key, key)))
    return [(names.get(key, key), groups[key]) for key in ordered]


def side_title(side: str) -> str:
    """What the groups of a side are divided by."""
    return {"school": _("按学校"), "grade": _("按年级"), "category": _("按类别")}[side]


_FORMATS = {"day": "yyyy-mm-dd", "credits": "0.0#", "count": "0", "text": "@"}


def _summary(about: About, figures: Figures) -> list[tuple[str, Cell]]:
    every, reach = figures.every, figures.reach
    lines: list[tuple[str, Cell]] = [
        (_("规则模拟结果"), ""),
        (_("规则集"), about.rule_set),
        (_("适用范围"), about.scope),
        (_("学年"), about.year),
        (_("生成时间"), f"{about.made_at.astimezone(LOCAL):%Y-%m-%d %H:%M}"),
        (_("说明"), about.note),
        (_("学分增加的学生"), every.pupils_gaining),
        (_("学分减少的学生"), every.pupils_losing),
        (_("学分不变的学生"), every.pupils_unchanged),
        (_("有变动的认定"), every.changed),
        (_("全部认定"), every.participations),
        (_("现行规则下的学分"), _credits(every.before)),
        (_("新规则下的学分"), _credits(every.after)),
        (_("差额"), _credits(every.difference)),
        (_("达到目标的学生（现行）"), reach.before),
        (_("达到目标的学生（新规则）"), reach.after),
        (_("已结算、不再变动的认定"), figures.settled),
        (_("其他学年或其他区的变动"), figures.beyond.changed),
    ]
    return [line for line in lines if line[1] != "" or line[0] == lines[0][0]]


def _group_columns() -> list[tuple[str, int]]:
    return [
        (_("增加人数"), 10),
        (_("减少人数"), 10),
        (_("不变人数"), 10),
        (_("认定数"), 10),
        (_("变动数"), 10),
        (_("现行学分"), 12),
        (_("新学分"), 12),
        (_("增加学分"), 12),
        (_("减少学分"), 12),
        (_("差额"), 12),
    ]


def _group_cells(group: Group) -> list[Cell]:
    counts = (group.pupils_gaining, group.pupils_losing, group.pupils_unchanged, group.participations, group.changed)
    sums = (group.before, group.after, group.gained, -group.lost, group.difference)
    return [*counts, *map(_credits, sums)]


def _change_columns() -> list[tuple[str, int]]:
    return [
        (_("学校"), 24),
        (_("年级"), 8),
        (_("类别"), 16),
        (_("活动日期"), 13),
        (_("账户编号"), 26),
        (_("参与编号"), 26),
        (_("现行学分"), 11),
        (_("新学分"), 11),
        (_("差额"), 11),
    ]


def _credits(centicredits: int) -> Decimal:
    return Decimal(centicredits).scaleb(-2)
