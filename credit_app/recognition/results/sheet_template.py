"""The empty sheet to fill in: headings, lists to choose from, and a page that says how."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from flask_babel import gettext as _

from credit_app.recognition.results.offer import OfferedCategory, level_title
from credit_app.recognition.results.sheet_rows import HEADINGS, heading
from credit_app.recognition.results.sheet_source import MOST_ROWS

_WIDTHS = {"number": 14, "name": 14, "category": 18, "title": 36, "level": 12, "occurred_on": 14, "document_ref": 30}


def template_csv() -> bytes:
    """The headings alone: UTF-8 with the mark that Excel needs."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow([heading(field) for field in HEADINGS])
    return text.getvalue().encode("utf-8-sig")


def template_workbook(offered: Iterable[OfferedCategory]) -> bytes:
    """The same as a workbook, with what can be chosen in each column."""
    # Only who asks for a workbook waits for the library that writes it.
    import xlsxwriter  # noqa: PLC0415

    offered = list(offered)
    levels = list(dict.fromkeys(level_title(level) for category in offered for level in category.levels))
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet, bold = book.add_worksheet(_("成果")), book.add_format({"bold": True, "bottom": 1, "bg_color": "#E1F0F0"})
        # As text, a number keeps its zeros in front; as a day, a date is one.
        formats = {
            "number": book.add_format({"num_format": "@"}),
            "occurred_on": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        for at, field in enumerate(HEADINGS):
            sheet.set_column(at, at, _WIDTHS[field], formats.get(field))
            sheet.write_string(0, at, heading(field), bold)
        sheet.freeze_panes(1, 2)
        choices = {"category": [category.title for category in offered], "level": levels}
        for at, field in enumerate(HEADINGS):
            if choices.get(field):
                sheet.data_validation(
                    1, at, MOST_ROWS, at, {"validate": "list", "source": choices[field], "error_type": "warning"}
                )
        notes = book.add_worksheet(_("填写说明"))
        notes.set_column(0, 0, 90)
        for at, line in enumerate(_notes(offered)):
            notes.write_string(at, 0, line)
    return file.getvalue()


def _notes(offered: Iterable[OfferedCategory]) -> list[str]:
    lines = [
        _("每行一项成果，从表头的下一行开始填写，不要改动表头。"),
        _("学号和姓名要与名单一致；没有重名时学号可以留空。"),
        _("材料编号填证书编号、公布文件或评审记录的名称，审核的人要拿它核对原件。"),
        _("日期填取得成果的日期，例如 2026-10-17。"),
    ]
    for category in offered:
        known = _("、").join(level_title(level) for level in category.levels)
        lines.append(
            _("%(category)s：等级填 %(known)s。", category=category.title, known=known)
            if known
            else _("%(category)s：等级留空。", category=category.title)
        )
    return lines
