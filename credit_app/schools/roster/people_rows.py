"""Rows of ``users.csv``: pupils and staff."""

from __future__ import annotations

from flask_babel import gettext as _

from credit_app.people.login_names import LONGEST, SHORTEST, same_name
from credit_app.people.roles import DISPLAY_NAME_LENGTH
from credit_app.schools.roster import cells
from credit_app.schools.roster.identity import kept_id, numbers_of
from credit_app.schools.roster.records import PersonRecord, Roster
from credit_app.schools.roster.sheets import Notes, Row
from credit_app.schools.roster.tables import STAFF_ROLES, USER_ROLES


def person(row: Row, notes: Notes, roster: Roster) -> PersonRecord | None:
    """The pupil or member of staff of the row; None for others, and for a row that cannot be read (then noted)."""
    role = row["role"].lower()
    source_id = kept_id(row["sourcedId"])
    if role in USER_ROLES and role != "student" and role not in STAFF_ROLES:
        roster.other_people.add(source_id)
        return None
    name = cells.full_name(row["givenName"], row["familyName"])
    if not _is_readable(row, role, name, notes):
        return None
    is_student = role == "student"
    username = _username(row, notes, is_student=is_student)
    if not username and not is_student:
        return None
    student_no, registry_no = numbers_of(row["identifier"], row["userIds"])
    return PersonRecord(
        source_id=source_id,
        is_student=is_student,
        is_enabled=_is_enabled(row, notes),
        org_ids=cells.listed(row["orgSourcedIds"]),
        username=username,
        name=name,
        student_no=student_no,
        registry_no=registry_no,
        grade=_grade(row, notes) if is_student else None,
        line=row.line,
    )


def _is_readable(row: Row, role: str, name: str, notes: Notes) -> bool:
    if not row["sourcedId"]:
        notes.error(
            "value_missing",
            _("%(column)s 是空的。", column="sourcedId"),
            _("这一行没有导入；请补上后再导一次。"),
            line=row.line,
            column="sourcedId",
        )
    elif role not in USER_ROLES:
        notes.error(
            "role_unknown",
            _("role 是“%(value)s”，不在标准之内。", value=row["role"]),
            _("这一行没有导入；学生写 student，教师写 teacher。"),
            line=row.line,
            column="role",
        )
    elif not 1 <= len(name) <= DISPLAY_NAME_LENGTH:
        notes.error(
            "name",
            _("姓名为空或过长。"),
            _("这一行没有导入；请填写 familyName（姓）和 givenName（名）。"),
            line=row.line,
            column="givenName",
        )
    else:
        return True
    return False


def _username(row: Row, notes: Notes, *, is_student: bool) -> str:
    """The user name in its stored form; blank, and noted, when it cannot be one."""
    text = row["username"]
    if cells.is_identity_number(text):
        why = _("用户名是学籍号或身份证号。")
    elif not SHORTEST <= len(same_name(text)) <= LONGEST:
        why = _("用户名需为 %(least)s 到 %(most)s 个字符。", least=SHORTEST, most=LONGEST)
    else:
        return same_name(text)
    consequence = (
        _("已导入这名学生，但暂不能登录；请换一个用户名。") if is_student else _("没有导入这名教职工；请换一个用户名。")
    )
    notes.error("username", why, consequence, line=row.line, column="username")
    return ""


def _is_enabled(row: Row, notes: Notes) -> bool:
    try:
        return cells.truth(row["enabledUser"]) is not False
    except ValueError:
        notes.notice(
            "boolean_unknown",
            _("%(column)s 是“%(value)s”，应为 true 或 false。", column="enabledUser", value=row["enabledUser"]),
            _("已当作 true。"),
            line=row.line,
            column="enabledUser",
        )
        return True


def _grade(row: Row, notes: Notes) -> int | None:
    """The first grade that stands in the cell."""
    for text in cells.listed(row["grades"]):
        try:
            return cells.grade(text)
        except ValueError:
            notes.notice(
                "grade_unknown",
                _("看不懂年级“%(value)s”。", value=text),
                _("请写成 01 到 09。"),
                line=row.line,
                column="grades",
            )
    return None
