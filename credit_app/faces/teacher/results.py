"""Results of contests, projects and online courses: a counselor enters them, another decides on them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from credit_app import clock
from credit_app.errors import DomainError, InvalidInput
from credit_app.extensions import db
from credit_app.faces.fields import clean_text
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.refusals import only_reads, show_at_field
from credit_app.faces.results import (
    DecisionForm,
    QueueForm,
    decide_one,
    note_access,
    queue_context,
    result_context,
    review_several,
)
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.result_forms import ResultForm
from credit_app.faces.titles import category_titles
from credit_app.organisations.models import School
from credit_app.recognition.results import actions
from credit_app.recognition.results.competitions import competitions_of, is_on_list
from credit_app.recognition.results.entry import faults_of
from credit_app.recognition.results.matching import Place, Unmatched, place_of, register_for
from credit_app.recognition.results.models import ReviewedResult
from credit_app.recognition.results.offer import offered_on
from credit_app.recognition.results.queries import (
    ResultReach,
    counts_by_state,
    result_for,
    results_page,
    waiting_count,
)
from credit_app.schools.queries import school_for_counselor, student_for_staff

STATES = ("submitted", "returned", "approved", "refused", "withdrawn")


@blueprint.get("/results")
@requires("science_counselor")
def results() -> str:
    """The school's results by state, newest event first; categories and words narrow them."""
    reach, school = result_reach(), own_school()
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    category, sought = request.args.get("category", ""), clean_text(request.args.get("q", ""))[:50]
    note_access("school", school.public_id)
    return render_template(
        "teacher/results.html",
        school=school,
        state=state,
        states=STATES,
        category=category,
        sought=sought,
        pages=results_page(
            db.session,
            reach=reach,
            state=state,
            category=category,
            sought=sought,
            page=request.args.get("page", 1, type=int),
        ),
        counts=counts_by_state(db.session, reach=reach),
        waiting=waiting_count(db.session, reach=reach),
        offered=offered_on(db.session, district_id=school.district_id, day=clock.today()),
        titles=category_titles(db.session),
    )


@blueprint.get("/results/new")
@requires("science_counselor")
def result_new() -> str:
    """An empty form; coming from a pupil's page, the pupil stands in it."""
    form = ResultForm(formdata=None)
    if pupil := request.args.get("pupil"):
        student = student_for_staff(db.session, user=this_user(), public_id=pupil, day=clock.today())
        note_access("student", pupil)
        form.number.data, form.name.data = student.student_no, student.name
    return _form_page(form)


@blueprint.post("/results/new")
@requires("science_counselor")
def result_enter() -> Any:
    """The result is entered and waits for a second person; or the form says what is wrong with it."""
    form, school = ResultForm(), own_school()
    if not _is_right(form, school):
        return _refused_form(form, 422)
    try:
        result = actions.enter_result(
            db.session,
            place=_place(form, school),
            entry=form.entry(form.occurred_on.data),
            entered_by=this_user(),
            now=clock.now(),
        )
    except DomainError as refusal:
        return _refused_form(form, refusal.status, refusal)
    public_id = result.public_id
    db.session.commit()
    flash(_("已登记，等另一位审核。"), "success")
    return redirect(url_for("teacher.result", public_id=public_id), 303)


@blueprint.get("/results/<public_id>")
@requires("science_counselor")
def result(public_id: str) -> str:
    """One result: what it says, where it stands, what it brought, and all that has happened to it."""
    return _page(public_id, DecisionForm(formdata=None))


@blueprint.post("/results/<public_id>")
@requires("science_counselor")
def result_decide(public_id: str) -> Any:
    """A second counselor decides; or taking an approval back is asked for, confirmed or declined."""
    form = DecisionForm()
    if decide_one(_own(public_id), form):
        return redirect(url_for("teacher.result", public_id=public_id), 303)
    return _page(public_id, form), 422


@blueprint.get("/results/<public_id>/edit")
@requires("science_counselor")
def result_edit(public_id: str) -> str:
    """The form with what was entered; the pupil stays, for another one it is entered anew."""
    found = _own(public_id)
    form = ResultForm(formdata=None, data=_data_of(found))
    return _form_page(form, public_id)


