"""Classes, who belongs to teaching groups, and who teaches: what differs. Pure."""

from __future__ import annotations

from flask_babel import gettext as _

from credit_app.schools.roster.comparison import Comparison
from credit_app.schools.roster.plan import ClassRow, Ending, Line, Ref, TeachingRow
from credit_app.schools.roster.present import PresentClass, PresentMember, PresentTeaching
from credit_app.schools.roster.selecting import WantedClass


def compare_classes(c: Comparison) -> None:
    """Classes of this academic year are as the roster has them; those it no longer has are closed, not deleted."""
    if not c.wanted.knows_classes:
        return
    steps, lines = c.plan.steps, c.plan.classes
    for source_id, wanted in sorted(c.wanted.classes.items()):
        standing = c.matches.classes.get(source_id)
        row = _row(wanted, standing)
        if standing is None:
            steps.new_classes.append(row)
            lines.new.append(Line(wanted.name, _detail(wanted)))
        elif _row_of(standing) != row:
            steps.class_edits.append((standing.id, row))
            lines.changed.append(Line(wanted.name, _detail(wanted), _changes(standing, row)))
        else:
            lines.same += 1
    matched = {standing.id for standing in c.matches.classes.values()}
    for standing in c.present.classes:
        if (
            standing.academic_year == c.on.academic_year
            and standing.is_active
            and standing.source_id is not None
            and standing.id not in matched
            and standing.source_id not in c.wanted.unread_classes
        ):
            steps.class_closings.append(standing.id)
            lines.gone.append(Line(standing.name, ""))


def compare_groups(c: Comparison) -> None:
    """Teaching groups have the members that the roster gives them."""
    wanted: set[tuple[Ref, Ref]] = {
        (c.matches.school_class(class_id), c.matches.student(source_id))
        for source_id, pupil in c.wanted.pupils.items()
        for class_id in pupil.group_ids
        if class_id in c.wanted.classes
    }
    kept: set[tuple[Ref, Ref]] = set()
    for member in c.present.members:
        pair = (member.class_id, member.student_id)
        if _member_stays(c, member, wanted):
            kept.add(pair)
        else:
            ends_on = c.end_of(member.class_id, member.starts_on)
            c.plan.steps.member_endings.append(Ending(member.id, ends_on))
    if c.wanted.knows_memberships:
        c.plan.steps.new_members.extend(sorted(wanted - kept, key=str))


def compare_teachings(c: Comparison) -> None:
    """Classes are led and taught by those whom the roster names."""
    wanted: dict[tuple[Ref, Ref], str] = {
        (c.matches.school_class(class_id), c.matches.user(source_id)): kind
        for (class_id, source_id), kind in c.wanted.teachings.items()
    }
    steps = c.plan.steps
    for teaching in c.present.teachings:
        kind = wanted.get((teaching.class_id, teaching.user_id))
        if kind is not None and not c.is_over(teaching.class_id):
            if kind == teaching.kind:
                del wanted[teaching.class_id, teaching.user_id]
                continue
            if teaching.starts_on >= c.on.today:
                steps.teaching_edits.append((teaching.id, kind))
                del wanted[teaching.class_id, teaching.user_id]
                continue
        elif _teaching_stays(c, teaching):
            continue
        steps.teaching_endings.append(Ending(teaching.id, c.end_of(teaching.class_id, teaching.starts_on)))
    if c.wanted.knows_memberships:
        rows = (TeachingRow(school_class, user, kind) for (school_class, user), kind in wanted.items())
        steps.new_teachings.extend(sorted(rows, key=str))


def _member_stays(c: Comparison, member: PresentMember, wanted: set[tuple[Ref, Ref]]) -> bool:
    if c.is_over(member.class_id) or member.student_id in c.gone_students:
        return False
    if member.class_id not in c.told_classes or member.student_id not in c.told_students:
        return True
    return (member.class_id, member.student_id) in wanted


def _teaching_stays(c: Comparison, teaching: PresentTeaching) -> bool:
    """A teaching the roster does not name stays where the roster has nothing to say about class or teacher."""
    if c.is_over(teaching.class_id) or teaching.user_id in c.gone_users:
        return False
    return teaching.class_id not in c.told_classes or teaching.user_id not in c.told_users


def _row(wanted: WantedClass, standing: PresentClass | None) -> ClassRow:
    grade = wanted.grade if wanted.tells_grade or standing is None else standing.grade
    return ClassRow(
        wanted.source_id, wanted.kind, grade, wanted.name, wanted.course_id or None, wanted.course_title, True
    )


def _row_of(standing: PresentClass) -> ClassRow:
    return ClassRow(
        standing.source_id or "",
        standing.kind,
        standing.grade,
        standing.name,
        standing.course_source_id,
        standing.course_title,
        standing.is_active,
    )


def _detail(wanted: WantedClass) -> str:
    return _("，").join(part for part in (_kind(wanted.kind), wanted.course_title) if part)


def _kind(kind: str) -> str:
    return _("行政班") if kind == "homeroom" else _("教学班")


def _changes(standing: PresentClass, row: ClassRow) -> tuple[tuple[str, str, str], ...]:
    pairs = (
        ("name", standing.name, row.name),
        ("kind", _kind(standing.kind), _kind(row.kind)),
        ("grade", str(standing.grade or ""), str(row.grade or "")),
        ("course", standing.course_title, row.course_title),
    )
    return tuple(pair for pair in pairs if pair[1] != pair[2])
