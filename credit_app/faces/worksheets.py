"""Deciding on worksheets from an attendance list: one form and one way of reading it, for every face that has a list.

A face fetches the list for whoever asks, shows it with ``partials/occurrence_list.html``, and gives the posted form to
`review_worksheets`::

    listed = occurrence_list(db.session, public_id=…, reach=…)
    form = WorksheetForm()
    if form.is_submitted() and review_worksheets(listed, form):
        return redirect(url_for(…), 303)                      # decided, committed, flashed
    return render_template(…, **list_context(listed, form)), 422 if form.errors else 200

After a refused form nothing has been written, and what follows in the request only reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import Length

from credit_app import clock
from credit_app.attendance.lists import Listed, OccurrenceList
from credit_app.errors import InvalidInput
from credit_app.extensions import db
from credit_app.faces.formatting import signed_credits
from credit_app.faces.guards import this_user
from credit_app.faces.refusals import show_at_field
from credit_app.faces.voiding import voided_context
from credit_app.progress.queries import occurrence_rows
from credit_app.recognition.actions import BATCH, REMARK_LENGTH, Decided, decide_worksheets
from credit_app.storage import expect_writes

# What a button of the form means: the decision, and whether it is on all that wait instead of on those ticked.
BUTTONS = {"approve": ("approved", False), "return": ("returned", False), "approve_waiting": ("approved", True)}


class WorksheetForm(FlaskForm):
    """Ticked pupils (by the id of their participation), a remark; the button pressed is `button`."""

    pupils = SelectMultipleField(_l("学生"), validate_choice=False)
    remark = StringField(_l("批注"), validators=[Length(max=REMARK_LENGTH, message=_l("批注最多 200 个字。"))])
    button = StringField()


def list_context(listed: OccurrenceList, form: WorksheetForm) -> dict[str, Any]:
    """What ``partials/occurrence_list.html`` needs of this list."""
    return {
        "listed": listed,
        "rows": occurrence_rows(db.session, listed=listed),
        "worksheet_form": form,
        **voided_context(listed),
    }


def review_worksheets(listed: OccurrenceList, form: WorksheetForm) -> bool:
    """True when the submitted `form` has been carried out, committed and flashed; else it holds the errors.

    A long list is decided in chunks, each committed by itself: pressing the button again finishes one that was cut off.
    """
    decision, waiting_only = BUTTONS.get(form.button.data or "", ("", False))
    chosen = listed.awaiting_review if waiting_only else _ticked(listed, form)
    if not decision or not form.validate_on_submit():
        return _refuse(form, None if form.errors else _("请按“通过”或“退回”按钮提交。"))
    if not chosen:
        return _refuse(form, _("没有待审的学习单了。") if waiting_only else _("请先勾选要审核的学生。"))
    decided = Decided()
    try:
        for chunk in _chunks(chosen):
            decided += decide_worksheets(
                db.session,
                happening=listed.happening,
                pupils=chunk,
                decision=decision,
                remark=form.remark.data or "",
                decided_by=this_user(),
                now=clock.now(),
            )
            db.session.commit()
    except InvalidInput as refusal:
        show_at_field(form, refusal)
        return _refuse(form)
    _tell(decision, decided)
    return True


def _ticked(listed: OccurrenceList, form: WorksheetForm) -> list[Listed]:
    ticked = set(form.pupils.data or ())
    return [pupil for pupil in listed.pupils if pupil.participation in ticked and pupil.asks_for_worksheet]


def _chunks(pupils: Sequence[Listed]) -> Iterator[Sequence[Listed]]:
    # In one order for every leader, so that two who press the same button never wait for each other in a circle.
    ordered = sorted(pupils, key=lambda pupil: pupil.attendance_id)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]


def _refuse(form: WorksheetForm, message: str | None = None) -> bool:
    if message is not None:
        form.form_errors.append(message)
    db.session.rollback()
    expect_writes(False)
    return False


def _tell(decision: str, decided: Decided) -> None:
    if not decided.changed:
        flash(_("这些学习单早已这样处理过，没有变化。"), "info")
        return
    told = {
        "approved": ngettext("已通过 %(num)s 份学习单。", "已通过 %(num)s 份学习单。", decided.changed),
        "returned": ngettext("已退回 %(num)s 份学习单。", "已退回 %(num)s 份学习单。", decided.changed),
    }[decision]
    if decided.centicredits:
        told = _("%(what)s学分合计 %(credits)s。", what=told, credits=signed_credits(decided.centicredits))
    flash(told, "success")
