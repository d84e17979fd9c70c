"""A school as it stands and as the roster says, together: a plan that holds only what differs. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from flask_babel import gettext as _

from credit_app.rules.calendar import academic_year_bounds
from credit_app.schools.actions import registry_trace
from credit_app.schools.roster.cells import OUTSIDE
from credit_app.schools.roster.compare_classes import compare_classes, compare_groups, compare_teachings
from credit_app.schools.roster.compare_people import compare_people
from credit_app.schools.roster.comparison import Comparison
from credit_app.schools.roster.matching import match
from credit_app.schools.roster.places import ImportDay
from credit_app.schools.roster.plan import Line, Plan
from credit_app.schools.roster.present import PresentSchool
from credit_app.schools.roster.records import PersonRecord
from credit_app.schools.roster.selecting import WantedSchool
from credit_app.schools.roster.sheets import Notes


def compare(present: PresentSchool, wanted: WantedSchool, *, today: date) -> Plan:
    """What makes `present` to be as `wanted` says; empty when it is so already."""
    wanted = without_transferred(without_duplicates(wanted, present), present)
    year_starts_on, _year_ends_on = academic_year_bounds(present.academic_year)
    plan = Plan(
        academic_year=present.academic_year,
        today=today,
        org_id=wanted.org_id,
        org_name=wanted.org_name,
        class_course=wanted.class_course or None,
        has_homerooms=wanted.has_homerooms,
        course_kinds=wanted.course_kinds,
        problems=list(wanted.problems),
        left_out=[Line(person.name, _left_out(person)) for person in wanted.left_out],
    )
    on = ImportDay(
        today=today,
        academic_year=present.academic_year,
        year_starts_on=year_starts_on,
        is_first=not present.imported_this_year,
    )
    comparison = Comparison(present, wanted, match(present, wanted), on, plan)
    if (present.source_id, present.class_course) != (wanted.org_id, wanted.class_course or None):
        plan.steps.school = (wanted.org_id, wanted.class_course or None)
    compare_classes(comparison)
    compare_people(comparison)
    compare_groups(comparison)
    compare_teachings(comparison)
    plan.problems.sort(key=lambda problem: (problem.level, problem.file, problem.line or 0, problem.code, problem.text))
    return plan


def without_duplicates(wanted: WantedSchool, present: PresentSchool) -> WantedSchool:
    """The roster with each child once, where the school has merged two rows of a child that the roster still lists.

    What it says of the duplicate is taken for the pupil who stands for the child, if it does not list that one too.
    """
    pupils, unread = dict(wanted.pupils), set(wanted.unread_people)
    for source_id, stands_as in present.merged_source_ids().items():
        if source_id in unread:
            unread.add(stands_as)
        doubled = pupils.pop(source_id, None)
        if doubled is None:
            continue
        own = pupils.get(stands_as)
        if own is not None:
            pupils[stands_as] = replace(own, group_ids=own.group_ids | doubled.group_ids)
        elif stands_as not in unread:
            pupils[stands_as] = replace(doubled, person=replace(doubled.person, source_id=stands_as))
    return replace(wanted, pupils=pupils, unread_people=unread)


def without_transferred(wanted: WantedSchool, present: PresentSchool) -> WantedSchool:
    """The roster without those whom another school has received since and whom it still lists, each with a notice.

    Bringing them in would make a second pupil of a child who has one; who returns is received by a code, as they left.
    """
    here = {student.source_id for student in present.students} | {
        student.registry_digest for student in present.students
    }
    gone = {
        key: transfer.starts_on
        for transfer in present.transfers
        for key in (transfer.from_source_id, transfer.registry_digest)
        if key is not None and key not in here
    }
    pupils, problems = dict(wanted.pupils), list(wanted.problems)
    for source_id, pupil in wanted.pupils.items():
        moved_on = gone.get(source_id) or gone.get(registry_trace(pupil.person.registry_no)[0] or "")
        if moved_on is None or source_id in here:
            continue
        del pupils[source_id]
        Notes("users.csv", problems).notice(
            "transferred",
            _("%(name)s 从 %(day)s 起已转到别的学校，名单里还有。", name=pupil.person.name, day=moved_on.isoformat()),
            _("没有导入，以免多出一名学生；请在名单里去掉。要是又转回本校，请向对方学校要转学码，在“转学”里接收。"),
            line=pupil.person.line,
            column="sourcedId",
        )
    return replace(wanted, pupils=pupils, problems=problems)


def _left_out(person: PersonRecord) -> str:
    grade = _("其他年级") if person.grade in (OUTSIDE, None) else _("%(grade)s 年级", grade=person.grade)
    return _("，").join((grade, f"users.csv:{person.line}"))
