"""The form of a late entry (补签), for every face from which one is proposed."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from credit_app import clock
from credit_app.activities.models import Occurrence
from credit_app.attendance.holding import REASONS
from credit_app.attendance.late_entries import REASONS as LATE_REASONS
from credit_app.attendance.late_entries import propose_late_entry
from credit_app.errors import DomainError, InvalidInput
from credit_app.extensions import db
from credit_app.faces.fields import LocalMoment
from credit_app.faces.guards import this_user
from credit_app.faces.refusals import show_at_field
from credit_app.schools.models import Student
from credit_app.storage import expect_writes


class LateEntryForm(FlaskForm):
    """Who was there from when to when, and why no scan says so."""

    pupil = SelectField(_l("学生"), choices=[], validate_choice=False)
    in_at = LocalMoment(_l("到场时间"))
    out_at = LocalMoment(_l("离场时间"))
    reason = RadioField(
        _l("为什么补签"),
        choices=[SelectChoice(code, REASONS[code]) for code in LATE_REASONS],
        validators=[InputRequired(_l("请选择补签的原因。"))],
    )
    words = StringField(
        _l("说明"),
        validators=[
            InputRequired(_l("请写一句说明，学生会看到。")),
            Length(max=200, message=_l("说明最多 200 个字。")),
        ],
    )


def fresh_form(occurrence: Occurrence, choices: list[SelectChoice]) -> LateEntryForm:
    """The form with the planned times, which most late entries keep."""
    now = clock.now()
    times: dict[str, datetime] = {"in_at": occurrence.starts_at, "out_at": min(occurrence.ends_at, now.astimezone(UTC))}
    form = LateEntryForm(formdata=None, data=times)
    form.pupil.choices = choices
    return form


def proposed(form: LateEntryForm, occurrence: Occurrence, student: Student | None) -> bool:
    """True when the submitted `form` has become a proposal, committed; else it holds the errors."""
    if form.validate_on_submit():
        try:
            if student is None:
                raise InvalidInput(_("请选择学生。"), field="pupil")
            if form.in_at.data is None or form.out_at.data is None:
                raise InvalidInput(_("请填写到场和离场时间。"), field="in_at")
            propose_late_entry(
                db.session(),
                occurrence=occurrence,
                student=student,
                in_at=form.in_at.data,
                out_at=form.out_at.data,
                reason=form.reason.data or "",
                words=form.words.data or "",
                proposed_by=this_user(),
                now=clock.now(),
            )
        except DomainError as refusal:
            show_at_field(form, refusal)
        else:
            db.session.commit()
            return True
    db.session.rollback()
    expect_writes(False)
    return False
