"""Bytes to text: UTF-8 with or without a mark, UTF-16 with one; anything else is refused, never guessed.

A wrong guess would turn names into other names without anybody noticing.
"""

from __future__ import annotations

import codecs

from flask_babel import gettext as _

from credit_app.schools.roster.problems import RosterRefused, refused


def decoded(content: bytes, *, file: str) -> str:
    """The text of a CSV file. Raises: RosterRefused, which says how to save the file as UTF-8."""
    try:
        if content.startswith(codecs.BOM_UTF8):
            return content.decode("utf-8-sig")
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        return content.decode("utf-8")
    except UnicodeDecodeError as not_utf8:
        raise _wrong_charset(content, file, not_utf8.start) from not_utf8


def _wrong_charset(content: bytes, file: str, at: int) -> RosterRefused:
    line = content.count(b"\n", 0, at) + 1
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    # Almost any bytes decode as GB18030; only Chinese characters make it a likely name for what this is.
    if any("\u4e00" <= character <= "\u9fff" for character in text):  # not translated: a range
        return refused(
            "charset_gbk",
            _("%(file)s 是 GBK 编码（第 %(line)s 行起），名单须是 UTF-8。整份名单没有导入。", file=file, line=line),
            _(
                "在 Excel 或 WPS 里打开它，另存为“CSV UTF-8（逗号分隔）”；或用记事本打开，另存为时编码选 UTF-8。"
                "改好后重新打包。"
            ),
            file=file,
        )
    return refused(
        "charset_unknown",
        _("%(file)s 第 %(line)s 行有不是 UTF-8 的内容。整份名单没有导入。", file=file, line=line),
        _("请重新导出，编码选 UTF-8。"),
        file=file,
    )
