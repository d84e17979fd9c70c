"""What waits for the venue's answer, without a name; ends that nobody has confirmed; and counting heads."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from credit_app import clock
from credit_app.attendance.headcounts import count_heads, schools_at
from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.faces.guards import requires, this_user
from credit_app.faces.holding import AnswerForm, EndsForm, answer_several, awaiting_end, confirm_ticked, queue_context
from credit_app.faces.refusals import show_at_field
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.count_forms import HeadcountForm
from credit_app.faces.venue.occurrences import FIELDS_SHOWN
from credit_app.faces.venue.reach import own_occurrence, own_reach
from credit_app.people.actions import record_access
from credit_app.storage import expect_writes


@blueprint.get("/held")
@requires("venue_staff")
def held() -> str:
    """What waits for the venue, overdue ones first."""
    return _page(AnswerForm(formdata=None))


@blueprint.post("/held")
@requires("venue_staff")
def answer_held() -> Any:
    """The ticked questions are answered alike."""
    form = AnswerForm()
    if answer_several(own_reach(), form):
        return redirect(url_for("venue.held"), 303)
    return _page(form), 422


@blueprint.get("/occurrences/<public_id>/ends")
@requires("venue_staff")
def ends(public_id: str) -> str:
    """Who did not check out before the run was closed."""
    return _ends_page(_listed(public_id), EndsForm(formdata=None))


@blueprint.post("/occurrences/<public_id>/ends")
@requires("venue_staff")
def confirm_held_ends(public_id: str) -> Any:
    """The ticked pupils left when the staff say."""
    run = own_occurrence(public_id)
    listed, form = _listed(public_id), EndsForm()
    if confirm_ticked(listed, form, closed_at=run.closed_at):
        return redirect(url_for("venue.occurrence", public_id=public_id), 303)
    return _ends_page(_listed(public_id), form), 422


@blueprint.get("/occurrences/<public_id>/headcount")
@requires("venue_staff")
def headcount(public_id: str) -> str:
    """The form for counting heads, of a school's group or of all."""
    return _count_page(public_id, HeadcountForm(formdata=None))


@blueprint.post("/occurrences/<public_id>/headcount")
@requires("venue_staff")
def submit_headcount(public_id: str) -> Any:
    """The count stands beside the leaders' calls; an excess is asked about."""
    run = own_occurrence(public_id)
    form = HeadcountForm()
    schools = {each.public_id: each for each in schools_at(db.session(), occurrence_id=run.id)}
    form.offer(schools.values())
    if form.validate_on_submit():
        try:
            count_heads(
                db.session(),
                occurrence=run,
                school=schools.get(form.group.data or ""),
                moment=form.moment.data or "",
                heads=form.heads.data if form.heads.data is not None else -1,
                counted_by=this_user(),
                client_uid=form.client_uid.data or "",
                now=clock.now(),
            )
        except DomainError as refusal:
            show_at_field(form, refusal)
        else:
            db.session.commit()
            flash(_("清点的人数已保存。"), "success")
            return redirect(url_for("venue.occurrence", public_id=public_id), 303)
    db.session.rollback()
    expect_writes(False)
    return _count_page(public_id, form), 422


def _page(form: AnswerForm) -> str:
    record_access(user_id=this_user().id, scope="held:queue", fields=FIELDS_SHOWN, now=clock.now())
    return render_template(
        "venue/held.html",
        form=form,
        here=url_for("venue.held", page=request.args.get("page")),
        page_url=lambda number: url_for("venue.held", page=number),
        ends_url=lambda each: url_for("venue.ends", public_id=each.public_id),
        headcount_url=None,
        **queue_context(own_reach()),
    )


def _listed(public_id: str) -> OccurrenceList:
    return occurrence_list(db.session, public_id=public_id, reach=own_reach())


def _ends_page(listed: OccurrenceList, form: EndsForm) -> str:
    scope = f"occurrence:{listed.public_id}"
    record_access(user_id=this_user().id, scope=scope, fields=FIELDS_SHOWN, now=clock.now())
    if form.at.data is None and not form.at.raw_data:
        form.at.data = listed.happening.ends_at
    return render_template(
        "partials/ends_page.html",
        listed=listed,
        pupils=awaiting_end(listed),
        form=form,
        back_url=url_for("venue.occurrence", public_id=listed.public_id),
    )


def _count_page(public_id: str, form: HeadcountForm) -> str:
    run = own_occurrence(public_id)
    form.offer(schools_at(db.session(), occurrence_id=run.id))
    return render_template("venue/headcount.html", run=run, form=form)
