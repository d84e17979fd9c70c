"""What waits for the user's answer about their pupils, and ends that nobody has confirmed yet."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from credit_app import clock
from credit_app.activities.models import Occurrence
from credit_app.attendance.deciding import accept, name_excess
from credit_app.attendance.headcounts import called_present, standing_marks
from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.attendance.questions import Question, question
from credit_app.attendance.reach import classes_within
from credit_app.errors import DomainError, NotFound
from credit_app.extensions import db
from credit_app.faces.guards import requires, this_user
from credit_app.faces.holding import AnswerForm, EndsForm, answer_several, awaiting_end, confirm_ticked, queue_context
from credit_app.faces.refusals import show_at_field
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, note_access, reach
from credit_app.schools.models import Student
from credit_app.schools.queries import in_list_order
from credit_app.storage import expect_writes

FIELDS = "name,number,attendance"


@blueprint.get("/held")
@requires(*STAFF)
def held() -> str:
    """What waits for the user, overdue ones first."""
    return _page(AnswerForm(formdata=None))


@blueprint.post("/held")
@requires(*STAFF)
def answer_held() -> Any:
    """The ticked questions are answered alike."""
    form = AnswerForm()
    if answer_several(reach(), form):
        return redirect(url_for("teacher.held"), 303)
    return _page(form), 422


@blueprint.get("/held/<public_id>")
@requires(*STAFF)
def held_headcount(public_id: str) -> str:
    """A headcount that was exceeded: whom the calls found, to name those who were not there."""
    return _headcount_page(_headcount(public_id), AnswerForm(formdata=None))


@blueprint.post("/held/<public_id>")
@requires(*STAFF)
def answer_headcount(public_id: str) -> Any:
    """Those named are void, or the count was wrong; either closes the question."""
    found, form = _headcount(public_id), AnswerForm()
    if form.validate_on_submit():
        told: dict[str, Any] = {"hold": found.hold, "decided_by": this_user(), "now": clock.now()}
        told["words"] = form.words.data or ""
        try:
            if form.button.data == "accept":
                accept(db.session(), **told)
            else:
                chosen = [each.id for each in _callable(found) if each.public_id in (form.questions.data or ())]
                name_excess(db.session(), student_ids=chosen, **told)
        except DomainError as refusal:
            show_at_field(form, refusal)
        else:
            db.session.commit()
            flash(_("人数已经核对。"), "success")
            return redirect(url_for("teacher.held"), 303)
    db.session.rollback()
    expect_writes(False)
    return _headcount_page(_headcount(public_id), form), 422


@blueprint.get("/occurrences/<public_id>/ends")
@requires(*STAFF)
def ends(public_id: str) -> str:
    """The user's pupils whose end was assumed at closing."""
    return _ends_page(_listed(public_id), EndsForm(formdata=None))


@blueprint.post("/occurrences/<public_id>/ends")
@requires(*STAFF)
def confirm_held_ends(public_id: str) -> Any:
    """The ticked pupils left when the user says."""
    listed, form = _listed(public_id), EndsForm()
    closed_at = db.session.scalar(select(Occurrence.closed_at).filter_by(public_id=public_id))
    if confirm_ticked(listed, form, closed_at=closed_at):
        return redirect(url_for("teacher.occurrence", public_id=public_id), 303)
    return _ends_page(_listed(public_id), form), 422


def _page(form: AnswerForm) -> str:
    note_access("held", "queue", FIELDS)
    context = queue_context(reach())
    return render_template(
        "teacher/held.html",
        form=form,
        here=url_for("teacher.held", page=request.args.get("page")),
        page_url=lambda number: url_for("teacher.held", page=number),
        ends_url=lambda each: url_for("teacher.ends", public_id=each.public_id),
        headcount_url=lambda each: url_for("teacher.held_headcount", public_id=each.hold.public_id),
        **context,
    )


def _headcount(public_id: str) -> Question:
    found = question(db.session, public_id=public_id, reach=reach())
    if found.hold.kind != "headcount":
        raise NotFound
    return found


def _callable(found: Question) -> list[Student]:
    """Whom the calls of that moment and group found, those of the user's own classes."""
    hold, count = found.hold, found.hold.headcount
    assert count is not None
    own = set(db.session.scalars(classes_within(reach())))
    ids = called_present(
        standing_marks(db.session(), occurrence_id=hold.occurrence_id),
        moment=count.moment,
        school_id=count.school_id,
        class_ids=own,
    )
    return in_list_order(db.session.scalars(select(Student).where(Student.id.in_(ids))))


def _headcount_page(found: Question, form: AnswerForm) -> str:
    note_access("occurrence", found.hold.occurrence.public_id, FIELDS)
    return render_template(
        "teacher/held_headcount.html",
        question=found,
        excess=found.hold.evidence["called"] - found.hold.evidence["counted"],
        pupils=_callable(found),
        form=form,
    )


def _listed(public_id: str) -> OccurrenceList:
    return occurrence_list(db.session, public_id=public_id, reach=reach())


def _ends_page(listed: OccurrenceList, form: EndsForm) -> str:
    note_access("occurrence", listed.public_id, FIELDS)
    if form.at.data is None and not form.at.raw_data:
        form.at.data = listed.happening.ends_at
    return render_template(
        "partials/ends_page.html",
        listed=listed,
        pupils=awaiting_end(listed),
        form=form,
        back_url=url_for("teacher.occurrence", public_id=listed.public_id),
    )
