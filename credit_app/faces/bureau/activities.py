"""Reviewing what venues and schools offer: the queue, the decision, and the withdrawal of what was published."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import Length

from credit_app import clock
from credit_app.activities import actions
from credit_app.activities.actions import DECISIONS, REMARK_LENGTH
from credit_app.activities.models import Activity
from credit_app.activities.queries import activities_page, counts_by_status, review_queue
from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.reach import own_activity, own_district_ids
from credit_app.faces.fields import clean_text
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.faces.timeline import timeline
from credit_app.faces.titles import category_titles
from credit_app.faces.worth import worth_lines
from credit_app.storage import expect_writes

# An organiser's draft is nobody else's; the queue is the first of the lists.
LISTED = ("submitted", "published", "returned", "withdrawn")


class DecisionForm(FlaskForm):
    """What the officer says; the button pressed is `decision`."""

    remark = TextAreaField(
        _l("意见"),
        [Length(max=REMARK_LENGTH, message=_l("意见最多 500 个字。"))],
        filters=[clean_text],
        description=_l("退回或撤下时必填，场馆会看到。"),
    )


@blueprint.get("/activities")
@requires("bureau_officer")
def activities() -> Any:
    """What waits for review, the longest waiting first; or, by state, what has been decided."""
    ids = own_district_ids()
    status = request.args.get("status")
    status = status if status in LISTED else LISTED[0]
    waiting = status == LISTED[0]
    return render_template(
        "bureau/activities.html",
        status=status,
        statuses=LISTED,
        queue=review_queue(db.session, district_ids=ids) if waiting else [],
        pages=None
        if waiting
        else activities_page(
            db.session, district_ids=ids, statuses=[status], page=request.args.get("page", 1, type=int)
        ),
        counts=counts_by_status(db.session, district_ids=ids),
        titles=category_titles(db.session),
    )


@blueprint.get("/activities/<public_id>")
@requires("bureau_officer")
def activity(public_id: str) -> Any:
    """All that the decision needs on one page."""
    return _page(own_activity(public_id), DecisionForm(formdata=None))


@blueprint.post("/activities/<public_id>")
@requires("bureau_officer")
def decide(public_id: str) -> Any:
    """The activity is approved, returned or withdrawn; or the page says why not, and nothing is written."""
    found = own_activity(public_id)
    form = DecisionForm()
    decision = request.form.get("decision", "")
    if decision not in DECISIONS:
        form.form_errors.append(_("请按“通过”“退回”或“撤下”按钮提交。"))
    if form.form_errors or not form.validate():
        return _refused(public_id, form, 422)
    try:
        actions.decide_on_activity(
            db.session,
            activity=found,
            decision=decision,
            remark=form.remark.data,
            decided_by=this_user(),
            now=clock.now(),
        )
    except DomainError as refusal:
        show_at_field(form, refusal)
        return _refused(public_id, form, refusal.status)
    db.session.commit()
    told = {
        "approved": _("已通过“%(title)s”，现在公开可见。", title=found.title),
        "returned": _("已退回“%(title)s”，场馆会看到您的意见。", title=found.title),
        "withdrawn": _("已撤下“%(title)s”，还没开始的场次一并取消。", title=found.title),
    }
    flash(told[decision], "success")
    return redirect(url_for("bureau.activities"), 303)


def _refused(public_id: str, form: DecisionForm, status: int) -> Any:
    """The page again, with the newest state and the message; from here the request only reads."""
    db.session.rollback()
    expect_writes(False)
    return _page(own_activity(public_id), form), status


def _page(found: Activity, form: DecisionForm) -> str:
    return render_template(
        "bureau/activity.html",
        activity=found,
        form=form,
        titles=category_titles(db.session),
        timeline=timeline(found, names_deciders=True),
        worth_lines=worth_lines(found),
        rules_url=lambda rule_set: url_for("bureau.rule_set", rule_set=rule_set),
        now=clock.now(),
    )
