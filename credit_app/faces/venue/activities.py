"""Creating, changing and submitting an activity, and the page that shows where it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from credit_app import clock
from credit_app.activities import actions
from credit_app.activities.actions import OPEN_TO_CHANGE
from credit_app.activities.models import Activity
from credit_app.attendance.queries import heads_by_occurrence
from credit_app.errors import DomainError, NoRuleSet
from credit_app.extensions import db
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.faces.timeline import timeline
from credit_app.faces.titles import category_titles
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.forms import NewActivityForm, OutlineForm
from credit_app.faces.venue.offering import USUAL_LENGTH, USUAL_START, Offered, offered_at
from credit_app.faces.venue.reach import own_activity, own_venues
from credit_app.faces.worth import worth_lines
from credit_app.rules.calendar import LOCAL
from credit_app.storage import expect_writes


@blueprint.get("/activities/new")
@requires("venue_staff")
def new_activity() -> Any:
    """The form for an activity and its first run; without a rule set nobody could say what it is worth."""
    venues = own_venues()
    try:
        offered = offered_at(venues[0])
    except NoRuleSet as missing:
        return render_template("venue/no_rules.html", message=missing.message)
    form = NewActivityForm(formdata=None, data=_suggested())
    form.offer(venues=venues, categories=offered.titles)
    return _form_page(form, offered, None)


@blueprint.post("/activities/new")
@requires("venue_staff")
def submit_new_activity() -> Any:
    """The draft and its first run stand together or not at all; with the other button it goes to the bureau at once."""
    venues = own_venues()
    form = NewActivityForm()
    venue = form.chosen_venue(venues)
    offered = offered_at(venue)
    form.offer(venues=venues, categories=offered.titles)
    if not form.validate():
        return _refused(form, offered, None)
    now = clock.now()
    try:
        activity = actions.create_activity(
            db.session, outline=form.outline(), venue=venue, created_by=this_user(), now=now
        )
        actions.add_occurrence(db.session, activity=activity, **form.run())
        if "submit_for_review" in request.form:
            actions.submit_activity(db.session, activity=activity, now=now)
    except DomainError as refusal:
        show_at_field(form, refusal)
        return _refused(form, offered, None)
    db.session.commit()
    if activity.status == "submitted":
        flash(_("已提交教育局审核，通过后会出现在公开的活动列表里。"), "success")
    else:
        flash(_("草稿已保存。检查无误后请提交审核。"), "success")
    return redirect(url_for("venue.activity", public_id=activity.public_id), 303)


@blueprint.get("/activities/<public_id>")
@requires("venue_staff")
def activity(public_id: str) -> Any:
    """Where the activity stands, what it is worth, and its runs."""
    found = own_activity(public_id)
    return render_template(
        "venue/activity.html",
        activity=found,
        titles=category_titles(db.session),
        timeline=timeline(found),
        worth_lines=worth_lines(found),
        heads=heads_by_occurrence(db.session, occurrence_ids=[run.id for run in found.occurrences]),
        open_to_change=found.status in OPEN_TO_CHANGE,
        now=clock.now(),
    )


@blueprint.get("/activities/<public_id>/edit")
@requires("venue_staff")
def edit_activity(public_id: str) -> Any:
    """The outline, to be changed while it is a draft or has been returned."""
    found = own_activity(public_id)
    if found.status not in OPEN_TO_CHANGE:
        flash(_("活动已提交或已发布，不能修改内容。"), "warning")
        return redirect(url_for("venue.activity", public_id=public_id))
    assert found.venue is not None
    offered = offered_at(found.venue)
    form = OutlineForm(formdata=None, data=OutlineForm.values_of(found))
    form.offer(venues=[found.venue], categories=offered.titles)
    return _form_page(form, offered, found)


@blueprint.post("/activities/<public_id>/edit")
@requires("venue_staff")
def submit_edit(public_id: str) -> Any:
    """The outline is changed. What is published or under review stays as it is (409)."""
    found = own_activity(public_id)
    assert found.venue is not None
    offered = offered_at(found.venue)
    form = OutlineForm()
    form.offer(venues=[found.venue], categories=offered.titles)
    if not form.validate():
        return _refused(form, offered, found)
    actions.edit_activity(db.session, activity=found, outline=form.outline())
    db.session.commit()
    flash(_("修改已保存。"), "success")
    return redirect(url_for("venue.activity", public_id=public_id), 303)


@blueprint.post("/activities/<public_id>/submit")
@requires("venue_staff")
def submit_for_review(public_id: str) -> Any:
    """The bureau is asked; what is still missing is told on the activity's page."""
    found = own_activity(public_id)
    return _step(
        found,
        lambda: actions.submit_activity(db.session, activity=found, now=clock.now()),
        _("已提交教育局审核，通过后会出现在公开的活动列表里。"),
    )


@blueprint.post("/activities/<public_id>/recall")
@requires("venue_staff")
def recall(public_id: str) -> Any:
    """The organiser has it back, to change it before anybody decides."""
    found = own_activity(public_id)
    return _step(
        found,
        lambda: actions.recall_activity(db.session, activity=found),
        _("已撤回，现在可以修改；改好后请再次提交。"),
    )


def _step(found: Activity, take: Callable[[], None], done: str) -> Response:
    """The step is taken, or the page says why not; nothing is written then."""
    address = url_for("venue.activity", public_id=found.public_id)
    try:
        take()
    except DomainError as refusal:
        db.session.rollback()
        flash(str(refusal.message), "error")
        return redirect(address, 303)
    db.session.commit()
    flash(done, "success")
    return redirect(address, 303)


def _refused(form: OutlineForm, offered: Offered, activity: Activity | None) -> Any:
    """The form again with its messages; from here the request only reads."""
    db.session.rollback()
    expect_writes(False)
    return _form_page(form, offered, activity), 422


def _form_page(form: OutlineForm, offered: Offered, activity: Activity | None) -> str:
    return render_template("venue/activity_form.html", form=form, offered=offered, activity=activity)


def _suggested() -> dict[str, Any]:
    """A form that is nearly filled in: next week's Saturday morning, all grades."""
    today = clock.today()
    saturday = today + timedelta(days=(5 - today.weekday()) % 7 or 7)
    starts_at = datetime.combine(saturday, USUAL_START, LOCAL)
    return {"grade_from": 1, "grade_to": 9, "starts_at": starts_at, "ends_at": starts_at + USUAL_LENGTH}
