"""``flask roster``: a school's roster from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from credit_app import clock
from credit_app.errors import DomainError, InvalidInput
from credit_app.extensions import db
from credit_app.organisations.queries import school_named
from credit_app.schools.roster.choices import Choices, grades_in, grades_text
from credit_app.schools.roster.plan import Plan, Sorted
from credit_app.schools.roster.previewing import Preview, RemovalsNotConfirmed, apply_preview, preview
from credit_app.schools.roster.problems import Problem, RosterRefused
from credit_app.schools.roster.source import open_path

group = AppGroup("roster", help="Rosters of schools (OneRoster 1.1 CSV, bulk).")

LISTED = 20
"""So many names or problems of one kind are listed; the rest is counted, unless --all."""


class _Grades(click.ParamType):
    name = "grades"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[int]:
        try:
            return grades_in(str(value))
        except InvalidInput as error:
            self.fail(str(error.message), param, ctx)


@group.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--school", "school_code", required=True, help="Code of our school.")
@click.option("--org", help="sourcedId of the school in the roster, where the roster holds several.")
@click.option("--grades", type=_Grades(), default="1-9", show_default=True, help="Grades to take in, up to 12.")
@click.option(
    "--class-course",
    help="sourcedId of the course whose groups stand for the class, in a school without homerooms; '' for none.",
)
@click.option("--allow-removals", is_flag=True, help="Apply although more than one in five would be removed.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--all", "list_all", is_flag=True, help="List every name and problem.")
def import_roster(
    path: Path,
    school_code: str,
    org: str | None,
    grades: frozenset[int],
    class_course: str | None,
    allow_removals: bool,
    dry_run: bool,
    list_all: bool,
) -> None:
    """Bring a school up to date with the roster at PATH, a zip or a folder of CSV files.

    Prints what is new, changed and gone, and every problem with file, line, column and what to do. Importing the same
    roster again changes nothing; credits are never touched.
    """
    session = db.session()
    choices = Choices(grades=grades, org=org, class_course=class_course)
    now = clock.now()
    try:
        school_id = school_named(session, school_code).id
        session.rollback()  # reading the files takes time, and no transaction should wait for it
        found = preview(session, school_id=school_id, files=open_path(path), choices=choices, now=now)
        _show(found, choices, LISTED if not list_all else None)
        if dry_run:
            click.echo(_("只是预览，没有写入。"))
            return
        applied = apply_preview(session, preview=found, applied_by_id=None, removals_confirmed=allow_removals, now=now)
    except RosterRefused as refusal:
        raise click.ClickException(_refusal(refusal.problems)) from refusal
    except RemovalsNotConfirmed as refusal:
        raise click.ClickException(f"{refusal.message}\n{_('确认无误请加上 --allow-removals 再运行。')}") from refusal
    except DomainError as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    session.commit()
    click.echo(_("已导入。") if applied else _("没有变化，什么也没有写入。"))


def _show(found: Preview, choices: Choices, most: int | None) -> None:
    plan = found.plan
    click.echo(
        _(
            "%(file)s：%(org)s → %(school)s，%(year)s 学年，%(grades)s 年级",
            file=found.file_name,
            org=plan.org_name,
            school=found.present.name,
            year=plan.academic_year,
            grades=grades_text(choices.grades),
        )
    )
    for label, things in ((_("学生"), plan.pupils), (_("班级"), plan.classes), (_("教职工"), plan.staff)):
        _show_sort(label, things, most)
    if plan.left_out:
        click.echo(_("不在所选年级、没有导入的学生：%(count)s", count=len(plan.left_out)))
        _list((f"{line.name}  {line.detail}" for line in plan.left_out), most)
    _show_courses(plan)
    _show_problems(plan.problems, most)


def _show_sort(label: str, things: Sorted, most: int | None) -> None:
    words = {"new": _("新增"), "changed": _("变动"), "back": _("返回"), "gone": _("离开"), "same": _("不变")}
    counts = things.counts()
    click.echo(f"{label}  " + "  ".join(f"{word} {counts[kind]}" for kind, word in words.items()))
    for kind in ("changed", "back", "gone"):
        lines = getattr(things, kind)
        _list(
            (
                f"{words[kind]} {line.name}  {line.detail}"
                + "".join(f"  {before or '–'} → {after or '–'}" for _field, before, after in line.changes)
                for line in lines
            ),
            most,
        )


def _show_courses(plan: Plan) -> None:
    if plan.has_homerooms or not plan.course_kinds:
        return
    click.echo(_("名单里没有行政班。可以用一门课程的教学班代替班级（--class-course）："))
    for kind in plan.course_kinds[:LISTED]:
        chosen = "*" if kind.source_id == plan.class_course else " "
        counts = _("%(classes)s 个班，%(pupils)s 人", classes=kind.classes, pupils=kind.pupils)
        click.echo(f"  {chosen} {kind.source_id}  {kind.title}  {counts}")


def _show_problems(problems: Sequence[Problem], most: int | None) -> None:
    for level, label in (("error", _("错误")), ("notice", _("提示"))):
        of_level = sorted((p for p in problems if p.level == level), key=lambda p: p.kind)
        if of_level:
            click.echo(f"{label}  {len(of_level)}")
        for _key, alike in groupby(of_level, key=lambda p: p.kind):
            _list((f"{problem.place}  {problem.text}{problem.remedy}" for problem in alike), most)


def _list(lines: Iterable[str], most: int | None) -> None:
    shown = list(lines)
    for line in shown[:most]:
        click.echo(f"  {line}")
    if most is not None and len(shown) > most:
        click.echo(_("  …… 另有 %(count)s 条，加上 --all 全部列出", count=len(shown) - most))


def _refusal(problems: Sequence[Problem]) -> str:
    return "\n".join(f"{problem.text}{problem.remedy}" for problem in problems)
