"""Pupils who change schools in mid-year: released under a code here, received by the code there.

The code stands in the answer to the request that made it and nowhere else; it travels in forms, never in an address.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from credit_app import clock
from credit_app.errors import InvalidInput
from credit_app.extensions import db
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import note_access
from credit_app.organisations.models import School
from credit_app.schools import transfers as moving
from credit_app.schools.models import SchoolClass, Student, Transfer
from credit_app.schools.queries import classes_of_school, counseled_student, enrolment_on, school_for_counselor
from credit_app.storage import expect_writes, reading

FIELDS = "name,number,school,grade"


class CodeForm(FlaskForm):
    """The code that the old school has given out."""

    code = StringField(_l("转学码"), validators=[InputRequired(_l("请输入转学码。")), Length(max=40)])


class ReceiveForm(FlaskForm):
    """Where the pupil will stand, and from which day on; `offer` comes before the form is read or shown."""

    code = HiddenField()
    school_class = SelectField(_l("班级"), validate_choice=True)
    student_no = StringField(_l("本校学号"), validators=[Length(max=40)])
    starts_on = DateField(_l("转入日期"), validators=[InputRequired(_l("请选择转入日期。"))])

    def offer(self, classes: list[SchoolClass]) -> None:
        """The homerooms of the school, or none yet."""
        homerooms = [SelectChoice(each.public_id, each.name) for each in classes if each.kind == "homeroom"]
        self.school_class.choices = [SelectChoice("", _("暂不分班")), *homerooms]


@blueprint.get("/transfers")
@requires("science_counselor")
def transfers() -> str:
    """Who has been released and received, and the form for a code."""
    return _list_page(CodeForm(formdata=None))


@blueprint.get("/pupils/<public_id>/transfer")
@requires("science_counselor")
def transfer_out(public_id: str) -> str:
    """What releasing a pupil means, before it is done."""
    student = _student(public_id)
    note_access("student", public_id, FIELDS)
    return render_template("teacher/transfer_out.html", student=student, code=None, days=moving.VALID_DAYS)


@blueprint.post("/pupils/<public_id>/transfer")
@requires("science_counselor")
def transfer_release(public_id: str) -> str:
    """The pupil may be received elsewhere; the code stands on this page only."""
    student = _student(public_id)
    _transfer, code = moving.release_student(db.session, student=student, released_by=this_user(), now=clock.now())
    last_day = clock.today() + timedelta(days=moving.VALID_DAYS)
    db.session.commit()
    with reading():
        note_access("student", public_id, FIELDS)
        return render_template(
            "teacher/transfer_out.html", student=student, code=code, last_day=last_day, days=moving.VALID_DAYS
        )


@blueprint.post("/transfers/<public_id>/cancel")
@requires("science_counselor")
def transfer_cancel(public_id: str) -> Any:
    """The code works no more. Raises: Conflict (409) when it has been used."""
    transfer = moving.released_transfer(db.session, school=_school(), public_id=public_id)
    moving.cancel_transfer(db.session, transfer=transfer, cancelled_by=this_user(), now=clock.now())
    db.session.commit()
    flash(_("转学码已取消，学生仍在本校。"), "success")
    return redirect(url_for("teacher.transfers"), 303)


@blueprint.post("/transfers/receive")
@requires("science_counselor")
def receive() -> Any:
    """Whom the code stands for, and where they are to stand."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            transfer = moving.usable(db.session, code=form.code.data or "", school=_school(), now=clock.now())
        except InvalidInput as refusal:
            show_at_field(form, refusal)
        else:
            fresh = ReceiveForm(formdata=None, code=form.code.data, starts_on=clock.today())
            return _receive_page(transfer, fresh)
    _only_read()
    return _list_page(form), 422


@blueprint.post("/transfers/receive/confirm")
@requires("science_counselor")
def receive_confirm() -> Any:
    """The pupil is one of this school. Raises: Conflict (409) when the code has been used in the meantime."""
    school, now, form = _school(), clock.now(), ReceiveForm()
    classes = classes_of_school(db.session, school=school, day=clock.today())
    form.offer(classes)
    try:
        transfer = moving.usable(db.session, code=form.code.data or "", school=school, now=now)
    except InvalidInput as refusal:
        again = CodeForm(formdata=None, code=form.code.data)
        again.code.errors = [str(refusal.message)]
        _only_read()
        return _list_page(again), 422
    if form.validate_on_submit() and form.starts_on.data is not None:
        chosen = next((each for each in classes if each.public_id == form.school_class.data), None)
        try:
            received = moving.receive_student(
                db.session,
                transfer=transfer,
                school=school,
                school_class=chosen,
                student_no=form.student_no.data or "",
                starts_on=form.starts_on.data,
                received_by=this_user(),
                now=now,
            )
        except InvalidInput as refusal:
            show_at_field(form, refusal)
        else:
            public_id = transfer.student.public_id
            db.session.commit()
            _tell(received)
            return redirect(url_for("teacher.pupil", public_id=public_id), 303)
    return _receive_page(transfer, form), 422


def _tell(received: moving.Received) -> None:
    flash(_("已转入。此前的学分都保留，从转入之日起按本区规则继续累计。"), "success")
    if received.old_login_name is not None:
        told = _(
            "用户名“%(old)s”在本校已有人使用，学生改用“%(new)s”登录。",
            old=received.old_login_name,
            new=received.login_name,
        )
        flash(told, "warning")


def _school() -> School:
    return school_for_counselor(db.session, user=this_user(), day=clock.today())


def _student(public_id: str) -> Student:
    return counseled_student(db.session, user=this_user(), public_id=public_id, day=clock.today())


def _list_page(form: CodeForm) -> str:
    school = _school()
    listed = moving.transfers_of(db.session, school=school)
    if listed:
        note_access("transfers", school.public_id, FIELDS)
    return render_template("teacher/transfers.html", school=school, transfers=listed, form=form, now=clock.now())


def _receive_page(transfer: Transfer, form: ReceiveForm) -> str:
    _only_read()
    student, school = transfer.student, _school()
    if form.school_class.choices is None:
        form.offer(classes_of_school(db.session, school=school, day=clock.today()))
    note_access("student", student.public_id, FIELDS)
    return render_template(
        "teacher/transfer_in.html",
        transfer=transfer,
        student=student,
        place=enrolment_on(db.session, student=student, day=clock.today()),
        school=school,
        form=form,
    )


def _only_read() -> None:
    """Nothing has been written, and what follows in the request only reads: so that the access can be noted."""
    db.session.rollback()
    expect_writes(False)
