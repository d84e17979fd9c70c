"""Reading made-up rosters, and what they then say of our school."""

from __future__ import annotations

from datetime import date

from credit_app.schools.roster.choices import Choices
from credit_app.schools.roster.problems import Problem
from credit_app.schools.roster.reading import read_roster
from credit_app.schools.roster.records import Roster
from credit_app.schools.roster.selecting import WantedSchool, select_school
from credit_app.schools.roster.source import open_bytes
from credit_app.schools.roster.which_school import KnownSchool
from tests.schools.roster_set import RosterSet

TODAY = date(2026, 10, 17)
OURS = KnownSchool(code="haitian", name="海天学校", source_id=None, class_course="")


def read(roster: RosterSet) -> Roster:
    return read_roster(open_bytes(roster.zip(), name="roster.zip"))


def select(
    roster: RosterSet, *, school: KnownSchool = OURS, choices: Choices | None = None, today: date = TODAY
) -> WantedSchool:
    return select_school(read(roster), school=school, choices=choices or Choices(), today=today)


def only(problems: list[Problem]) -> Problem:
    """The one problem there is; like every problem it says what is so and what to do."""
    [problem] = problems
    assert problem.text
    assert problem.remedy
    return problem
