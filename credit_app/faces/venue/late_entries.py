"""Late entries (补签) that a venue's staff propose, for somebody on the run's list: they know pupils by number only."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from wtforms import SelectChoice

from credit_app import clock
from credit_app.attendance.lists import Listed, occurrence_list
from credit_app.attendance.models import Attendance
from credit_app.extensions import db
from credit_app.faces.guards import requires, this_user
from credit_app.faces.late_entry import LateEntryForm, fresh_form, proposed
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.occurrences import FIELDS_SHOWN
from credit_app.faces.venue.reach import own_occurrence, own_reach
from credit_app.people.actions import record_access
from credit_app.schools.models import Student


@blueprint.get("/occurrences/<public_id>/pupils/<participation>/late-entry")
@requires("venue_staff")
def late_entry(public_id: str, participation: str) -> Any:
    """The form for one of the list."""
    pupil = _pupil(public_id, participation)
    return _page(public_id, pupil, fresh_form(own_occurrence(public_id), _choices(pupil)))


@blueprint.post("/occurrences/<public_id>/pupils/<participation>/late-entry")
@requires("venue_staff")
def submit_late_entry(public_id: str, participation: str) -> Any:
    """The proposal waits for a second person."""
    pupil, run, form = _pupil(public_id, participation), own_occurrence(public_id), LateEntryForm()
    form.pupil.choices = _choices(pupil)
    student_id = db.session.get_one(Attendance, pupil.attendance_id).student_id
    if proposed(form, run, db.session.get(Student, student_id)):
        flash(_("补签已提交，等带队老师、科技辅导员或另一位工作人员核实。"), "success")
        return redirect(url_for("venue.held"), 303)
    return _page(public_id, _pupil(public_id, participation), form), 422


def _pupil(public_id: str, participation: str) -> Listed:
    return occurrence_list(db.session, public_id=public_id, reach=own_reach()).pupil(participation)


def _choices(pupil: Listed) -> list[SelectChoice]:
    return [SelectChoice(pupil.participation, pupil.number)]


def _page(public_id: str, pupil: Listed, form: LateEntryForm) -> str:
    scope = f"occurrence:{public_id}"
    record_access(user_id=this_user().id, scope=scope, fields=FIELDS_SHOWN, now=clock.now())
    run = own_occurrence(public_id)
    back_url = url_for("venue.occurrence", public_id=public_id)
    return render_template(
        "partials/late_entry_page.html",
        happening=run,
        title=run.activity.title,
        form=form,
        pupil=pupil,
        back_url=back_url,
        back=_("场次页面"),
    )
