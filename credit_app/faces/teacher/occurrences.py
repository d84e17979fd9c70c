"""Where the user's pupils have been lately, who of them was there, and their worksheets."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from credit_app import clock
from credit_app.attendance.leading import ClassCalled, classes_called
from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.attendance.recent import recent_occurrences
from credit_app.extensions import db
from credit_app.faces.guards import entered_as, requires
from credit_app.faces.holding import awaiting_end
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, note_access, reach
from credit_app.faces.titles import category_titles
from credit_app.faces.waiting_counts import held_counts
from credit_app.faces.worksheets import WorksheetForm, list_context, review_worksheets
from credit_app.rules.calendar import academic_year, academic_year_bounds

PAGE = 20
FIELDS = "name,number,attendance,worksheet,credits"


@blueprint.get("/occurrences")
@requires(*STAFF)
def occurrences() -> str:
    """The academic year's occurrences that the user's pupils attended, newest first."""
    day = clock.today()
    since, _last = academic_year_bounds(academic_year(day))
    page = max(1, request.args.get("page", 1, type=int))
    waiting = request.args.get("show") == "waiting"
    found = recent_occurrences(
        db.session,
        reach=reach(),
        since=since,
        awaiting_only=waiting,
        limit=PAGE + 1,
        offset=(page - 1) * PAGE,
    )
    return render_template(
        "teacher/occurrences.html",
        occurrences=found[:PAGE],
        page_no=page,
        has_more=len(found) > PAGE,
        waiting=waiting,
        counsels=bool(entered_as("science_counselor")),
        held=held_counts("teacher"),
        titles=category_titles(db.session),
    )


@blueprint.get("/occurrences/<public_id>")
@requires(*STAFF)
def occurrence(public_id: str) -> str:
    """Those of the user's pupils who were there, with their stay, credits and worksheet."""
    return _page(_listed(public_id), WorksheetForm(formdata=None))


@blueprint.post("/occurrences/<public_id>")
@requires(*STAFF)
def decide_on_worksheets(public_id: str) -> AnyResponse | tuple[str, int]:
    """The ticked worksheets, or all that wait, are approved or returned."""
    form = WorksheetForm()
    if review_worksheets(_listed(public_id), form):
        return redirect(url_for("teacher.occurrence", public_id=public_id), 303)
    return _page(_listed(public_id), form), 422


def _listed(public_id: str) -> OccurrenceList:
    return occurrence_list(db.session, public_id=public_id, reach=reach())


def _page(listed: OccurrenceList, form: WorksheetForm) -> str:
    note_access("occurrence", listed.public_id, FIELDS)
    return render_template(
        "teacher/occurrence.html",
        **list_context(listed, form),
        pupil_url=lambda public_id: url_for("teacher.pupil", public_id=public_id),
        void_url=lambda each: url_for("teacher.void_form", public_id=listed.public_id, participation=each),
        restore_url=lambda each: url_for("teacher.restore_void", public_id=listed.public_id, participation=each),
        called=_called(listed),
        ends=awaiting_end(listed),
        titles=category_titles(db.session),
    )


def _called(listed: OccurrenceList) -> list[ClassCalled]:
    if not listed.was_called:
        return []
    return classes_called(db.session(), occurrence_id=listed.happening.occurrence_id, reach=reach())