@blueprint.post("/results/<public_id>/edit")
@requires("science_counselor")
def result_correct(public_id: str) -> Any:
    """The result is corrected and waits again."""
    found, form = _own(public_id), ResultForm()
    del form.number, form.name
    if not _is_right(form, found.school):
        return _refused_form(form, 422, public_id=public_id)
    try:
        place = _found(place_of(db.session, student=found.student, school=found.school, day=form.occurred_on.data))
        actions.correct_result(
            db.session,
            result=found,
            place=place,
            entry=form.entry(form.occurred_on.data),
            entered_by=this_user(),
            now=clock.now(),
        )
    except DomainError as refusal:
        return _refused_form(form, refusal.status, refusal, public_id=public_id)
    db.session.commit()
    flash(_("已修改，等另一位审核。"), "success")
    return redirect(url_for("teacher.result", public_id=public_id), 303)


@blueprint.post("/results/<public_id>/withdraw")
@requires("science_counselor")
def result_withdraw(public_id: str) -> Any:
    """The result is withdrawn; nothing had been posted for it."""
    found = _own(public_id)
    try:
        actions.withdraw_result(db.session, result=found, withdrawn_by=this_user(), now=clock.now())
    except DomainError as refusal:
        db.session.rollback()
        flash(str(refusal.message), "warning")
    else:
        db.session.commit()
        flash(_("已撤回。需要时可以重新登记。"), "success")
    return redirect(url_for("teacher.result", public_id=public_id), 303)


@blueprint.get("/results/review")
@requires("science_counselor")
def result_queue() -> str:
    """What waits for a second person, the longest waiting first."""
    return _queue_page(QueueForm(formdata=None))


@blueprint.post("/results/review")
@requires("science_counselor")
def result_review() -> Any:
    """The ticked results are approved, returned or refused."""
    form = QueueForm()
    if review_several(result_reach(), form):
        return redirect(url_for("teacher.result_queue"), 303)
    return _queue_page(form), 422


def own_school() -> School:
    """The school whose counselor the visitor is."""
    return school_for_counselor(db.session, user=this_user(), day=clock.today())


def result_reach() -> ResultReach:
    """The results of the schools whose counselor the visitor is today."""
    return ResultReach(
        school_ids=[role.school_id for role in entered_as("science_counselor") if role.school_id is not None]
    )


def _own(public_id: str) -> ReviewedResult:
    return result_for(db.session, reach=result_reach(), public_id=public_id)


def _place(form: ResultForm, school: School) -> Place:
    number, name = form.number.data or "", form.name.data or ""
    register = register_for(db.session, school=school, numbers=[number], names=[name])
    return _found(register.find(number=number, name=name, day=form.occurred_on.data))


def _found(place: Place | Unmatched) -> Place:
    if isinstance(place, Unmatched):
        raise InvalidInput(f"{place.text}{place.remedy}", field=place.field)
    return place


def _is_right(form: ResultForm, school: School) -> bool:
    """Whether what was written may be right; else every fault stands at its field, all at once."""
    dated = form.validate()
    today = clock.today()
    day = form.occurred_on.data or today  # without a day, the rest is held against today's book
    offered = offered_on(db.session, district_id=school.district_id, day=day)
    faults = faults_of(form.entry(day), offered=offered, today=today)
    for field, message in faults.items():
        form[field].errors = [*form[field].errors, message]
    return bool(dated) and not faults


def _data_of(result: ReviewedResult) -> dict[str, Any]:
    return {
        "category": result.category,
        "title": result.title,
        "level": result.level,
        "occurred_on": result.occurred_on,
        "document_ref": result.document_ref,
    }


def _refused_form(
    form: ResultForm, status: int, refusal: DomainError | None = None, *, public_id: str | None = None
) -> Any:
    only_reads()
    if refusal is not None:
        show_at_field(form, refusal)
    return _form_page(form, public_id), status


def _form_page(form: ResultForm, public_id: str | None = None) -> str:
    school, today = own_school(), clock.today()
    found = _own(public_id) if public_id is not None else None
    if found is not None:
        note_access("result", found.public_id)
    offered = offered_on(db.session, district_id=school.district_id, day=today)
    form.offer(offered)
    listed = competitions_of(db.session, district_ids=[school.district_id])
    return render_template(
        "teacher/result_form.html",
        form=form,
        result=found,
        school=school,
        offered=offered.values(),
        competitions=[each.name for each in listed if is_on_list(each, today)],
    )


def _page(public_id: str, form: DecisionForm) -> str:
    found = _own(public_id)
    note_access("result", public_id)
    return render_template("teacher/result.html", **result_context(found, form))


def _queue_page(form: QueueForm) -> str:
    school = own_school()
    note_access("school", school.public_id)
    return render_template("teacher/result_queue.html", school=school, **queue_context(result_reach(), form))
