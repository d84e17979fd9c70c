"""Corrections as officers see them: what the schools propose, what arrived after a settlement, and the decision.

Nobody decides on an own proposal. The pages show pupils, so each look is noted in the access log first.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired

from credit_app import clock
from credit_app.errors import DomainError, InvalidInput
from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.reach import own_district_ids
from credit_app.faces.correcting import (
    FIELDS,
    AmountForm,
    DecisionForm,
    ReasonForm,
    about,
    is_filled_in,
    propose,
    refuse,
    take_up,
    withdraw,
)
from credit_app.faces.fields import clean_text
from credit_app.faces.formatting import signed_credits
from credit_app.faces.guards import requires, this_user
from credit_app.ledger import correcting as actions
from credit_app.ledger.corrections import Correcting, correction_in_districts, corrections_in_districts
from credit_app.people.actions import record_access
from credit_app.progress.queries.participations import account_of_participation

ROLE = "bureau_officer"


class NumberedForm(AmountForm):
    """A correction by an officer, who has no page of a pupil: the participation is named by its number."""

    participation = StringField(
        _l("参与编号"),
        [DataRequired(_l("请填写参与编号。"))],
        filters=[clean_text],
        description=_l("学校在学生的这次参与页面上能看到，共 14 位。"),
    )


@blueprint.get("/corrections")
@requires(ROLE)
def corrections() -> Any:
    """The district's corrections, those that wait first."""
    scope = "corrections:" + ".".join(map(str, own_district_ids()))
    record_access(user_id=this_user().id, scope=scope, fields=FIELDS, now=clock.now())
    found = corrections_in_districts(db.session, district_ids=own_district_ids())
    return render_template("bureau/corrections.html", found=found)


@blueprint.get("/corrections/new")
@requires(ROLE)
def correction_new() -> Any:
    """The form for a correction by an officer."""
    return render_template("bureau/correction_form.html", form=NumberedForm(formdata=None))


@blueprint.post("/corrections/new")
@requires(ROLE)
def correction_propose() -> Any:
    """The correction is proposed, for another officer to decide; or the form says why not."""
    form = NumberedForm()
    if not is_filled_in(form):
        return render_template("bureau/correction_form.html", form=form), 422
    try:
        account_ref = account_of_participation(
            db.session, public_id=form.participation.data or "", district_ids=own_district_ids()
        )
        if account_ref is None:
            raise InvalidInput(_("本区没有这个编号的参与，请核对。"), field="participation")
        proposed = propose(form, account_ref=account_ref, participation=form.participation.data or "", role=ROLE)
    except DomainError as refusal:
        refuse(form, refusal)
        return render_template("bureau/correction_form.html", form=form), refusal.status
    db.session.commit()
    flash(_("已提出，等待另一位工作人员批准。"), "success")
    return redirect(url_for("bureau.correction", public_id=proposed.public_id), 303)


@blueprint.get("/corrections/<public_id>")
@requires(ROLE)
def correction(public_id: str) -> Any:
    """One correction on one page, with all that the decision needs."""
    return _page(_own(public_id))


@blueprint.post("/corrections/<public_id>")
@requires(ROLE)
def correction_decide(public_id: str) -> Any:
    """It is approved or refused; or the page says why not, and nothing is written."""
    found, form = _own(public_id), DecisionForm()
    decision = request.form.get("decision", "")
    said: dict[str, Any] = {
        "decided_by": this_user(),
        "decided_as": ROLE,
        "remark": form.remark.data or "",
        "now": clock.now(),
    }
    try:
        if decision == "approved":
            moved = actions.approve_correction(db.session, correction=found.correction, **said)
            told = _("已批准，学分变动 %(credits)s。", credits=signed_credits(moved))
        elif decision == "refused":
            actions.refuse_correction(db.session, correction=found.correction, **said)
            told = _("未批准，提出人会看到您的意见。")
        else:
            raise InvalidInput(_("请按“批准”或“不批准”按钮提交。"))
    except DomainError as refusal:
        return _refused(public_id, refusal, decision_form=form)
    db.session.commit()
    flash(told, "success")
    return redirect(url_for("bureau.corrections"), 303)


@blueprint.post("/corrections/<public_id>/propose")
@requires(ROLE)
def correction_take_up(public_id: str) -> Any:
    """What arrived after the settlement is proposed by this officer, for another one to decide."""
    found, form = _own(public_id), ReasonForm()
    if not is_filled_in(form):
        return _page(_own(public_id), form=form), 422
    try:
        take_up(form, correction=found.correction, role=ROLE)
    except DomainError as refusal:
        return _refused(public_id, refusal, form=form)
    db.session.commit()
    flash(_("已提出，等待另一位工作人员批准。"), "success")
    return redirect(url_for("bureau.correction", public_id=public_id), 303)


@blueprint.post("/corrections/<public_id>/withdraw")
@requires(ROLE)
def correction_withdraw(public_id: str) -> Any:
    """The own proposal is taken back. Raises: NotFound for another's."""
    withdraw(_own(public_id))
    return redirect(url_for("bureau.corrections"), 303)


def _own(public_id: str) -> Correcting:
    return correction_in_districts(db.session, public_id=public_id, district_ids=own_district_ids())


def _refused(public_id: str, refusal: DomainError, **forms: Any) -> Any:
    for form in forms.values():
        refuse(form, refusal)
    return _page(_own(public_id), **forms), refusal.status


def _page(found: Correcting, form: ReasonForm | None = None, decision_form: DecisionForm | None = None) -> str:
    scope = f"student:{found.student.public_id}"
    record_access(user_id=this_user().id, scope=scope, fields=FIELDS, now=clock.now())
    return render_template(
        "bureau/correction.html",
        **found._asdict(),
        participation=about(found),
        form=form or ReasonForm(formdata=None),
        decision_form=decision_form or DecisionForm(formdata=None),
        own=found.correction.proposed_by_id == this_user().id,
    )
