"""CSV text to rows: comma between, quotes as RFC 4180 has them, a heading, one row a record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from credit_app.schools.roster.cells import plain
from credit_app.schools.roster.problems import Problem, RosterRefused, refused
from credit_app.schools.roster.tables import Table


@dataclass(slots=True)
class Notes:
    """Where the reading of one file writes down what is wrong with it."""

    file: str
    problems: list[Problem]

    def error(self, code: str, text: str, remedy: str, *, line: int | None = None, column: str | None = None) -> None:
        self._add("error", code, text, remedy, line, column)

    def notice(self, code: str, text: str, remedy: str, *, line: int | None = None, column: str | None = None) -> None:
        self._add("notice", code, text, remedy, line, column)

    def has(self, code: str) -> bool:
        """Whether something of this kind has been noted of the file."""
        return any(problem.code == code and problem.file == self.file for problem in self.problems)

    def _add(self, level: str, code: str, text: str, remedy: str, line: int | None, column: str | None) -> None:
        self.problems.append(
            Problem(level=level, code=code, file=self.file, text=text, remedy=remedy, line=line, column=column)
        )


class Row:
    """One record: its cells by the standard's column names, cleaned; a column that the file lacks is blank.

    A city's file has millions of them, so a cell is cleaned only when it is asked for.
    """

    __slots__ = ("_cells", "_columns", "line", "width")

    def __init__(self, line: int, cells: list[str], columns: dict[str, int], width: int) -> None:
        self.line, self.width, self._cells, self._columns = line, width, cells, columns

    def __getitem__(self, column: str) -> str:
        at = self._columns.get(column)
        return "" if at is None or at >= len(self._cells) else plain(self._cells[at])

    @property
    def surplus(self) -> list[str]:
        """The cells beyond the heading's last column."""
        return self._cells[self.width :]

    def after(self, column: str) -> str:
        """The cell to the right of `column`'s, whatever its own column is."""
        at = self._columns.get(column, len(self._cells)) + 1
        return plain(self._cells[at]) if at < len(self._cells) else ""


def rows(text: str, *, table: Table, notes: Notes, most: int) -> Iterator[Row]:
    """The records of `text`, heading checked. Raises: RosterRefused when it is no table of this kind."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = next(reader, [])
        columns = dict(_columns(heading, table, notes))
        before = reader.line_num
        for count, cells in enumerate(reader, start=1):
            line, before = before + 1, reader.line_num
            if count > most:
                raise refused("too_many_rows", _("%(file)s 的行数太多。", file=table.file), _("请分校导出后再导入。"))
            if any(cells):
                yield Row(line, cells, columns, len(heading))
    except csv.Error as broken:
        raise refused(
            "csv_broken",
            _("%(file)s 第 %(line)s 行附近的引号没有配对，整份名单没有导入。", file=table.file, line=reader.line_num),
            _("含逗号、引号或换行的单元格要用英文双引号括起来，里面的引号写两遍；请修正或重新导出。"),
            file=table.file,
        ) from broken


def _columns(heading: list[str], table: Table, notes: Notes) -> list[tuple[str, int]]:
    """The standard's columns that the heading has, with their positions; what is odd about it is noted."""
    known = {name.lower(): name for name in table.columns} | table.aliases
    columns: list[tuple[str, int]] = []
    unknown = []
    for at, cell in enumerate(heading):
        name = known.get(plain(cell).lower())
        if name is not None:
            columns.append((name, at))
        elif plain(cell) and not plain(cell).lower().startswith("metadata."):
            unknown.append(plain(cell))
    found = [name for name, _at in columns]
    _refuse_heading(heading, found, table)
    if unknown:
        notes.notice(
            "column_unknown",
            _("不认识的列：%(columns)s。", columns=", ".join(unknown)),
            _("这些列不影响导入，已跳过。"),
            line=1,
        )
    missing = table.required - set(found)
    if missing:
        notes.notice(
            "column_missing",
            _("缺少标准要求的列：%(columns)s。", columns=", ".join(sorted(missing))),
            _("不影响这次导入；可以的话请在导出时补上。"),
            line=1,
        )
    return columns


def _refuse_heading(heading: list[str], found: list[str], table: Table) -> None:
    missing = sorted(table.needed - set(found))
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise _refused_heading(table, "column_twice", _("列名重复：%(columns)s。", columns=", ".join(twice)))
    if not missing:
        return
    if not any(plain(cell) for cell in heading):
        raise _refused_heading(table, "file_empty", _("文件是空的，连表头也没有。"))
    if len(heading) == 1 and any(mark in heading[0] for mark in ";\t|"):
        raise _refused_heading(table, "delimiter", _("列之间要用英文逗号分隔。"))
    raise _refused_heading(table, "columns_needed", _("缺少列：%(columns)s。", columns=", ".join(missing)))


def _refused_heading(table: Table, code: str, text: str) -> RosterRefused:
    return refused(
        code,
        _("%(file)s：%(text)s", file=table.file, text=text),
        _("第一行应是 OneRoster 1.1 的列名，例如 %(columns)s。", columns=",".join(table.columns[:5]) + "…"),
        file=table.file,
    )
