"""Pupils and staff: what differs. Pure."""

from __future__ import annotations

from flask_babel import gettext as _

from credit_app.schools.actions import registry_trace
from credit_app.schools.roster.accounts import login_names
from credit_app.schools.roster.comparison import Comparison
from credit_app.schools.roster.places import left, next_place
from credit_app.schools.roster.plan import Ending, Line, Ref, Removals, StudentRow, UserRow
from credit_app.schools.roster.present import PresentPlace, PresentStudent
from credit_app.schools.roster.records import PersonRecord
from credit_app.schools.roster.selecting import WantedPupil
from credit_app.schools.roster.sheets import Notes
from credit_app.schools.sort_names import sort_name

Change = tuple[str, str, str]


def compare_people(c: Comparison) -> None:
    """Accounts, roles, pupils and their places are as the roster has them; who is not in it any more has left."""
    people = {source_id: pupil.person for source_id, pupil in c.wanted.pupils.items()} | c.wanted.staff
    names = {source_id: person.username for source_id, person in people.items() if person.username}
    logins = login_names(names, known=c.matches.users, present=c.present.users)
    _note_numbered(c, people, logins)
    standing_roles = {(role.user_id, role.kind) for role in c.present.roles}
    for source_id, pupil in sorted(c.wanted.pupils.items()):
        changes = _compare_account(c, pupil.person, logins.get(source_id), "pupil", standing_roles)
        _compare_pupil(c, pupil, changes)
    for source_id, person in sorted(c.wanted.staff.items()):
        _compare_staff(c, person, logins[source_id], standing_roles)
    _let_pupils_go(c)
    _let_staff_go(c)


def _compare_account(
    c: Comparison, person: PersonRecord, login_name: str | None, role: str, standing_roles: set[tuple[int, str]]
) -> list[Change]:
    """The account of a person, and its role; what a reader is to be told of it."""
    if login_name is None:
        return []
    row = UserRow(person.source_id, login_name, person.name, person.is_enabled)
    user = c.matches.users.get(person.source_id)
    if user is None:
        c.plan.steps.new_users.append(row)
        c.plan.steps.new_roles.append((person.source_id, role))
        return []
    if (user.id, role) not in standing_roles:
        c.plan.steps.new_roles.append((user.id, role))
    if UserRow(user.source_id or "", user.login_name, user.display_name, user.is_active) == row:
        return []
    c.plan.steps.user_edits.append((user.id, row))
    pairs = (
        ("login_name", user.login_name, login_name),
        ("is_active", _("可以登录") if user.is_active else _("停用"), _("可以登录") if row.is_active else _("停用")),
    )
    return [pair for pair in pairs if pair[1] != pair[2]]


def _compare_pupil(c: Comparison, pupil: WantedPupil, changes: list[Change]) -> None:
    person, steps, lines = pupil.person, c.plan.steps, c.plan.pupils
    student = c.matches.students.get(person.source_id)
    row = _student_row(c, person, student)
    if student is None:
        steps.new_students.append(row)
    elif _row_of(student) != row:
        steps.student_edits.append((student.id, row))
        changes += _personal_changes(student, row)
    target = c.matches.school_class(pupil.class_id) if pupil.class_id is not None else None
    places = c.places_of.get(student.id, []) if student else []
    step = next_place(
        student.id if student else person.source_id,
        places,
        grade=pupil.grade,
        target=target,
        keeps_class=_keeps_class(c, pupil, places),
        first_day=pupil.first_day,
        on=c.on,
    )
    if step.ending:
        steps.place_endings.append(step.ending)
    if step.edit:
        steps.place_edits.append(step.edit)
    if step.new:
        steps.new_places.append(step.new)
    shown_class = step.edit.school_class if step.edit else step.new.school_class if step.new else target
    if student is not None and step.kind not in {"same", "new", "back"}:
        changes += _place_changes(c, places, pupil.grade, shown_class)
    if step.kind == "same" and not changes:
        lines.same += 1
        return
    line = Line(person.name, _pupil_detail(c, row.student_no, pupil.grade, shown_class), tuple(changes))
    if student is None:
        lines.new.append(line)
    elif step.kind in {"new", "back"}:
        lines.back.append(line)
    else:
        lines.changed.append(line)


def _student_row(c: Comparison, person: PersonRecord, student: PresentStudent | None) -> StudentRow:
    """What the roster leaves blank stays as it is."""
    digest, last4 = registry_trace(person.registry_no)
    user: Ref | None = c.matches.user(person.source_id)
    if person.source_id not in c.matches.users and not person.username:
        user = None
    if student is None:
        shown = sort_name(person.name)
        return StudentRow(person.source_id, user, person.name, shown, person.student_no, digest, last4)
    return StudentRow(
        person.source_id,
        user if user is not None else student.user_id,
        person.name,
        student.sort_name if person.name == student.name else sort_name(person.name),
        person.student_no or student.student_no,
        digest or student.registry_digest,
        last4 or student.registry_last4,
    )


