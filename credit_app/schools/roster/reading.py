"""Files to typed records. A row that cannot be read is listed and left out; the rest goes on.

What would make the whole file unreadable (its charset, its heading, its quotes) refuses the whole roster: half a file
would look as if the other half of the school had left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TypeVar

from flask_babel import gettext as _

from credit_app.schools.roster import cells, tables
from credit_app.schools.roster.charset import decoded
from credit_app.schools.roster.identity import kept_id
from credit_app.schools.roster.manifest import FILE as MANIFEST_FILE
from credit_app.schools.roster.manifest import tables_to_read
from credit_app.schools.roster.people_rows import person
from credit_app.schools.roster.problems import Problem, RosterRefused
from credit_app.schools.roster.records import ClassRecord, CourseRecord, MembershipRecord, OrgRecord, Roster
from credit_app.schools.roster.sheets import Notes, Row, rows
from credit_app.schools.roster.source import RosterFiles
from credit_app.schools.roster.uniqueness import unique

R = TypeVar("R")
Builder = Callable[[Row, Notes, Roster], R | None]


def read_roster(files: RosterFiles) -> Roster:
    """The roster in `files`. Raises: RosterRefused with every reason why it cannot be read as a whole."""
    roster = Roster(name=files.name)
    chosen = tables_to_read(files, Notes(MANIFEST_FILE, roster.problems))
    refusals: list[Problem] = []
    for table in tables.READ:
        if table.name in chosen:
            try:
                _read_table(table, files, roster)
            except RosterRefused as refusal:
                refusals += refusal.problems
    if refusals:
        raise RosterRefused(refusals)
    return roster


def _read_table(table: tables.Table, files: RosterFiles, roster: Roster) -> None:
    notes = Notes(table.file, roster.problems)
    text = decoded(files.content[table.file.lower()], file=table.file)
    found = rows(text, table=table, notes=notes, most=files.limits.rows)
    if table is tables.ORGS:
        roster.orgs = unique(_built(found, _org, notes, roster), notes)
    elif table is tables.COURSES:
        roster.courses = unique(_built(found, _course, notes, roster), notes)
    elif table is tables.CLASSES:
        roster.classes = unique(_built(found, _class, notes, roster, roster.unread_classes), notes)
    elif table is tables.USERS:
        roster.people = unique(_built(found, person, notes, roster, roster.unread_people), notes)
    elif table is tables.ENROLLMENTS:
        roster.memberships = _built(found, _membership, notes, roster)
    else:
        starts = (_day(row, "startDate", notes) for row in found if _is_whole(row, notes))
        roster.session_starts = frozenset(start for start in starts if start is not None)


def _built(
    found: Iterable[Row], build: Builder[R], notes: Notes, roster: Roster, unread: set[str] | None = None
) -> list[R]:
    """The records that `build` makes of the rows; the sourcedIds of those it cannot make one of go into `unread`."""
    records = []
    for row in found:
        if row["status"].lower() in tables.GONE_STATUSES:
            roster.dropped.add(kept_id(row["sourcedId"]))
            continue
        problems_before = len(notes.problems)
        record = build(row, notes, roster) if _is_whole(row, notes) else None
        if record is not None:
            records.append(record)
        elif unread is not None and any(problem.level == "error" for problem in notes.problems[problems_before:]):
            unread.add(kept_id(row["sourcedId"]))
    return records


def _is_whole(row: Row, notes: Notes) -> bool:
    """Whether the cells of the row can be trusted to be in their columns: one comma too many moves all behind it."""
    if not row.surplus:
        return True
    if any(row.surplus) or _seems_shifted(row, notes.file):
        notes.error(
            "row_too_long",
            _("这一行的单元格比表头多。"),
            _("多半是单元格里有逗号却没有用英文双引号括起来；请修正这一行。"),
            line=row.line,
        )
        return False
    if not notes.has("row_longer"):
        notes.notice(
            "row_longer",
            _("从这一行起，有的行末尾比表头多出空单元格。"),
            _("已按表头读取；如果行中有逗号没有用引号括起来，请修正。"),
            line=row.line,
        )
    return True


def _seems_shifted(row: Row, file: str) -> bool:
    """Of a row with blank cells to spare: whether what stands in it would fit better one column to the left."""
    if file == tables.CLASSES.file:
        return row["classType"].lower() not in tables.CLASS_TYPES
    if file == tables.USERS.file and row["role"].lower() == "student":
        return not row["grades"] and cells.is_grade(row.after("grades"))
    return False


def _has(row: Row, notes: Notes, *columns: str) -> bool:
    """Whether each of `columns` has a value; the first that has none is noted."""
    for column in columns:
        if not row[column]:
            notes.error(
                "value_missing",
                _("%(column)s 是空的。", column=column),
                _("这一行没有导入；请补上后再导一次。"),
                line=row.line,
                column=column,
            )
            return False
    return True


def _org(row: Row, notes: Notes, roster: Roster) -> OrgRecord | None:
    if not _has(row, notes, "sourcedId"):
        return None
    return OrgRecord(
        source_id=row["sourcedId"], name=row["name"], type=row["type"].lower(), identifier=row["identifier"]
    )


def _course(row: Row, notes: Notes, roster: Roster) -> CourseRecord | None:
    if not _has(row, notes, "sourcedId"):
        return None
    return CourseRecord(source_id=row["sourcedId"], title=row["title"])


def _class(row: Row, notes: Notes, roster: Roster) -> ClassRecord | None:
    if not _has(row, notes, "sourcedId", "title", "schoolSourcedId"):
        return None
    kind = row["classType"].lower()
    if kind not in tables.CLASS_TYPES:
        notes.notice(
            "class_type",
            _("classType 是“%(value)s”，应为 homeroom 或 scheduled。", value=row["classType"]),
            _("已当作教学班（scheduled）。"),
            line=row.line,
            column="classType",
        )
    return ClassRecord(
        source_id=row["sourcedId"],
        title=" ".join(row["title"].split()),
        grades=_grades(row, notes),
        course_id=row["courseSourcedId"],
        is_homeroom=kind == "homeroom",
        school_id=row["schoolSourcedId"],
        line=row.line,
    )


def _grades(row: Row, notes: Notes) -> tuple[int, ...]:
    grades = []
    for text in cells.listed(row["grades"]):
        try:
            grades.append(cells.grade(text))
        except ValueError:
            notes.notice(
                "grade_unknown",
                _("看不懂年级“%(value)s”。", value=text),
                _("请写成 01 到 09。"),
                line=row.line,
                column="grades",
            )
    return tuple(dict.fromkeys(grades))


def _membership(row: Row, notes: Notes, roster: Roster) -> MembershipRecord | None:
    if not _has(row, notes, "classSourcedId", "userSourcedId"):
        return None
    role = row["role"].lower()
    if role not in tables.ENROLLMENT_ROLES:
        notes.error(
            "role_unknown",
            _("role 是“%(value)s”，应为 student 或 teacher。", value=row["role"]),
            _("这一行没有导入；请修正 role。"),
            line=row.line,
            column="role",
        )
        return None
    if role not in {"student", "teacher"}:
        return None
    begins_on, ends_on = _day(row, "beginDate", notes), _day(row, "endDate", notes)
    if begins_on and ends_on and begins_on > ends_on:
        notes.notice(
            "dates_reversed",
            _("开始日期在结束日期之后。"),
            _("已当作没有日期；请修正。"),
            line=row.line,
            column="endDate",
        )
        begins_on = ends_on = None
    return MembershipRecord(
        class_id=row["classSourcedId"],
        person_id=kept_id(row["userSourcedId"]),
        school_id=row["schoolSourcedId"],
        is_student=role == "student",
        is_primary=_is_true(row, "primary", notes),
        begins_on=begins_on,
        ends_on=ends_on,
        line=row.line,
    )


def _day(row: Row, column: str, notes: Notes) -> date | None:
    try:
        return cells.day(row[column])
    except ValueError:
        notes.notice(
            "date_unknown",
            _("看不懂日期“%(value)s”。", value=row[column]),
            _("已当作空白；请写成 2026-09-01 的样子。"),
            line=row.line,
            column=column,
        )
        return None


def _is_true(row: Row, column: str, notes: Notes) -> bool:
    try:
        return cells.truth(row[column]) is True
    except ValueError:
        notes.notice(
            "boolean_unknown",
            _("%(column)s 是“%(value)s”，应为 true 或 false。", column=column, value=row[column]),
            _("已当作 false。"),
            line=row.line,
            column=column,
        )
        return False
