"""Deciding on results, one or several at once: the same for a second counselor and for the bureau.

A face fetches what is within its reach, shows it with ``partials/result.html`` and ``partials/result_queue.html``, and
gives the posted form to `decide_one` or `review_several`. After a refused form nothing has been written, and what
follows in the request only reads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length

from credit_app import clock
from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.faces.explaining import chapters, explain, explain_award, rule_sets_of
from credit_app.faces.fields import clean_text
from credit_app.faces.formatting import local_moment, signed_credits
from credit_app.faces.guards import this_user
from credit_app.faces.refusals import only_reads, show_at_field
from credit_app.faces.titles import category_titles
from credit_app.people.actions import record_access
from credit_app.progress.queries import participation_of
from credit_app.recognition.results import deciding
from credit_app.recognition.results.crediting import award_if_approved
from credit_app.recognition.results.deciding import BATCH, REMARK_LENGTH, Decided
from credit_app.recognition.results.models import ResultReview, ReviewedResult
from credit_app.recognition.results.queries import (
    ResultReach,
    can_decide,
    results_named,
    review_queue,
    waiting_count,
)
from credit_app.rule_books.queries import book_named, books_named

FIELDS = "name,number,grade,results"
QUEUE_SHOWN = 50
# What a button of the queue means.
BUTTONS = {"approve": "approved", "return": "returned", "refuse": "refused"}


class DecisionForm(FlaskForm):
    """What is said about one result; the button pressed is `decision`."""

    remark = TextAreaField(
        _l("意见"),
        [Length(max=REMARK_LENGTH, message=_l("意见最多 200 个字。"))],
        filters=[clean_text],
    )
    decision = StringField()


class QueueForm(FlaskForm):
    """Ticked results, a remark for all of them; the button pressed is `button`."""

    results = SelectMultipleField(_l("成果"), validate_choice=False)
    remark = StringField(
        _l("意见"), [Length(max=REMARK_LENGTH, message=_l("意见最多 200 个字。"))], filters=[clean_text]
    )
    button = StringField()


def note_access(scope: str, public_id: str) -> None:
    """The access log says that results of minors were shown; before they are, or they are not."""
    record_access(user_id=this_user().id, scope=f"{scope}:{public_id}", fields=FIELDS, now=clock.now())


def decide_one(result: ReviewedResult, form: DecisionForm) -> bool:
    """True when the decision in the submitted `form` has been carried out, committed and flashed; else it holds the
    errors."""
    decision = form.decision.data or ""
    if decision not in _STEPS:
        form.form_errors.append(_("请按页面上的按钮提交。"))
    if form.form_errors or not form.validate():
        only_reads()
        return False
    try:
        decided = _STEPS[decision](result, form.remark.data or "")
    except DomainError as refusal:
        only_reads()
        show_at_field(form, refusal)
        return False
    db.session.commit()
    _tell(decision, decided)
    return True


def review_several(reach: ResultReach, form: QueueForm) -> bool:
    """True when the ticked results within `reach` have been decided on, committed and flashed; else `form` says why.

    Those that somebody else has decided on in the meantime stay as they are.
    """
    decision = BUTTONS.get(form.button.data or "", "")
    chosen = list(dict.fromkeys(form.results.data or ()))
    if not decision:
        form.form_errors.append(_("请按页面上的按钮提交。"))
    elif not chosen:
        form.form_errors.append(_("请先勾选要审核的成果。"))
    elif len(chosen) > BATCH:
        form.form_errors.append(_("一次最多审核 %(most)s 项。", most=BATCH))
    if form.form_errors or not form.validate():
        only_reads()
        return False
    try:
        decided = deciding.decide_results(
            db.session,
            results=results_named(db.session, reach=reach, public_ids=chosen),
            decision=decision,
            remark=form.remark.data or "",
            decided_by=this_user(),
            now=clock.now(),
        )
    except DomainError as refusal:
        only_reads()
        show_at_field(form, refusal)
        return False
    db.session.commit()
    _tell(decision, decided)
    return True


def queue_context(reach: ResultReach, form: QueueForm) -> dict[str, Any]:
    """What ``partials/result_queue.html`` needs."""
    return {
        "queue": review_queue(db.session, reach=reach, limit=QUEUE_SHOWN),
        "waiting": waiting_count(db.session, reach=reach),
        "form": form,
        "may_decide": lambda result: can_decide(result, this_user()),
        "titles": category_titles(db.session),
    }


def result_context(result: ReviewedResult, form: DecisionForm) -> dict[str, Any]:
    """What ``partials/result.html`` needs: the result, its history, and what it brought or would bring."""
    user = this_user()
    context: dict[str, Any] = {
        "result": result,
        "form": form,
        "may_decide": can_decide(result, user),
        "is_own": user.id in (result.entered_by_id, result.revocation_asked_by_id),
        "asked": result.state == "approved" and result.revocation_asked_by_id is not None,
        "stages": [_stage(review) for review in result.reviews],
        "titles": category_titles(db.session),
        "participation": None,
        "explanation": None,
        "chapters": [],
        "listed_matters": False,
    }
    if result.state in ("submitted", "returned"):
        award = award_if_approved(db.session, result=result)
        context["explanation"] = explain_award(award, book_named(db.session, award.rule_set)) if award else None
        context["listed_matters"] = award is not None and award.reason == "not_listed"
    elif result.state in ("approved", "refused"):
        found = participation_of(db.session, student=result.student, public_id=result.public_id)
        books = books_named(db.session, rule_sets=rule_sets_of([found]))
        context |= {"participation": found, "explanation": explain(found, books), "chapters": chapters(found, books)}
    return context


def _decide(decision: str) -> Callable[[ReviewedResult, str], Decided]:
    def step(result: ReviewedResult, remark: str) -> Decided:
        return deciding.decide_results(
            db.session, results=[result], decision=decision, remark=remark, decided_by=this_user(), now=clock.now()
        )

    return step


def _ask(result: ReviewedResult, remark: str) -> Decided:
    deciding.ask_revocation(db.session, result=result, reason=remark, asked_by=this_user(), now=clock.now())
    return Decided(1)


def _confirm(result: ReviewedResult, _remark: str) -> Decided:
    return deciding.confirm_revocation(db.session, result=result, decided_by=this_user(), now=clock.now())


def _decline(result: ReviewedResult, remark: str) -> Decided:
    deciding.decline_revocation(db.session, result=result, remark=remark, decided_by=this_user(), now=clock.now())
    return Decided(1)


_STEPS: dict[str, Callable[[ReviewedResult, str], Decided]] = {
    "approved": _decide("approved"),
    "returned": _decide("returned"),
    "refused": _decide("refused"),
    "ask_revocation": _ask,
    "confirm_revocation": _confirm,
    "decline_revocation": _decline,
}


def _tell(decision: str, decided: Decided) -> None:
    count = decided.changed
    if not count:
        flash(_("这些成果已由别人审核过，没有变化。"), "info")
        return
    told = {
        "approved": lambda: ngettext("已通过 %(num)s 项成果。", "已通过 %(num)s 项成果。", count),
        "returned": lambda: ngettext("已退回 %(num)s 项成果。", "已退回 %(num)s 项成果。", count),
        "refused": lambda: ngettext("%(num)s 项成果不予认定。", "%(num)s 项成果不予认定。", count),
        "ask_revocation": lambda: _("已申请撤销认定，等另一位确认。"),
        "confirm_revocation": lambda: _("已撤销认定。"),
        "decline_revocation": lambda: _("认定保持不变。"),
    }[decision]()
    if decided.centicredits:
        told = _("%(what)s学分合计 %(credits)s。", what=told, credits=signed_credits(decided.centicredits))
    flash(told, "success")
    if decided.waiting:
        flash(_("其中 %(count)s 项当天没有生效的学分规则，规则发布后才能认定学分。", count=decided.waiting), "warning")
    if decided.skipped:
        flash(_("另有 %(count)s 项已由别人审核过，没有变化。", count=decided.skipped), "info")


def _stage(review: ResultReview) -> dict[str, str]:
    label = {
        "entered": _("完成登记"),
        "corrected": _("修改后再次提交"),
        "approved": _("审核通过"),
        "returned": _("退回修改"),
        "refused": _("不予认定"),
        "withdrawn": _("撤回登记"),
        "revocation_asked": _("申请撤销认定"),
        "revocation_declined": _("撤销申请未通过，认定不变"),
        "revoked": _("撤销认定"),
    }[review.step]
    said = [local_moment(review.taken_at), review.taken_by.display_name]
    if review.remark:
        said.append(_("“%(remark)s”", remark=review.remark))
    return {"label": label, "text": " · ".join(said), "state": "done"}