def _row_of(student: PresentStudent) -> StudentRow:
    return StudentRow(
        student.source_id or "",
        student.user_id,
        student.name,
        student.sort_name,
        student.student_no,
        student.registry_digest,
        student.registry_last4,
    )


def _keeps_class(c: Comparison, pupil: WantedPupil, places: list[PresentPlace]) -> bool:
    """The roster gives no class, and has nothing to say about the one the pupil has."""
    if not c.wanted.knows_memberships:
        return True
    own = next((place.class_id for place in reversed(places) if place.academic_year == c.on.academic_year), None)
    return pupil.class_id is None and own is not None and own not in c.told_classes


def _let_pupils_go(c: Comparison) -> None:
    standing = placed = losing = 0
    for student in c.present.students:
        place = c.open_place(student.id)
        if student.source_id is None or place is None:
            continue
        standing += 1
        pupil = c.wanted.pupils.get(student.source_id)
        this_year = place.academic_year == c.on.academic_year and place.class_id is not None
        placed += this_year
        if pupil is None and student.source_id not in c.wanted.unread_people:
            c.gone_students.add(student.id)
            c.plan.steps.place_endings.append(left(place, on=c.on))
            detail = _pupil_detail(c, student.student_no, place.grade, place.class_id)
            c.plan.pupils.gone.append(Line(student.name, detail))
        elif pupil is not None and this_year and pupil.class_id is None:
            losing += not _keeps_class(c, pupil, [place])
    c.plan.removals.append(Removals("pupils", len(c.gone_students), standing))
    c.plan.removals.append(Removals("class", losing, placed))


def _compare_staff(c: Comparison, person: PersonRecord, login_name: str, standing_roles: set[tuple[int, str]]) -> None:
    user = c.matches.users.get(person.source_id)
    changes = _compare_account(c, person, login_name, "teacher", standing_roles)
    line = Line(person.name, login_name, tuple(changes))
    if user is None:
        c.plan.staff.new.append(line)
        return
    if user.display_name != person.name:
        line = line._replace(changes=(("name", user.display_name, person.name), *line.changes))
    if (user.id, "teacher") not in standing_roles:
        c.plan.staff.back.append(line)
    elif line.changes:
        c.plan.staff.changed.append(line)
    else:
        c.plan.staff.same += 1


def _let_staff_go(c: Comparison) -> None:
    """Staff whom a roster brought and no longer has lose the role of teacher; other roles are not a roster's affair."""
    standing = 0
    for role in c.present.roles:
        user = c.user_by_id.get(role.user_id)
        if role.kind != "teacher" or user is None or user.source_id is None:
            continue
        standing += 1
        if user.source_id not in c.wanted.staff and user.source_id not in c.wanted.unread_people:
            c.gone_users.add(user.id)
            c.plan.steps.role_endings.append(Ending(role.id, c.on.end_of(role.starts_on)))
            c.plan.staff.gone.append(Line(user.display_name, user.login_name))
    c.plan.removals.append(Removals("staff", len(c.gone_users), standing))


def _note_numbered(c: Comparison, people: dict[str, PersonRecord], logins: dict[str, str]) -> None:
    notes = Notes("users.csv", c.plan.problems)
    for source_id, login_name in sorted(logins.items()):
        known = c.matches.users.get(source_id)
        if login_name != people[source_id].username and (known is None or known.login_name != login_name):
            notes.notice(
                "username_taken",
                _(
                    "%(name)s 的用户名 %(wanted)s 在本校已有人用。",
                    name=people[source_id].name,
                    wanted=people[source_id].username,
                ),
                _("这名用户改用 %(given)s 登录，激活单上会写明。", given=login_name),
                line=people[source_id].line,
                column="username",
            )


def _pupil_detail(c: Comparison, student_no: str, grade: int, class_ref: Ref | None) -> str:
    class_name = c.class_name(class_ref) or _("暂无班级")
    return _("，").join(part for part in (student_no, _("%(grade)s 年级", grade=grade), class_name) if part)


def _personal_changes(student: PresentStudent, row: StudentRow) -> list[Change]:
    pairs = [("name", student.name, row.name), ("student_no", student.student_no, row.student_no)]
    if student.registry_digest != row.registry_digest:
        pairs.append(("registry_no", _ending_in(student.registry_last4), _ending_in(row.registry_last4)))
    if student.user_id is None and row.user is not None:
        pairs.append(("account", _("没有账号"), _("有账号")))
    return [pair for pair in pairs if pair[1] != pair[2]]


def _ending_in(last4: str) -> str:
    return f"…{last4}" if last4 else ""


def _place_changes(c: Comparison, places: list[PresentPlace], grade: int, target: Ref | None) -> list[Change]:
    last = max(places, key=lambda place: place.starts_on)
    pairs = (
        ("academic_year", last.academic_year, c.on.academic_year),
        ("grade", str(last.grade), str(grade)),
        ("class", c.class_name(last.class_id) or _("暂无班级"), c.class_name(target) or _("暂无班级")),
    )
    return [pair for pair in pairs if pair[1] != pair[2]]
