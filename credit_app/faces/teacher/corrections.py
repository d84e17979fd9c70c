"""A science counselor proposes corrections for pupils of the own school; an officer of the district decides."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from credit_app import clock
from credit_app.errors import DomainError, NotFound
from credit_app.extensions import db
from credit_app.faces.correcting import (
    FIELDS,
    AmountForm,
    ReasonForm,
    about,
    is_filled_in,
    propose,
    refuse,
    take_up,
    withdraw,
)
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import note_access
from credit_app.ledger.corrections import Correcting, correction_in_schools, corrections_in_schools
from credit_app.progress.queries import Participation, participation_of
from credit_app.schools.models import Student
from credit_app.schools.queries import student_for_staff

ROLE = "science_counselor"


@blueprint.get("/corrections")
@requires(ROLE)
def corrections() -> str:
    """The school's corrections, those that wait first."""
    note_access("corrections", ".".join(map(str, _school_ids())), FIELDS)
    found = corrections_in_schools(db.session, school_ids=_school_ids())
    return render_template("teacher/corrections.html", found=found)


@blueprint.get("/corrections/<public_id>")
@requires(ROLE)
def correction(public_id: str) -> str:
    """One correction: what it is about, who proposed it, how it was decided."""
    return _page(_own(public_id), ReasonForm(formdata=None))


@blueprint.post("/corrections/<public_id>/propose")
@requires(ROLE)
def correction_take_up(public_id: str) -> Any:
    """What arrived after the settlement is proposed to the bureau."""
    found, form = _own(public_id), ReasonForm()
    if not is_filled_in(form):
        return _page(_own(public_id), form), 422
    try:
        take_up(form, correction=found.correction, role=ROLE)
    except DomainError as refusal:
        refuse(form, refusal)
        return _page(_own(public_id), form), refusal.status
    db.session.commit()
    flash(_("已提出，等待教育局批准。"), "success")
    return redirect(url_for("teacher.correction", public_id=public_id), 303)


@blueprint.post("/corrections/<public_id>/withdraw")
@requires(ROLE)
def correction_withdraw(public_id: str) -> Any:
    """The own proposal is taken back. Raises: NotFound for another's."""
    withdraw(_own(public_id))
    return redirect(url_for("teacher.corrections"), 303)


@blueprint.get("/pupils/<public_id>/participations/<participation_id>/correction")
@requires(ROLE)
def new_correction(public_id: str, participation_id: str) -> Any:
    """The form for a correction of this participation."""
    student, found = _participation(public_id, participation_id)
    note_access("student", public_id, FIELDS)
    return _form_page(student, found, AmountForm(formdata=None))


@blueprint.post("/pupils/<public_id>/participations/<participation_id>/correction")
@requires(ROLE)
def new_correction_propose(public_id: str, participation_id: str) -> Any:
    """The correction is proposed; or the form says why not."""
    student, found = _participation(public_id, participation_id)
    form = AmountForm()
    if not is_filled_in(form):
        return _form_page(*_participation(public_id, participation_id), form), 422
    try:
        proposed = propose(form, account_ref=student.account_ref or "", participation=found.public_id, role=ROLE)
    except DomainError as refusal:
        refuse(form, refusal)
        return _form_page(*_participation(public_id, participation_id), form), refusal.status
    db.session.commit()
    flash(_("已提出，等待教育局批准。"), "success")
    return redirect(url_for("teacher.correction", public_id=proposed.public_id), 303)


def _school_ids() -> list[int]:
    return [role.school_id for role in entered_as(ROLE) if role.school_id is not None]


def _own(public_id: str) -> Correcting:
    return correction_in_schools(db.session, public_id=public_id, school_ids=_school_ids())


def _participation(public_id: str, participation_id: str) -> tuple[Student, Participation]:
    """The pupil's participation, for the counselor of the pupil's own school. Raises: NotFound."""
    student = student_for_staff(db.session, user=this_user(), public_id=public_id, day=clock.today())
    found = participation_of(db.session, student=student, public_id=participation_id)
    if student.school_id not in _school_ids() or not found.decided:
        raise NotFound
    return student, found


def _form_page(student: Student, found: Participation, form: AmountForm) -> str:
    return render_template("teacher/correction_form.html", student=student, participation=found, form=form)


def _page(found: Correcting, form: ReasonForm) -> str:
    note_access("student", found.student.public_id, FIELDS)
    return render_template(
        "teacher/correction.html",
        **found._asdict(),
        participation=about(found),
        form=form,
        own=found.correction.proposed_by_id == this_user().id,
    )
