"""Run as a process of its own: the cells of a workbook's first sheet as JSON, within limits of memory and time.

A workbook of a few hundred bytes can ask for a table of sixteen thousand million cells; whatever it asks for, only
this process dies of it. It knows nothing of the program around it and reads nothing but its standard input.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import date, datetime, time

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 15


def cell_text(value: object) -> str:
    """What stands in a cell, as it would be typed: whole numbers without a point, days as 2026-10-17."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def first_sheet(content: bytes, *, rows: int, columns: int) -> list[list[str]]:
    """The first sheet's cells from A1 on, at most so many rows and columns."""
    # Only who reads a workbook loads the library; here that is this process alone.
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    cells = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=rows)
    return [[cell_text(cell) for cell in row[:columns]] for row in cells]


def _limit() -> None:
    try:
        import resource  # noqa: PLC0415
    except ImportError:  # Windows has no such limits; the caller's time limit still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit()
    found = first_sheet(sys.stdin.buffer.read(), rows=int(sys.argv[1]), columns=int(sys.argv[2]))
    sys.stdout.write(json.dumps(found))
