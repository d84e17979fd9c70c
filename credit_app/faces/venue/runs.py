"""The dated runs of an activity: added, changed or removed while it is a draft; added or cancelled once published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from credit_app import clock
from credit_app.activities import actions
from credit_app.activities.actions import OPEN_TO_CHANGE
from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.queries import head_counts
from credit_app.errors import Conflict, DomainError
from credit_app.extensions import db
from credit_app.faces.guards import requires
from credit_app.faces.refusals import show_at_field
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.forms import RunForm
from credit_app.faces.venue.reach import own_activity, own_occurrence
from credit_app.storage import expect_writes


@blueprint.get("/activities/<public_id>/occurrences/new")
@requires("venue_staff")
def new_run(public_id: str) -> Any:
    """The form for one more run: a week after the last one, with the same length, room and capacity."""
    found = own_activity(public_id)
    return _page(RunForm(formdata=None, data=_suggested(found)), found, None)


@blueprint.post("/activities/<public_id>/occurrences/new")
@requires("venue_staff")
def submit_new_run(public_id: str) -> Any:
    """One more run."""
    found = own_activity(public_id)
    form = RunForm()
    if not form.validate():
        return _refused(form, found, None)
    try:
        actions.add_occurrence(db.session, activity=found, **form.run())
    except DomainError as refusal:
        show_at_field(form, refusal)
        return _refused(form, found, None, refusal.status)
    db.session.commit()
    flash(_("场次已添加。"), "success")
    return redirect(url_for("venue.activity", public_id=public_id), 303)


@blueprint.get("/occurrences/<public_id>/edit")
@requires("venue_staff")
def edit_run(public_id: str) -> Any:
    """The run, to be changed before it is published."""
    run = own_occurrence(public_id)
    if run.activity.status not in OPEN_TO_CHANGE:
        flash(_("活动已提交或已发布，场次时间不能修改；可以取消这一场，另加一场。"), "warning")
        return redirect(url_for("venue.activity", public_id=run.activity.public_id))
    shown = {name: getattr(run, name) for name in ("starts_at", "ends_at", "capacity", "room")}
    return _page(RunForm(formdata=None, data=shown), run.activity, run)


@blueprint.post("/occurrences/<public_id>/edit")
@requires("venue_staff")
def submit_edit_run(public_id: str) -> Any:
    """The run is changed."""
    run = own_occurrence(public_id)
    form = RunForm()
    if not form.validate():
        return _refused(form, run.activity, run)
    try:
        actions.change_occurrence(db.session, occurrence=run, **form.run())
    except DomainError as refusal:
        show_at_field(form, refusal)
        return _refused(form, run.activity, run, refusal.status)
    db.session.commit()
    flash(_("场次已修改。"), "success")
    return redirect(url_for("venue.activity", public_id=run.activity.public_id), 303)


@blueprint.post("/occurrences/<public_id>/remove")
@requires("venue_staff")
def remove_run(public_id: str) -> Any:
    """A run that nobody has been told of is gone. Raises: Conflict (409) for any other."""
    run = own_occurrence(public_id)
    activity_id = run.activity.public_id
    actions.remove_occurrence(db.session, occurrence=run)
    db.session.commit()
    flash(_("场次已移除。"), "success")
    return redirect(url_for("venue.activity", public_id=activity_id), 303)


@blueprint.post("/occurrences/<public_id>/cancel")
@requires("venue_staff")
def cancel_run(public_id: str) -> Any:
    """A published run does not take place. Raises: Conflict (409) once it has begun or somebody has checked in."""
    run = own_occurrence(public_id)
    actions.cancel_occurrence(db.session, occurrence=run, now=clock.now())
    _inside, came = head_counts(db.session, occurrence_id=run.id)
    if came:
        raise Conflict(_("已经有学生签到，这一场不能取消；活动结束后请在场次页面办理结束。"))
    db.session.commit()
    flash(_("这一场已取消，列表里会标明“已取消”。"), "success")
    return redirect(url_for("venue.activity", public_id=run.activity.public_id), 303)


def _refused(form: RunForm, activity: Activity, run: Occurrence | None, status: int = 422) -> Any:
    """The form again with its messages; from here the request only reads."""
    db.session.rollback()
    expect_writes(False)
    return _page(form, activity, run), status


def _page(form: RunForm, activity: Activity, run: Occurrence | None) -> str:
    return render_template("venue/run_form.html", form=form, activity=activity, run=run)


def _suggested(activity: Activity) -> dict[str, Any]:
    runs = [run for run in activity.occurrences if run.status != "cancelled"]
    if not runs:
        return {}
    last, week = runs[-1], timedelta(days=7)
    behind = max(timedelta(), clock.now() - last.starts_at)
    later = week * (behind // week + 1)
    return {
        "starts_at": last.starts_at + later,
        "ends_at": last.ends_at + later,
        "capacity": last.capacity,
        "room": last.room,
    }
