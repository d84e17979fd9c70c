"""Attendances that count no more, and those that count again: from the list of an occurrence."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for

from credit_app import clock
from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.extensions import db
from credit_app.faces.guards import requires, this_user
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.occurrences import FIELDS_SHOWN
from credit_app.faces.venue.reach import own_reach
from credit_app.faces.voiding import VoidForm, restore, void, void_page
from credit_app.people.actions import record_access


@blueprint.get("/occurrences/<public_id>/pupils/<participation>/void")
@requires("venue_staff")
def void_form(public_id: str, participation: str) -> Any:
    """Whose attendance it is, what voiding does, and why it is to be done."""
    return _page(_listed(public_id), participation, VoidForm(formdata=None))


@blueprint.post("/occurrences/<public_id>/pupils/<participation>/void")
@requires("venue_staff")
def submit_void(public_id: str, participation: str) -> Any:
    """The attendance counts no more. Raises: NotFound when it is none of the list's, or void already."""
    listed, form = _listed(public_id), VoidForm()
    if void(listed, participation, form):
        return redirect(url_for("venue.occurrence", public_id=public_id), 303)
    return _page(_listed(public_id), participation, form), 422


@blueprint.post("/occurrences/<public_id>/pupils/<participation>/restore")
@requires("venue_staff")
def restore_void(public_id: str, participation: str) -> Any:
    """The attendance counts again, and is judged anew."""
    restore(_listed(public_id), participation)
    return redirect(url_for("venue.occurrence", public_id=public_id), 303)


def _listed(public_id: str) -> OccurrenceList:
    return occurrence_list(db.session, public_id=public_id, reach=own_reach())


def _page(listed: OccurrenceList, participation: str, form: VoidForm) -> str:
    scope = f"occurrence:{listed.public_id}"
    record_access(user_id=this_user().id, scope=scope, fields=FIELDS_SHOWN, now=clock.now())
    return void_page(listed, participation, form, back_url=url_for("venue.occurrence", public_id=listed.public_id))
