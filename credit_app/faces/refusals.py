"""A refusal from below, shown at the field that it is about."""

from __future__ import annotations

from wtforms import Form

from credit_app.errors import DomainError


def show_at_field(form: Form, refusal: DomainError) -> None:
    """The message of `refusal` stands at its field of `form`, or above the form when it names none."""
    if refusal.field and refusal.field in form:
        form[refusal.field].errors = [*form[refusal.field].errors, str(refusal.message)]
    else:
        form.form_errors.append(str(refusal.message))
