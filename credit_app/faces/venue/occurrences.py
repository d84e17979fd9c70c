"""One run while it takes place and after: who was there, their worksheets, and its end."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from credit_app import clock
from credit_app.activities.models import Occurrence
from credit_app.attendance.actions import close_occurrence
from credit_app.attendance.admission import LEAVES_UNTIL
from credit_app.attendance.headcounts import reconciled
from credit_app.attendance.leading import classes_called
from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.errors import Conflict
from credit_app.extensions import db
from credit_app.faces.guards import requires, this_user
from credit_app.faces.holding import awaiting_end
from credit_app.faces.titles import category_titles
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.reach import own_occurrence, own_reach
from credit_app.faces.worksheets import WorksheetForm, list_context, review_worksheets
from credit_app.people.actions import record_access
from credit_app.progress.queries import occurrence_rows

# What a venue's list shows of a pupil; a name is not among it.
FIELDS_SHOWN = "arrival_number,grade,school,attendance,worksheet,credits"


@blueprint.get("/occurrences/<public_id>")
@requires("venue_staff")
def occurrence(public_id: str) -> Any:
    """Who was there, under their numbers."""
    listed = occurrence_list(db.session, public_id=public_id, reach=own_reach())
    return _page(listed, WorksheetForm(formdata=None))


@blueprint.post("/occurrences/<public_id>/worksheets")
@requires("venue_staff")
def review(public_id: str) -> Any:
    """The ticked pupils' worksheets are approved or returned, and their credits follow."""
    listed = occurrence_list(db.session, public_id=public_id, reach=own_reach())
    form = WorksheetForm()
    if review_worksheets(listed, form):
        return redirect(url_for("venue.occurrence", public_id=public_id), 303)
    return _page(listed, form), 422


@blueprint.get("/occurrences/<public_id>/close")
@requires("venue_staff")
def close(public_id: str) -> Any:
    """What closing would do, before it is done: it cannot be undone."""
    run = own_occurrence(public_id)
    _must_have_begun(run)
    listed = occurrence_list(db.session, public_id=public_id, reach=own_reach())
    rows = occurrence_rows(db.session, listed=listed)
    inside = [row for row in rows if row.pupil.present.presence.open_since_at is not None]
    return render_template(
        "venue/close.html",
        run=run,
        came=len(rows),
        inside=len(inside),
        # As `close_occurrence` has it: who never checked out, and for whom nothing has been decided.
        assumed=sum(row.waits and row.pupil.present.presence.last_out_at is None for row in inside),
        closes_at=run.ends_at + LEAVES_UNTIL,
        now=clock.now(),
    )


@blueprint.post("/occurrences/<public_id>/close")
@requires("venue_staff")
def submit_close(public_id: str) -> Any:
    """The run takes no more scans. Raises: Conflict (409) when it is closed already, cancelled, or has not begun."""
    run = own_occurrence(public_id)
    # A colleague or the nightly job may be closing it at this moment.
    db.session.refresh(run, ["status"], with_for_update={"key_share": True})
    _must_have_begun(run)
    assumed = close_occurrence(db.session, occurrence=run, now=clock.now())
    db.session.commit()
    if assumed:
        flash(
            ngettext(
                "场次已结束。%(num)s 人没有签退，离场时间待确认。",
                "场次已结束。%(num)s 人没有签退，离场时间待确认。",
                assumed,
            ),
            "warning",
        )
    else:
        flash(_("场次已结束，不再接受签到和签退。"), "success")
    return redirect(url_for("venue.occurrence", public_id=public_id), 303)


def _must_have_begun(run: Occurrence) -> None:
    if run.activity.status not in ("published", "withdrawn") or run.status != "scheduled":
        raise Conflict(_("这一场已经结束或取消，不需要再结束。"))
    if run.starts_at > clock.now():
        raise Conflict(_("这一场还没开始，不能结束；如果不办了，请取消场次。"))


def _page(listed: OccurrenceList, form: WorksheetForm) -> str:
    run = own_occurrence(listed.public_id)
    if listed.pupils or listed.voided:
        scope = f"occurrence:{listed.public_id}"
        record_access(user_id=this_user().id, scope=scope, fields=FIELDS_SHOWN, now=clock.now())
    return render_template(
        "venue/occurrence.html",
        run=run,
        titles=category_titles(db.session),
        review_url=url_for("venue.review", public_id=listed.public_id),
        pupil_url=None,
        void_url=lambda each: url_for("venue.void_form", public_id=listed.public_id, participation=each),
        late_entry_url=lambda each: url_for("venue.late_entry", public_id=listed.public_id, participation=each),
        restore_url=lambda each: url_for("venue.restore_void", public_id=listed.public_id, participation=each),
        now=clock.now(),
        counts=reconciled(db.session(), occurrence_id=run.id) if listed.was_counted else [],
        called=classes_called(db.session(), occurrence_id=run.id, reach=None) if listed.was_called else [],
        ends=awaiting_end(listed),
        **list_context(listed, form),
    )
