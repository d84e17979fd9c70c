"""Where venue staff begin: what is on, what is left to do, what waits for whom."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from flask import render_template, request

from credit_app import clock
from credit_app.activities.queries import (
    STATUSES,
    activities_page,
    counts_by_status,
    runs_between,
    runs_left_open,
)
from credit_app.attendance.admission import LEAVES_UNTIL
from credit_app.attendance.queries import heads_by_occurrence
from credit_app.extensions import db
from credit_app.faces.guards import requires
from credit_app.faces.titles import category_titles
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.reach import own_venue_ids, own_venues
from credit_app.faces.waiting_counts import held_counts
from credit_app.rules.calendar import LOCAL

DAYS_SHOWN = 7
SCREEN_OFFERED_BEFORE = timedelta(hours=24)
UNFINISHED = ("returned", "draft", "submitted")
UNFINISHED_SHOWN = 10


@blueprint.get("")
@requires("venue_staff")
def home() -> Any:
    """The next days' runs with their screens, those left open, and what is not published yet."""
    now, ids = clock.now(), own_venue_ids()
    today = datetime.combine(clock.today(), time(), LOCAL)
    left_open = runs_left_open(db.session, venue_ids=ids, ended_before=now)
    coming = [
        run
        for run in runs_between(
            db.session, venue_ids=ids, ends_after=today, starts_before=today + timedelta(days=DAYS_SHOWN)
        )
        if run not in left_open
    ]
    unfinished = activities_page(db.session, venue_ids=ids, statuses=UNFINISHED, size=UNFINISHED_SHOWN)
    return render_template(
        "venue/home.html",
        venues=own_venues(),
        now=now,
        left_open=left_open,
        coming=coming,
        closes_after=LEAVES_UNTIL,
        screens_until=now + SCREEN_OFFERED_BEFORE,
        heads=heads_by_occurrence(db.session, occurrence_ids=[run.id for run in (*left_open, *coming)]),
        unfinished=sorted(unfinished.activities, key=lambda activity: UNFINISHED.index(activity.status)),
        counts=counts_by_status(db.session, venue_ids=ids),
        titles=category_titles(db.session),
        held=held_counts("venue"),
    )


@blueprint.get("/activities")
@requires("venue_staff")
def all_activities() -> Any:
    """Every activity of the venue, newest first, by its state."""
    status = request.args.get("status")
    status = status if status in STATUSES else None
    ids = own_venue_ids()
    return render_template(
        "venue/activities.html",
        pages=activities_page(
            db.session,
            venue_ids=ids,
            statuses=[status] if status else STATUSES,
            page=request.args.get("page", 1, type=int),
        ),
        counts=counts_by_status(db.session, venue_ids=ids),
        status=status,
        statuses=STATUSES,
        several_venues=len(ids) > 1,
        titles=category_titles(db.session),
        now=clock.now(),
    )
