"""A refusal from below: nothing is written, and the form says why at the field that it is about."""

from __future__ import annotations

from wtforms import Form

from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.storage import expect_writes


def show_at_field(form: Form, refusal: DomainError) -> None:
    """The message of `refusal` stands at its field of `form`, or above the form when it names none."""
    if refusal.field and refusal.field in form:
        form[refusal.field].errors = [*form[refusal.field].errors, str(refusal.message)]
    else:
        form.form_errors.append(str(refusal.message))


def only_reads() -> None:
    """What this request has begun to write is undone; from here on it only reads."""
    db.session.rollback()
    expect_writes(False)
