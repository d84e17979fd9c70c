"""From an uploaded file to rows of texts: a workbook or a CSV file, told apart from all that only looks like one.

A workbook is a zip: what it declares is added up before anything is unpacked, no more is unpacked than was declared,
and what is left is read by a process of its own (``workbook``). Formulas are nothing but the value they had, or a text.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from credit_app.errors import DomainError
from credit_app.recognition.results import workbook
from credit_app.schools.roster.charset import decoded
from credit_app.schools.roster.problems import RosterRefused
from credit_app.schools.roster.source import Limits, content_of, refuse_bomb

MIB = 1024 * 1024
MOST_BYTES = 2 * MIB
MOST_ROWS = 2000
MOST_COLUMNS = 30
WORKBOOK_LIMITS = Limits(total_bytes=32 * MIB, entries=300)
SECONDS = 30
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_DELIMITERS = ",\t;"


class SheetRefused(DomainError):
    """The file as a whole cannot be read, and nothing of it was."""

    code, status = "sheet_refused", 422
    message = _l("没有读出这个文件。")

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(f"{text}{remedy}", field="file")


def rows_of(content: bytes) -> list[list[str]]:
    """The rows of the first sheet, or of the CSV file, from the very first on. Raises: SheetRefused."""
    if len(content) > MOST_BYTES:
        raise SheetRefused(_("文件超过 %(most)s MB。", most=MOST_BYTES // MIB), _("请删去图片，或分成几份导入。"))
    if content.startswith(_OLD_EXCEL):
        raise SheetRefused(_("这是旧版 Excel 文件，或设有密码。"), _("请去掉密码，另存为 .xlsx 再导入。"))
    rows = _workbook_rows(content) if content.startswith(b"PK") else _csv_rows(content)
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) > MOST_ROWS:
        raise SheetRefused(_("行数超过 %(most)s 行。", most=MOST_ROWS), _("请分成几份导入。"))
    return rows


def _csv_rows(content: bytes) -> list[list[str]]:
    try:
        text = decoded(content, file="")
    except RosterRefused as refusal:
        if refusal.problems[0].code != "charset_gbk":
            raise SheetRefused(
                _("这个文件不是 Excel 工作簿，也不是 UTF-8 的 CSV。"),
                _("请下载模板，填好后另存为 .xlsx 或 CSV UTF-8。"),
            ) from refusal
        raise SheetRefused(
            _("这个 CSV 是 GBK 编码，姓名可能读错，没有导入。"),
            _("请在 Excel 或 WPS 里打开，另存为“CSV UTF-8（逗号分隔）”，或直接存为 .xlsx。"),
        ) from refusal
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        return [
            [cell.strip() for cell in row[:MOST_COLUMNS]]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as broken:
        raise SheetRefused(_("这个 CSV 的引号或换行不完整。"), _("请在 Excel 或 WPS 里打开后重新保存。")) from broken


def _workbook_rows(content: bytes) -> list[list[str]]:
    parts = _checked_parts(content)
    command = [sys.executable, "-I", str(Path(workbook.__file__)), str(MOST_ROWS + 1), str(MOST_COLUMNS)]
    try:
        # Our own interpreter and our own file; the workbook is only ever its input.
        read = subprocess.run(command, input=parts, capture_output=True, timeout=SECONDS, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as unreadable:
        raise _damaged() from unreadable
    return [[cell.strip() for cell in row] for row in json.loads(read.stdout)]


def _checked_parts(content: bytes) -> bytes:
    """The workbook's parts, unpacked within limits and put into a new zip that declares what it holds."""
    checked = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(checked, "w") as kept:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            refuse_bomb(entries, "", WORKBOOK_LIMITS)
            names = {entry.filename for entry in entries}
            if "[Content_Types].xml" not in names or len(names) < len(entries):
                raise _damaged()
            for entry in entries:
                if entry.filename.lower().endswith((".xml", ".rels")):
                    kept.writestr(entry.filename, content_of(archive, entry))
    except RosterRefused as refusal:
        raise _bomb(refusal.problems[0].code) from refusal
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, RuntimeError, UnicodeError) as damaged:
        raise _damaged() from damaged
    return checked.getvalue()


def _bomb(code: str) -> SheetRefused:
    if code == "zip_bomb":
        return SheetRefused(_("这个工作簿解开后过大，没有打开它。"), _("请把要导入的几列复制到新的工作簿里。"))
    return SheetRefused(
        _("这个工作簿设有密码，或内部结构可疑，没有打开它。"), _("请把要导入的几列复制到新的工作簿里。")
    )


def _damaged() -> SheetRefused:
    return SheetRefused(_("这个工作簿已损坏，或不是 Excel 工作簿。"), _("请在 Excel 或 WPS 里打开后另存为 .xlsx。"))
