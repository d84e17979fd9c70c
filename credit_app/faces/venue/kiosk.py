"""The screen in the hall: opened by the venue's staff, or by the counselor of the school that offers the activity."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from credit_app import clock
from credit_app.activities import actions as activities
from credit_app.activities.models import Occurrence
from credit_app.activities.queries import occurrence_for_organiser
from credit_app.attendance.queries import head_counts
from credit_app.attendance.screen_pass import issue_pass
from credit_app.extensions import db
from credit_app.faces.guards import entered_as, requires
from credit_app.faces.kiosk_screen import DIRECTIONS, seconds_left, side_of, usual_direction
from credit_app.faces.venue import blueprint

ORGANISERS = ("venue_staff", "science_counselor")
WITHOUT_SCRIPT_SECONDS = 8  # a code is good for at least 13 s after its slot has begun


@blueprint.get("/occurrences/<public_id>/kiosk")
@requires(*ORGANISERS)
def kiosk(public_id: str) -> Any:
    """The screen, with the codes of this moment already drawn; its script turns them from then on, and switches between
    in, out and both without asking for the page again: whoever opened it may long be signed out."""
    now = clock.now()
    occurrence = _own_occurrence(public_id)
    direction = request.args.get("direction")
    if direction not in (*DIRECTIONS, "both"):
        direction = usual_direction(occurrence, now)
    inside, came = head_counts(db.session, occurrence_id=occurrence.id)
    return render_template(
        "venue/kiosk.html",
        occurrence=occurrence,
        activity=occurrence.activity,
        direction=direction,
        sides=[side_of(occurrence, each, now) for each in DIRECTIONS],
        large="large" in request.args,
        typed_at=request.host + url_for("pupil.claim"),
        inside=inside,
        came=came,
        now=now,
        now_ms=int(now.timestamp() * 1000),
        seconds_left=seconds_left(now),
        screen_pass=issue_pass(occurrence),
        reload_seconds=WITHOUT_SCRIPT_SECONDS,
        back=url_for("venue.occurrence" if occurrence.activity.venue_id else "teacher.occurrence", public_id=public_id),
    )


@blueprint.post("/occurrences/<public_id>/kiosk/kill-codes")
@requires(*ORGANISERS)
def kill_codes(public_id: str) -> Any:
    """Every code shown so far is dead, on this screen and any other; this one goes on with new ones."""
    occurrence = _own_occurrence(public_id)
    activities.kill_codes(db.session, occurrence=occurrence)
    db.session.commit()
    flash(_("之前显示的码全部作废，其他屏幕需要重新打开。"), "success")
    return redirect(
        url_for(
            "venue.kiosk",
            public_id=public_id,
            direction=request.form.get("direction"),
            large=request.form.get("large") or None,
        ),
        303,
    )


def _own_occurrence(public_id: str) -> Occurrence:
    return occurrence_for_organiser(
        db.session,
        public_id=public_id,
        venue_ids=[role.venue_id for role in entered_as("venue_staff") if role.venue_id],
        school_ids=[role.school_id for role in entered_as("science_counselor") if role.school_id],
    )
