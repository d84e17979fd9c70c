"""Late entries (补签) that a teacher or counselor proposes for a pupil of theirs; somebody else agrees or not."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from wtforms import SelectChoice

from credit_app.activities.models import Occurrence
from credit_app.attendance.leading import occurrence_to_lead
from credit_app.extensions import db
from credit_app.faces.calling import calling_schools, to_call
from credit_app.faces.guards import requires
from credit_app.faces.late_entry import LateEntryForm, fresh_form, proposed
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.roll_calls import own_classes
from credit_app.faces.teacher.showing import STAFF, note_access
from credit_app.schools.models import Student

FIELDS = "name,number"


@blueprint.get("/occurrences/<occurrence_id>/late-entry")
@requires(*STAFF)
def late_entry_classes(occurrence_id: str) -> Any:
    """The class of the pupil; who has one class only goes on at once."""
    schools = [school.id for school in calling_schools()]
    occurrence = occurrence_to_lead(db.session, public_id=occurrence_id, school_ids=schools)
    classes = own_classes()
    if len(classes) == 1:
        return redirect(url_for("teacher.late_entry", occurrence_id=occurrence_id, class_id=classes[0].public_id))
    return render_template("teacher/late_entry_classes.html", occurrence=occurrence, classes=classes)


@blueprint.get("/occurrences/<occurrence_id>/late-entry/<class_id>")
@requires(*STAFF)
def late_entry(occurrence_id: str, class_id: str) -> Any:
    """The form, with the planned times."""
    occurrence, _school_class, students = to_call(occurrence_id, class_id)
    return _page(occurrence, class_id, fresh_form(occurrence, _choices(students)))


@blueprint.post("/occurrences/<occurrence_id>/late-entry/<class_id>")
@requires(*STAFF)
def submit_late_entry(occurrence_id: str, class_id: str) -> Any:
    """The proposal waits for a second person."""
    occurrence, _school_class, students = to_call(occurrence_id, class_id)
    form = LateEntryForm()
    form.pupil.choices = _choices(students)
    chosen = next((each for each in students if each.public_id == form.pupil.data), None)
    if proposed(form, occurrence, chosen):
        flash(_("补签已提交，等另一位老师、科技辅导员或场馆工作人员核实。"), "success")
        return redirect(url_for("teacher.held"), 303)
    occurrence, _school_class, _students = to_call(occurrence_id, class_id)
    return _page(occurrence, class_id, form), 422


def _choices(students: list[Student]) -> list[SelectChoice]:
    return [
        SelectChoice("", _("请选择学生")),
        *(SelectChoice(each.public_id, f"{each.student_no} {each.name}".strip()) for each in students),
    ]


def _page(occurrence: Occurrence, class_id: str, form: LateEntryForm) -> str:
    note_access("school_class", class_id, FIELDS)
    return render_template(
        "partials/late_entry_page.html",
        happening=occurrence,
        title=occurrence.activity.title,
        form=form,
        pupil=None,
        back_url=url_for("teacher.held"),
        back=_("待核实"),
    )
