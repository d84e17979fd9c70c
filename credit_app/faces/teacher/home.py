"""Where a teacher begins: their classes and groups, what waits for them; for a counselor, the school on one page."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template

from credit_app import clock
from credit_app.attendance.recent import recent_occurrences
from credit_app.extensions import db
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, reach
from credit_app.faces.waiting_counts import held_counts
from credit_app.progress.queries import class_counts, school_overview
from credit_app.rules.calendar import academic_year, academic_year_bounds
from credit_app.schools import queries as schools

RECENT = timedelta(days=60)
LINES = 6


@blueprint.get("")
@requires(*STAFF)
def home() -> str:
    """Classes with how their pupils stand, worksheets that wait, and the school's figures for its counselor."""
    day, user = clock.today(), this_user()
    classes = schools.classes_of(db.session, user=user, day=day)
    overview = None
    if entered_as("science_counselor"):
        school = schools.school_for_counselor(db.session, user=user, day=day)
        overview = school_overview(db.session, school=school, day=day)
    year_began_on, _year_ends_on = academic_year_bounds(academic_year(day))
    return render_template(
        "teacher/home.html",
        year=academic_year(day),
        classes=classes,
        counts=class_counts(db.session, classes=classes, day=day),
        overview=overview,
        recent=recent_occurrences(db.session, reach=reach(), since=day - RECENT, limit=LINES),
        awaiting=recent_occurrences(db.session, reach=reach(), since=year_began_on, awaiting_only=True, limit=LINES),
        held=held_counts("teacher"),
        user=user,
        leads=overview is not None or any(each.kind == "homeroom" for each in classes),
    )
