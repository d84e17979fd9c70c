"""The pupil's start: how far the year is, what it was earned with, what still waits, and where to go next."""

from __future__ import annotations

from flask import render_template

from credit_app import clock
from credit_app.attendance.holding import REASONS
from credit_app.attendance.questions import questions_of_pupil
from credit_app.extensions import db
from credit_app.faces.claiming import context_of, held_claim
from credit_app.faces.explaining import explain, rule_sets_of
from credit_app.faces.guards import requires, this_user
from credit_app.faces.pupil import blueprint
from credit_app.faces.pupil.own import own_student
from credit_app.faces.titles import category_titles
from credit_app.progress.queries import participations_of, pupil_progress
from credit_app.rule_books.queries import books_named

LATEST = 5


@blueprint.get("/pupil")
@requires("pupil")
def home() -> str:
    """The year at a glance."""
    student = own_student()
    progress = pupil_progress(db.session, student=student, day=clock.today())
    participations = participations_of(db.session, student=student, year=progress.year) if progress.took_part else []
    decided = [each for each in participations if each.decided][:LATEST]
    books = books_named(db.session, rule_sets=rule_sets_of([*decided, *progress.pending]))
    return render_template(
        "pupil/home.html",
        student=student,
        progress=progress,
        latest=[(each, explain(each, books)) for each in decided],
        pending=[(each, explain(each, books)) for each in progress.pending],
        titles=category_titles(db.session),
        has_open_claim=_has_open_claim(),
        waiting=questions_of_pupil(db.session(), student_id=student.id, day=clock.today()),
        reasons=REASONS,
    )


def _has_open_claim() -> bool:
    """A code was scanned a moment ago and never confirmed: somebody went to set a password first, say."""
    held = held_claim()
    if held is None or held.expired(clock.now()):
        return False
    context = context_of(held, user_id=this_user().id)
    return context is not None and context.stored_answer is None
