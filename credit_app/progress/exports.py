"""A class's progress as a file for the school: CSV that opens in Excel with Chinese intact, and a workbook.

One row a pupil, in the order of the class list. Nothing in a cell is ever a formula, whatever somebody is called.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from credit_app.cells import plain_text
from credit_app.progress.queries import ClassProgress, PupilRow
from credit_app.progress.wording import gap_texts, state_text
from credit_app.rules.calendar import LOCAL
from credit_app.rules.wording import credits_text

Cell = str | int | date | Decimal | None
"""What a cell holds; credits are Decimal, so that no amount passes through a float of ours."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the export: its heading, how wide it is in characters, how its numbers are shown."""

    heading: str
    width: int
    number_format: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet as a file: lines of what it is about, then the heading and the rows."""

    title: str
    sheet_name: str
    head: Sequence[Sequence[Cell]]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def class_csv(progress: ClassProgress, *, titles: Mapping[str, str], made_at: datetime) -> bytes:
    """The class as CSV: UTF-8 with the mark that Excel needs, lines ending in CRLF. `titles` are the categories'."""
    return table_csv(_table(progress, titles, made_at))


def class_workbook(progress: ClassProgress, *, titles: Mapping[str, str], made_at: datetime) -> bytes:
    """The class as a workbook: typed columns, the heading frozen, a filter on it. `titles` are the categories'."""
    return table_workbook(_table(progress, titles, made_at), made_at=made_at)


def table_csv(table: Table) -> bytes:
    """`table` as CSV: UTF-8 with the mark that Excel needs, lines ending in CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for line in table.head:
        writer.writerow([_plain(cell) for cell in line])
    writer.writerow([])
    writer.writerow([column.heading for column in table.columns])
    for cells in table.rows:
        writer.writerow([_plain(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def table_workbook(table: Table, *, made_at: datetime) -> bytes:
    """`table` as a workbook of one sheet: typed columns, the heading frozen, a filter on it."""
    # Only who asks for a workbook waits for the library that writes it.
    import xlsxwriter  # noqa: PLC0415

    file = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": table.title, "created": made_at.astimezone(LOCAL).replace(tzinfo=None)})
        _fill(book, book.add_worksheet(table.sheet_name), table)
    return file.getvalue()


def _fill(book: Any, sheet: Any, table: Table) -> None:
    columns, head = table.columns, table.head
    formats = [book.add_format({"num_format": column.number_format or "General"}) for column in columns]
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#E1F0F0"})
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
    for at, line in enumerate(head):
        for place, cell in enumerate(line):
            sheet.write_string(at, place, _plain(cell), book.add_format({"bold": not at}))
    first = len(head) + 1
    for at, column in enumerate(columns):
        sheet.write_string(first, at, column.heading, heading)
    sheet.freeze_panes(first + 1, 2)
    for line_no, cells in enumerate(table.rows, start=first + 1):
        for at, cell in enumerate(cells):
            _write(sheet, line_no, at, cell, formats[at])
    sheet.autofilter(first, 0, first + max(len(table.rows), 1), len(columns) - 1)


def _write(sheet: Any, line: int, at: int, cell: Cell, style: Any) -> None:
    if isinstance(cell, date):
        sheet.write_datetime(line, at, datetime(cell.year, cell.month, cell.day), style)  # noqa: DTZ001 — a day only
    elif isinstance(cell, int | Decimal):
        sheet.write_number(line, at, cell, style)
    elif cell:
        sheet.write_string(line, at, cell, style)
    else:
        sheet.write_blank(line, at, None, style)


def _table(progress: ClassProgress, titles: Mapping[str, str], made_at: datetime) -> Table:
    return Table(
        _title(progress),
        _("学分进度"),
        _head(progress, made_at),
        _columns(progress, titles),
        [_cells(progress, row) for row in progress.rows],
    )


def _title(progress: ClassProgress) -> str:
    return _("%(name)s %(year)s 学年学分进度", name=progress.name, year=progress.year)


def _head(progress: ClassProgress, made_at: datetime) -> list[list[Cell]]:
    """What the file is about: a sheet is passed on without the page it came from."""
    book = progress.book
    rules = _("没有生效的学分规则") if book is None else f"{book.title} · {book.id}"
    return [
        [_title(progress)],
        [_("学校"), progress.school.name],
        [_("班级"), progress.name],
        [_("统计日期"), progress.day.isoformat()],
        [_("导出时间"), f"{made_at.astimezone(LOCAL):%Y-%m-%d %H:%M}"],
        [_("规则集"), rules],
    ]


def _columns(progress: ClassProgress, titles: Mapping[str, str]) -> list[Column]:
    day = "yyyy-mm-dd"
    return [
        Column(_("学号"), 12, "@"),
        Column(_("姓名"), 14, "@"),
        *(Column(titles.get(category, category), 11, "0.0#") for category in progress.categories),
        Column(_("合计"), 9, "0.0#"),
        Column(_("目标"), 9, "0.0#"),
        Column(_("状态"), 11),
        Column(_("还差"), 34),
        Column(_("场馆活动次数"), 9, "0"),
        Column(_("待认定"), 9, "0"),
        Column(_("最近活动日期"), 13, day),
        Column(_("最近活动"), 26),
    ]


def _cells(progress: ClassProgress, row: PupilRow) -> list[Cell]:
    target = row.target
    return [
        row.number,
        row.name,
        *(credits_cell(row.by_category.get(category, 0)) for category in progress.categories),
        credits_cell(row.total),
        credits_cell(target.centicredits) if target else None,
        state_text(row.state),
        _("、").join(gap_texts(row.standing)),
        row.tally.venue_attendances,
        row.tally.pending,
        row.tally.last_on,
        row.tally.last_title,
    ]


def credits_cell(centicredits: int) -> Decimal:
    """Centicredits as credits, for a cell."""
    return Decimal(centicredits).scaleb(-2)


def _plain(cell: Cell) -> str:
    """The cell as text that no spreadsheet program runs: an apostrophe stands before what looks like a formula."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return credits_text(int(cell.scaleb(2)))
    if isinstance(cell, str):
        return plain_text(cell)
    return str(cell)
