"""A preview as a file: every change and every problem, for those who want to go through them one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flask_babel import gettext as _

from credit_app.cells import plain_text
from credit_app.schools.roster.plan import Plan, Sorted


def changes_csv(plan: Plan) -> bytes:
    """UTF-8 with a mark, so that spreadsheet programs show Chinese; one row a change, then one a problem."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([_("对象"), _("变动"), _("名称"), _("说明"), _("原来"), _("现在")])
    for row in _rows(plan):
        writer.writerow([plain_text(cell) for cell in row])
    return stream.getvalue().encode("utf-8-sig")


def field_label(field: str) -> str:
    """What a field of a change is called."""
    return {
        "name": _("姓名或名称"),
        "student_no": _("学号"),
        "registry_no": _("学籍号"),
        "account": _("账号"),
        "login_name": _("用户名"),
        "is_active": _("登录"),
        "academic_year": _("学年"),
        "grade": _("年级"),
        "class": _("班级"),
        "kind": _("班级类型"),
        "course": _("课程"),
    }[field]


def _rows(plan: Plan) -> Iterator[tuple[str, ...]]:
    words = {"new": _("新增"), "changed": _("变动"), "back": _("返回"), "gone": _("离开")}
    things: tuple[tuple[str, Sorted], ...] = (
        (_("学生"), plan.pupils),
        (_("班级"), plan.classes),
        (_("教职工"), plan.staff),
    )
    for label, sorted_things in things:
        for kind, word in words.items():
            for line in getattr(sorted_things, kind):
                yield (label, word, line.name, line.detail, "", "")
                for field, before, after in line.changes:
                    yield (label, word, line.name, field_label(field), before, after)
    for line in plan.left_out:
        yield (_("学生"), _("未导入"), line.name, line.detail, "", "")
    for problem in plan.problems:
        level = _("错误") if problem.level == "error" else _("提示")
        yield (problem.place, level, "", problem.text, "", problem.remedy)
