"""Voiding an attendance and restoring it, from the list of an occurrence: one form and one way, for every face.

A face fetches the list for whoever asks and wears its own guard; what follows is the same for all.
"""

from __future__ import annotations

from typing import Any

from flask import flash, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from credit_app import clock
from credit_app.attendance.lists import OccurrenceList
from credit_app.attendance.voiding import (
    REASONS,
    VOIDING_REASONS,
    WORDS_LENGTH,
    latest_decisions,
    restore_attendance,
    void_attendance,
)
from credit_app.errors import InvalidInput
from credit_app.extensions import db
from credit_app.faces.formatting import credits, signed_credits
from credit_app.faces.guards import this_user
from credit_app.faces.refusals import show_at_field
from credit_app.storage import expect_writes


class VoidForm(FlaskForm):
    """Why the attendance is to count no more: a reason to count by, and a sentence that the pupil reads."""

    reason = RadioField(
        _l("作废原因"),
        choices=[SelectChoice(code, REASONS[code]) for code in VOIDING_REASONS],
        validators=[InputRequired(_l("请选择作废的原因。"))],
    )
    words = StringField(
        _l("说明"),
        validators=[
            InputRequired(_l("请写一句说明，学生会看到。")),
            Length(max=WORDS_LENGTH, message=_l("说明最多 200 个字。")),
        ],
    )


def voided_context(listed: OccurrenceList) -> dict[str, Any]:
    """What ``partials/voided_list.html`` needs: who is void, and by which decision; a statement only if somebody is."""
    ids = [pupil.attendance_id for pupil in listed.voided]
    decisions = latest_decisions(db.session, attendance_ids=ids) if ids else {}
    return {
        "voided": [(pupil, decisions.get(pupil.attendance_id)) for pupil in listed.voided],
        "void_reasons": REASONS,
    }


def void_page(listed: OccurrenceList, participation: str, form: VoidForm, *, back_url: str) -> str:
    """What voiding would do, and the form for it."""
    return render_template(
        "partials/void_page.html",
        listed=listed,
        pupil=listed.pupil(participation),
        form=form,
        back_url=back_url,
    )


def void(listed: OccurrenceList, participation: str, form: VoidForm) -> bool:
    """True when the submitted `form` has been carried out, committed and flashed; else it holds the errors."""
    pupil = listed.pupil(participation)
    if form.validate_on_submit():
        try:
            taken = void_attendance(
                db.session,
                pupil=pupil,
                reason=form.reason.data or "",
                words=form.words.data or "",
                decided_by=this_user(),
                now=clock.now(),
            )
        except InvalidInput as refusal:
            show_at_field(form, refusal)
        else:
            db.session.commit()
            told = _("到场已作废。")
            if taken:
                told = _("到场已作废，收回学分 %(credits)s。", credits=credits(taken))
            flash(told, "success")
            return True
    db.session.rollback()
    expect_writes(False)
    return False


def restore(listed: OccurrenceList, participation: str) -> None:
    """The attendance counts again, committed and flashed. Raises: NotFound when it is not void."""
    gained = restore_attendance(
        db.session,
        happening=listed.happening,
        pupil=listed.pupil(participation, voided=True),
        words="",
        decided_by=this_user(),
        now=clock.now(),
    )
    db.session.commit()
    told = _("到场已恢复。")
    if gained:
        told = _("到场已恢复，学分 %(credits)s。", credits=signed_credits(gained))
    flash(told, "success")
