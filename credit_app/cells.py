"""Cells of files that people open in a spreadsheet program: no text that somebody typed may run as a formula."""

from __future__ import annotations

# A cell that begins with one of these is run as a formula by spreadsheet programs, some also by the full-width forms;
# tab and carriage return get past checks for the first character.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # not translated: marks


def plain_text(cell: str) -> str:
    """The text with an apostrophe before it when it would be taken for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
