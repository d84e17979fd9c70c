"""The page of one draft, in each of its states."""

from __future__ import annotations

from typing import Any

from flask import render_template

from credit_app import clock
from credit_app.extensions import db
from credit_app.faces.bureau.draft_forms import PublishForm, ReturnForm
from credit_app.faces.bureau.draft_reading import Line, compared, notes, summary, told
from credit_app.faces.bureau.reach import own_draft
from credit_app.faces.guards import this_user
from credit_app.people.queries import display_names
from credit_app.rule_books.drafting import may_publish
from credit_app.rule_books.models import RuleBook, RuleBookDraft
from credit_app.rule_books.standing import Reading, base_of, read_draft
from credit_app.storage import expect_writes


def draft_page(
    draft: RuleBookDraft,
    *,
    typed: str | None = None,
    version: int | None = None,
    message: str = "",
    conflict: bool = False,
    return_form: ReturnForm | None = None,
    publish_form: PublishForm | None = None,
) -> str:
    """The page. `typed` is text that is not stored, shown in place of the stored one; of `conflict` both are shown."""
    shown = draft.text if typed is None else typed
    reading = read_draft(db.session, text=shown, district_id=draft.district_id)
    user_id = this_user().id
    waiting = draft.state == "submitted"
    base, changes = changes_of(draft, reading) if waiting else (None, None)
    return render_template(
        "bureau/rule_draft.html",
        draft=draft,
        book=reading.book,
        shown=shown,
        typed=typed,
        version=draft.version if version is None else version,
        message=message,
        theirs=compared(draft.text, shown) if conflict and typed is not None and typed != draft.text else None,
        conflict=conflict,
        problems=[told(problem) for problem in reading.problems],
        summary=summary(reading),
        notes=notes(reading),
        prospect=reading.prospect,
        names=display_names(db.session, user_ids=[draft.edited_by_id, draft.submitted_by_id, draft.decided_by_id]),
        own_submission=draft.submitted_by_id == user_id,
        may_publish=waiting and may_publish(draft, user_id=user_id),
        base=base,
        changes=changes,
        return_form=return_form or ReturnForm(formdata=None),
        publish_form=publish_form or confirming(draft, reading),
        published=db.session.get(RuleBook, draft.published_id) if draft.published_id else None,
    )


def refused_page(public_id: str, *, message: str = "", status: int = 200, **shown: Any) -> tuple[str, int]:
    """The page again, with the newest state and the message; from here the request only reads."""
    db.session.rollback()
    expect_writes(False)
    return draft_page(own_draft(public_id), message=message, **shown), status


def changes_of(draft: RuleBookDraft, reading: Reading) -> tuple[RuleBook | None, list[Line] | None]:
    """The published book that the draft is compared with, and the comparison; None for none, or one too long."""
    base = base_of(db.session, book=reading.book, district_id=draft.district_id, today=clock.today())
    return base, compared(base.text, draft.text) if base is not None else None


def confirming(draft: RuleBookDraft, reading: Reading) -> PublishForm:
    """The form that holds what the second officer is shown now."""
    form = PublishForm(formdata=None)
    form.version.data = draft.version
    form.replaces.data = " ".join(reading.prospect.replaces) if reading.prospect else ""
    return form
