"""A pupil as those see them who look after them: the same figures and reasons as on the pupil's own pages."""

from __future__ import annotations

from flask import render_template

from credit_app import clock
from credit_app.extensions import db
from credit_app.faces.explaining import chapters, explain, rule_sets_of
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, note_access
from credit_app.faces.titles import category_titles
from credit_app.progress.queries import participation_of, participations_of, pupil_progress
from credit_app.rule_books.queries import books_named
from credit_app.schools.cards.queries import cards_of
from credit_app.schools.models import Student
from credit_app.schools.queries import leads_student, student_for_staff

FIELDS = "name,number,credits,participations,cards"


@blueprint.get("/pupils/<public_id>")
@requires(*STAFF)
def pupil(public_id: str) -> str:
    """One pupil's year, for those who lead or teach them and for the school's counselor."""
    student = _student(public_id)
    progress = pupil_progress(db.session, student=student, day=clock.today())
    participations = participations_of(db.session, student=student, year=progress.year)
    books = books_named(db.session, rule_sets=rule_sets_of(participations))
    return render_template(
        "teacher/pupil.html",
        student=student,
        progress=progress,
        counsels=any(role.school_id == student.school_id for role in entered_as("science_counselor")),
        told=[(participation, explain(participation, books)) for participation in participations],
        titles=category_titles(db.session),
        cards=cards_of(db.session, student=student),
        hands_out=leads_student(db.session, user=this_user(), student=student, day=clock.today()),
    )


@blueprint.get("/pupils/<public_id>/participations/<participation_id>")
@requires(*STAFF)
def participation(public_id: str, participation_id: str) -> str:
    """Why one participation earned what it earned, step by step, with all that was posted about it."""
    student = _student(public_id)
    found = participation_of(db.session, student=student, public_id=participation_id)
    books = books_named(db.session, rule_sets=rule_sets_of([found]))
    return render_template(
        "teacher/participation.html",
        student=student,
        participation=found,
        explanation=explain(found, books),
        chapters=chapters(found, books),
        may_correct=any(role.school_id == student.school_id for role in entered_as("science_counselor")),
        titles=category_titles(db.session),
    )


def _student(public_id: str) -> Student:
    student = student_for_staff(db.session, user=this_user(), public_id=public_id, day=clock.today())
    note_access("student", public_id, FIELDS)
    return student
