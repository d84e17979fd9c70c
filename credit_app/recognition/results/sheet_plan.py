"""What a sheet would add: each row checked against the school, the book, the list and what stands already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.organisations.models import School
from credit_app.recognition.results.actions import CheckedEntry
from credit_app.recognition.results.competitions import CompetitionList, competition_list
from credit_app.recognition.results.entry import Entry, faults_of
from credit_app.recognition.results.keys import title_digest
from credit_app.recognition.results.matching import Place, Register, Unmatched, register_for
from credit_app.recognition.results.models import STANDING, ReviewedResult
from credit_app.recognition.results.offer import OfferedCategory, known_words, offered_by_day
from credit_app.recognition.results.sheet_rows import SheetRow, day_in, heading
from credit_app.rules.calendar import academic_year

Key = tuple[int, str, str, str, date]


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is to be looked at in one cell: an ``error`` keeps the row out, a ``notice`` does not."""

    level: str
    column: str
    text: str
    remedy: str


@dataclass(slots=True)
class PlannedLine:
    """One row and what becomes of it: ``new`` is entered, ``already`` stands, ``error`` is left out."""

    row: SheetRow
    state: str = "error"
    checked: CheckedEntry | None = None
    problems: list[LineProblem] = field(default_factory=list)

    def refuse(self, column: str, text: str, remedy: str = "") -> None:
        """The row is left out for this reason."""
        self.problems.append(LineProblem("error", heading(column), text, remedy))

    def notice(self, column: str, text: str, remedy: str = "") -> None:
        """Whoever applies the sheet should know this of the row."""
        self.problems.append(LineProblem("notice", heading(column), text, remedy))


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """What applying the sheet would do now."""

    lines: list[PlannedLine]

    def of_state(self, state: str) -> list[PlannedLine]:
        """The rows of which this becomes."""
        return [line for line in self.lines if line.state == state]

    @property
    def new(self) -> list[CheckedEntry]:
        """What would be entered, in the order of the sheet."""
        return [line.checked for line in self.lines if line.state == "new" and line.checked is not None]

    def digest(self) -> str:
        """Stands for all that would be entered: who has seen one plan does not apply another."""
        told = [
            [each.place.student.public_id, each.place.grade, *map(str, _key(each)[1:]), each.entry.document_ref]
            for each in self.new
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def plan_sheet(session: Session, *, school: School, rows: Sequence[SheetRow], today: date) -> SheetPlan:
    """What the rows would add to the school's results; five or six statements, however many rows there are."""
    register = register_for(
        session,
        school=school,
        numbers={row.cells["number"] for row in rows},
        names={row.cells["name"] for row in rows},
    )
    listed = competition_list(session, district_id=school.district_id)
    days = {today, *(day for row in rows if (day := day_in(row.cells["occurred_on"])) is not None)}
    offered = offered_by_day(session, district_id=school.district_id, days=days)
    lines = [_checked_line(row, register, listed, offered, today) for row in rows]
    _mark_repeated(session, lines)
    return SheetPlan(lines)


def _checked_line(
    row: SheetRow,
    register: Register,
    listed: CompetitionList,
    offered_on: Mapping[date, Mapping[str, OfferedCategory]],
    today: date,
) -> PlannedLine:
    line, cells = PlannedLine(row), row.cells
    day = day_in(cells["occurred_on"])
    if day is None:
        line.refuse("occurred_on", _("没有读出日期。"), _("请写成 2026-10-17 这样的日期。"))
        day = today  # so that all that is wrong with the row is told at once
    entry = _entry(cells, day, offered_on[day])
    for column, text in faults_of(entry, offered=offered_on[day], today=today).items():
        line.refuse(column, text)
    place = register.find(number=cells["number"], name=cells["name"], day=day)
    if isinstance(place, Unmatched):
        line.refuse(place.field, place.text, place.remedy)
    if line.problems or not isinstance(place, Place):
        return line
    competition = listed.find(entry.title, day) if offered_on[day][entry.category].listed else None
    if competition is None and offered_on[day][entry.category].listed:
        line.notice(
            "title",
            _("“%(title)s”当天不在赛事名单上，审核通过也计 0 学分。", title=entry.title),
            _("请核对名称；确属名单内赛事的，请区教育局先列入名单。"),
        )
    line.state, line.checked = "new", CheckedEntry(place, entry, competition)
    return line


def _entry(cells: Mapping[str, str], day: date, offered: Mapping[str, OfferedCategory]) -> Entry:
    categories, levels = known_words(offered)
    category, level = cells["category"], cells["level"]
    return Entry(
        category=categories.get(category.casefold(), category),
        title=cells["title"],
        level=levels.get(level.casefold(), level),
        occurred_on=day,
        document_ref=cells["document_ref"],
    )


def _mark_repeated(session: Session, lines: Sequence[PlannedLine]) -> None:
    """Rows that say what stands already, or what a row above says, add nothing; near ones are pointed out."""
    students = {line.checked.place.student.id for line in lines if line.checked is not None}
    standing: dict[Key, int] = dict.fromkeys(_standing(session, students), 0)
    years = {_year_key(key): key[4] for key in standing}
    for line in lines:
        if line.checked is None:
            continue
        key = _key(line.checked)
        if key in standing:
            line.state = "already"
            above = standing[key]
            text = _("与第 %(line)s 行相同。", line=above) if above else _("已经登记过，不会重复登记。")
            line.notice("title", text)
            continue
        near = years.get(_year_key(key))
        if near is not None:
            text = _("同一学年已登记过同名同等级的成果（%(day)s）。", day=near.isoformat())
            line.notice("title", text, _("请确认不是同一项成果；如果是，请删去这一行。"))
        standing[key] = line.row.line
        years.setdefault(_year_key(key), key[4])


def _standing(session: Session, student_ids: set[int]) -> list[Key]:
    rows = session.execute(
        select(
            ReviewedResult.student_id,
            ReviewedResult.category,
            ReviewedResult.activity_key,
            ReviewedResult.level,
            ReviewedResult.occurred_on,
        ).where(ReviewedResult.student_id.in_(student_ids), ReviewedResult.state.in_(STANDING))
    )
    return [(row.student_id, row.category, row.activity_key, row.level, row.occurred_on) for row in rows]


def _key(checked: CheckedEntry) -> Key:
    entry = checked.entry
    activity = checked.competition.public_id if checked.competition else title_digest(entry.title)
    return checked.place.student.id, entry.category, activity, entry.level, entry.occurred_on


def _year_key(key: Key) -> tuple[int, str, str, str, str]:
    return (*key[:4], academic_year(key[4]))
