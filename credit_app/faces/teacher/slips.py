"""Signing in, of a class: who has activated the account, slips to print for those who have not, a reset for one.

A slip's code stands in the answer to the request that made it and nowhere else: the page that prints it is that answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from credit_app import clock
from credit_app.errors import NotFound
from credit_app.extensions import db
from credit_app.faces import qr
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, note_access
from credit_app.organisations.models import School
from credit_app.people.actions import issue_activations, last_day_of_codes, reset_sign_in
from credit_app.people.models import User
from credit_app.schools import queries as schools
from credit_app.schools import sign_ins
from credit_app.schools.models import Student
from credit_app.schools.sign_ins import SignIn
from credit_app.storage import reading

SLIPS_A_SHEET = 10
FIELDS = "name,number,login_name"


@dataclass(frozen=True, kw_only=True)
class Group:
    """A class, the pupils of a grade who have no class yet, or the staff: those whose slips are printed together."""

    kind: str
    id: str
    name: str
    school: School
    lines: list[SignIn]

    @property
    def waiting(self) -> list[SignIn]:
        return [line for line in self.lines if line.awaits_code]


@dataclass(frozen=True)
class Slip:
    """One activation slip; `qr` leads to the page that asks for the code, with the user name filled in."""

    name: str
    number: str
    login_name: str
    code: str
    qr: qr.Square


@blueprint.get("/sign-ins")
@requires(*STAFF)
def sign_in_groups() -> str | Response:
    """The classes whose sign-ins the user looks after: those led, and for a counselor the whole school."""
    day, user = clock.today(), this_user()
    classes = schools.led_classes_of(db.session, user=user, day=day)
    school, without_class, staff = None, {}, None
    if entered_as("science_counselor"):
        school = schools.school_for_counselor(db.session, user=user, day=day)
        homerooms = (c for c in schools.classes_of_school(db.session, school=school, day=day) if c.kind == "homeroom")
        classes = list(homerooms)
        without_class = sign_ins.activated_without_class(db.session, school=school, day=day)
        staff = sign_ins.activated_staff(db.session, school=school, day=day)
    elif len(classes) == 1:
        return redirect(url_for("teacher.sign_in_group", kind="class", group_id=classes[0].public_id))
    return render_template(
        "teacher/slips_groups.html",
        school=school,
        classes=classes,
        counts=sign_ins.activated_by_class(db.session, classes=classes, day=day),
        without_class=without_class,
        staff=staff,
    )


@blueprint.get("/sign-ins/<kind>/<group_id>")
@requires(*STAFF)
def sign_in_group(kind: str, group_id: str) -> str:
    """Who has activated the account, who has a code, and who waits for one."""
    group = _group(kind, group_id)
    note_access(f"sign_ins_{kind}", group_id, FIELDS)
    return render_template("teacher/slips_status.html", group=group, me=this_user().public_id)


@blueprint.post("/sign-ins/<kind>/<group_id>")
@requires(*STAFF)
def print_slips(kind: str, group_id: str) -> str | Response:
    """New codes for those chosen who have not activated yet, as slips to print; earlier codes of theirs end."""
    group, now = _group(kind, group_id), clock.now()
    chosen = set(request.form.getlist("person"))
    waiting = [(line, line.user) for line in group.waiting if line.public_id in chosen and line.user is not None]
    if not waiting:
        flash(_("没有选中需要激活单的人。"), "warning")
        return redirect(url_for("teacher.sign_in_group", kind=kind, group_id=group_id))
    codes = issue_activations(db.session, users=[user for _line, user in waiting], issued_by=this_user(), now=now)
    slips = [_slip(line, user, codes[user.id]) for line, user in waiting]
    return _commit_and_show(group, slips, last_day=last_day_of_codes(now))


@blueprint.post("/sign-ins/<kind>/<group_id>/reset/<person>")
@requires(*STAFF)
def reset_person(kind: str, group_id: str, person: str) -> str:
    """One person is signed out everywhere, the password is gone, and a slip with a new code is there to print."""
    now, user = clock.now(), this_user()
    group = _group(kind, group_id)
    line = next((line for line in group.lines if line.public_id == person), None)
    # Not one's own: whoever found a screen left open could take the account over.
    if line is None or line.user is None or line.user.id == user.id:
        raise NotFound
    slips = [_slip(line, line.user, reset_sign_in(db.session, user=line.user, issued_by=user, now=now))]
    return _commit_and_show(group, slips, last_day=last_day_of_codes(now))


def _group(kind: str, group_id: str) -> Group:
    """The group, for those who may hand out its sign-ins. Raises: NotFound for everybody else."""
    day, user = clock.today(), this_user()
    if kind == "class":
        school_class = schools.led_class_for(db.session, user=user, public_id=group_id, day=day)
        students = schools.students_of_class(db.session, school_class=school_class, day=day)
        return _of_students(kind, group_id, school_class.name, school_class.school, students)
    school = schools.school_for_counselor(db.session, user=user, day=day)
    if kind == "grade" and group_id.isdecimal():
        places = schools.pupils_without_class(db.session, school=school, day=day)
        students = [place.student for place in places if str(place.grade) == group_id]
        return _of_students(kind, group_id, _("%(grade)s 年级，暂无班级", grade=group_id), school, students)
    if kind == "staff" and group_id == "all":
        lines = sign_ins.sign_ins_of_staff(db.session, school=school, day=day, now=clock.now())
        return Group(kind=kind, id=group_id, name=_("教职工"), school=school, lines=lines)
    raise NotFound


def _of_students(kind: str, group_id: str, name: str, school: School, students: Sequence[Student]) -> Group:
    lines = sign_ins.sign_ins_of_students(db.session, students=students, now=clock.now())
    return Group(kind=kind, id=group_id, name=name, school=school, lines=lines)


def _slip(line: SignIn, user: User, code: str) -> Slip:
    address = url_for("account.activate", name=user.login_name, _external=True)
    return Slip(line.name, line.number, user.login_name, code, qr.square(address))


def _commit_and_show(group: Group, slips: Sequence[Slip], *, last_day: date) -> str:
    """The codes hold, and the answer is the only place where they stand."""
    name, school = group.name, group.school.name
    db.session.commit()
    with reading():
        note_access(f"sign_ins_{group.kind}", group.id, FIELDS)
        return _sheets(slips, name=name, school=school, last_day=last_day)


def _sheets(slips: Sequence[Slip], *, name: str, school: str, last_day: date) -> str:
    sheets = [slips[at : at + SLIPS_A_SHEET] for at in range(0, len(slips), SLIPS_A_SHEET)]
    return render_template(
        "teacher/slips_sheets.html",
        sheets=sheets,
        count=len(slips),
        name=name,
        school=school,
        last_day=last_day,
        address=url_for("account.activate", _external=True),
    )
