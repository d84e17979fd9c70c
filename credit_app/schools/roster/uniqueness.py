"""One record a sourcedId."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from flask_babel import gettext as _

from credit_app.schools.roster.sheets import Notes

R = TypeVar("R", bound=Any)


def unique(records: Iterable[R], notes: Notes) -> list[R]:
    """The records, each sourcedId once, ordered by it. Rows that repeat one in other words are noted.

    Which of them stands must not hang on the order of rows, so it is the one whose values sort first.
    """
    by_id: dict[str, list[R]] = defaultdict(list)
    for record in records:
        by_id[record.source_id].append(record)
    for source_id, same in by_id.items():
        if len(same) > 1:
            same.sort(key=_without_line)
            if _without_line(same[0]) != _without_line(same[-1]):
                _note(source_id, same, notes)
    return [by_id[source_id][0] for source_id in sorted(by_id)]


def _without_line(record: Any) -> str:
    return repr(replace(record, line=0)) if hasattr(record, "line") else repr(record)


def _note(source_id: str, same: list[Any], notes: Notes) -> None:
    lines = sorted(getattr(record, "line", 0) for record in same)
    notes.error(
        "id_twice",
        _("sourcedId %(id)s 出现了 %(times)s 次，内容不同。", id=source_id, times=len(same)),
        _(
            "只取了其中一行（第 %(kept)s 行）；请给每人每班不同的 sourcedId，或删去多余的行。",
            kept=getattr(same[0], "line", "?"),
        ),
        line=lines[-1] or None,
        column="sourcedId",
    )
