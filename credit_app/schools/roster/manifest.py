"""``manifest.csv``: the version of the standard, and whether each file is whole (``bulk``), a change or not there."""

from __future__ import annotations

import csv
import io

from flask_babel import gettext as _

from credit_app.schools.roster.cells import plain
from credit_app.schools.roster.charset import decoded
from credit_app.schools.roster.problems import RosterRefused, refused
from credit_app.schools.roster.sheets import Notes
from credit_app.schools.roster.source import RosterFiles
from credit_app.schools.roster.tables import READ, VERSIONS, Table

FILE = "manifest.csv"
MODES = ("absent", "bulk", "delta")


def tables_to_read(files: RosterFiles, notes: Notes) -> set[str]:
    """The names of the tables that the roster means us to read.

    Raises: RosterRefused when it is of another version, when one of the tables holds only changes (``delta``), or when
    the users are not there. Without a manifest the files are taken as whole, which the preview says.
    """
    properties = _properties(files.content[FILE]) if FILE in files.content else {}
    if not properties:
        notes.notice(
            "manifest_missing",
            _("没有 manifest.csv，或它是空的。"),
            _("已按“全量名单”读取。如果这只是变动部分，请不要导入，改为导出全量（bulk）。"),
        )
    _refuse_version(properties.get("oneroster.version", ""), files, notes)
    chosen = set()
    for table in READ:
        mode = properties.get(f"file.{table.name.lower()}", "").lower()
        if _is_read(table, mode, table.file.lower() in files.content, notes):
            chosen.add(table.name)
    if "users" not in chosen:
        raise refused(
            "users_missing",
            _("名单里没有可读的 users.csv。"),
            _("请导出全量名单：manifest.csv 中写 file.users,bulk，并附上 users.csv。"),
            file=FILE,
        )
    return chosen


def _is_read(table: Table, mode: str, is_there: bool, notes: Notes) -> bool:
    if mode == "delta" and is_there:
        raise _delta(table)
    if mode == "absent":
        if is_there:
            notes.notice(
                "file_not_announced",
                _("manifest.csv 说没有 %(file)s，包里却有。", file=table.file),
                _("已按 manifest.csv 跳过它；要导入它，请把 absent 改为 bulk。"),
                column=f"file.{table.name}",
            )
        return False
    if not is_there and mode in MODES:
        notes.error(
            "file_missing",
            _("manifest.csv 说有 %(file)s，包里却没有。", file=table.file),
            _("与它有关的内容这次保持不变；请重新导出完整的名单。"),
            column=f"file.{table.name}",
        )
    return is_there


def _refuse_version(version: str, files: RosterFiles, notes: Notes) -> None:
    if version in VERSIONS:
        return
    if version.startswith("1.2") or "roles.csv" in files.content:
        raise refused(
            "version",
            _("这是 OneRoster %(version)s 的名单。", version=version or "1.2"),
            _("这里读的是 1.1 版：请在教务系统导出时选择 OneRoster 1.1。"),
            file=FILE,
            column="oneroster.version",
        )
    if version:
        notes.notice(
            "version_unknown",
            _("名单的版本是“%(version)s”。", version=version),
            _("已按 OneRoster 1.1 读取，请仔细核对下面的预览。"),
            column="oneroster.version",
        )


def _delta(table: Table) -> RosterRefused:
    return refused(
        "delta",
        _("%(file)s 只含变动（delta），不是全量。", file=table.file),
        _("这里只导入全量名单，以免把没有变动的学生当作离校：请导出全量（bulk）。"),
        file=FILE,
        column=f"file.{table.name}",
    )


def _properties(content: bytes) -> dict[str, str]:
    reader = csv.reader(io.StringIO(decoded(content, file=FILE), newline=""))
    try:
        return {plain(cells[0]).lower(): plain(cells[1]) for cells in reader if len(cells) >= 2}
    except csv.Error as broken:
        raise refused(
            "csv_broken",
            _("manifest.csv 无法读取。"),
            _("它应有 propertyName 和 value 两列；请重新导出。"),
            file=FILE,
        ) from broken
