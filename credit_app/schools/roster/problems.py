"""What is wrong with a roster: each problem names file, line and column, what is so, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from credit_app.errors import DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to look at. An ``error`` left something out; with a ``notice`` everything was imported as told.

    `code` is stable and groups problems of one kind; `line` counts from 1 with the heading, as a spreadsheet does.
    """

    level: str
    code: str
    file: str
    text: str
    remedy: str
    line: int | None = None
    column: str | None = None

    @property
    def kind(self) -> tuple[str, str]:
        """What problems that stand together have in common: the file, and what is wrong with it."""
        return self.file, self.code

    @property
    def place(self) -> str:
        """Where to look, such as ``users.csv:12, grades``."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}, {self.column}" if self.column else where


class RosterRefused(DomainError):
    """The roster as a whole cannot be read, and nothing of it was; `problems` say why, the first in `message`."""

    code, status = "roster_refused", 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{problems[0].text}{problems[0].remedy}", field="roster")
        self.problems = tuple(problems)


def refused(code: str, text: str, remedy: str, *, file: str = "", column: str | None = None) -> RosterRefused:
    """A `RosterRefused` with one problem."""
    return RosterRefused([Problem(level="error", code=code, file=file, column=column, text=text, remedy=remedy)])


@dataclass(frozen=True, slots=True)
class OrgChoice:
    """A school of the roster that may be meant."""

    source_id: str
    name: str
    people: int


class WhichSchool(RosterRefused):
    """The roster holds several schools, or another one, and the user must say which is meant."""

    code = "roster_which_school"

    def __init__(self, text: str, choices: Sequence[OrgChoice]) -> None:
        listed = _("；").join(f"{choice.source_id} {choice.name}" for choice in choices)
        remedy = _("请选择名单中的学校（命令行用 --org）：%(schools)s", schools=listed)
        super().__init__([Problem(level="error", code=self.code, file="orgs.csv", text=text, remedy=remedy)])
        self.choices = tuple(choices)
