"""What a person decides about an import, beside the roster itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from credit_app.errors import InvalidInput
from credit_app.schools.actions import GRADES

SCHEME_GRADES = frozenset(range(1, 10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """`org`: the sourcedId of the school meant. `class_course`: the course whose groups stand for the class where the
    school has no homerooms; blank for none, None to leave it as it was chosen before."""

    grades: frozenset[int] = SCHEME_GRADES
    org: str | None = None
    class_course: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"grades": sorted(self.grades), "org": self.org, "class_course": self.class_course}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Choices:
        return cls(grades=frozenset(raw["grades"]), org=raw["org"], class_course=raw["class_course"])


def grades_in(text: str) -> frozenset[int]:
    """The grades of ``1-9``, ``7-9`` or ``1,3,5-6``. Raises: InvalidInput."""
    found: set[int] = set()
    for part in text.replace("，", ",").split(","):  # not translated: what a Chinese keyboard types
        first, dash, last = part.partition("-")
        if not first.strip().isdecimal() or (dash and not last.strip().isdecimal()):
            raise _not_grades(text)
        found.update(range(int(first), int(last if dash else first) + 1))
    if not found or not found <= set(GRADES):
        raise _not_grades(text)
    return frozenset(found)


def grades_text(grades: Iterable[int]) -> str:
    """``{1,2,3,5}`` → ``1-3,5``."""
    runs: list[list[int]] = []
    for grade in sorted(grades):
        if runs and runs[-1][1] == grade - 1:
            runs[-1][1] = grade
        else:
            runs.append([grade, grade])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _not_grades(text: str) -> InvalidInput:
    return InvalidInput(_("看不懂年级范围“%(text)s”，请写成 1-9 或 7,8,9，最大到 12。", text=text[:40]), field="grades")
