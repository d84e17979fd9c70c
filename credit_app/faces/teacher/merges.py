"""The same child entered twice: find the other row, see both side by side, and confirm by typing the name.

It cannot be undone, so the page says what will happen and asks for more than a click.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from credit_app import clock
from credit_app.errors import InvalidInput
from credit_app.extensions import db
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import note_access
from credit_app.progress.queries.merging import merge_preview
from credit_app.recognition.merging import merge_students
from credit_app.schools.merges import REASON_LENGTH
from credit_app.schools.models import Student
from credit_app.schools.queries import counseled_student, enrolments_on, pupils_like
from credit_app.storage import expect_writes

FIELDS = "name,number,enrolments,participations,credits"


class MergeForm(FlaskForm):
    """The counselor has seen both rows, says why they are one child, and types the name."""

    reason = StringField(
        _l("合并原因"),
        validators=[
            InputRequired(_l("请写明为什么合并。")),
            Length(max=REASON_LENGTH, message=_l("合并原因最多 200 个字。")),
        ],
    )
    typed_name = StringField(_l("输入学生姓名以确认"), validators=[InputRequired(_l("请输入学生姓名。"))])


@blueprint.get("/pupils/<public_id>/merge")
@requires("science_counselor")
def merge_search(public_id: str) -> str:
    """The other rows of the school that the search finds; none is chosen by the program."""
    student, day = _student(public_id), clock.today()
    text = request.args.get("q", student.name)
    found = [each for each in pupils_like(db.session, school=student.school, text=text) if each.id != student.id]
    note_access("student", public_id, FIELDS)
    return render_template(
        "teacher/merge_search.html",
        student=student,
        text=text,
        found=found,
        places=enrolments_on(db.session, students=found, day=day),
    )


@blueprint.get("/pupils/<public_id>/merge/<duplicate_id>")
@requires("science_counselor")
def merge_preview_page(public_id: str, duplicate_id: str) -> str:
    """Both rows side by side, and what would happen."""
    return _page(_student(public_id), _student(duplicate_id), MergeForm(formdata=None))


@blueprint.post("/pupils/<public_id>/merge/<duplicate_id>")
@requires("science_counselor")
def submit_merge(public_id: str, duplicate_id: str) -> Any:
    """The duplicate has been taken up by the pupil. Raises: Conflict (409) when one of them has been merged already."""
    survivor, duplicate, form = _student(public_id), _student(duplicate_id), MergeForm()
    if form.validate_on_submit() and _is_meant(form, survivor):
        try:
            merge_students(
                db.session,
                duplicate=duplicate,
                survivor=survivor,
                merged_by=this_user(),
                reason=form.reason.data or "",
                now=clock.now(),
            )
        except InvalidInput as refusal:
            show_at_field(form, refusal)
        else:
            db.session.commit()
            flash(_("已合并。到场和学分都在这条记录下，重复的记录不再出现。"), "success")
            return redirect(url_for("teacher.pupil", public_id=public_id), 303)
    db.session.rollback()
    expect_writes(False)
    return _page(_student(public_id), _student(duplicate_id), form), 422


def _is_meant(form: MergeForm, survivor: Student) -> bool:
    if " ".join((form.typed_name.data or "").split()) == survivor.name:
        return True
    form.typed_name.errors = [_("和要保留的学生姓名不一致，请再核对一次。")]
    return False


def _student(public_id: str) -> Student:
    return counseled_student(db.session, user=this_user(), public_id=public_id, day=clock.today())


def _page(survivor: Student, duplicate: Student, form: MergeForm) -> str:
    note_access("student", survivor.public_id, FIELDS)
    note_access("student", duplicate.public_id, FIELDS)
    return render_template(
        "teacher/merge.html",
        preview=merge_preview(db.session, duplicate=duplicate, survivor=survivor),
        form=form,
    )
