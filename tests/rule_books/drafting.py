"""Short ways to drafts of rule sets."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from credit_app.people.models import User
from credit_app.rule_books import drafting
from credit_app.rule_books.models import RuleBookDraft
from tests.cast import SAMPLE_BOOK, Cast

NOW = datetime(2026, 10, 17, 1, tzinfo=UTC)
SAMPLE = SAMPLE_BOOK.read_text(encoding="utf-8")


def a_text(name: str = "nanshan-2027", first_on: str = "2027-09-01", last_on: str = "2028-08-31") -> str:
    """The sample under another id and for another term."""
    text = SAMPLE
    for old, new in (
        ("id: sample-2026", f"id: {name}"),
        ("effective_on: 2025-09-01", f"effective_on: {first_on}"),
        ("until: 2028-08-31", f"until: {last_on}"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    return text


def a_draft(session: Session, cast: Cast, text: str | None = None, *, by: User | None = None) -> RuleBookDraft:
    """A draft of the cast's district, by its officer."""
    user = by or cast.officer
    return drafting.start_draft(
        session, district=cast.district, text=a_text() if text is None else text, user_id=user.id, now=NOW
    )


def submitted(session: Session, cast: Cast, text: str | None = None) -> RuleBookDraft:
    """A draft that the officer submitted."""
    draft = a_draft(session, cast, text)
    drafting.submit_draft(session, draft=draft, version=draft.version, user_id=cast.officer.id, now=NOW)
    return draft


def publish(session: Session, draft: RuleBookDraft, by: User, replaces: tuple[str, ...] = ()) -> str:
    """The draft published by somebody; the id of its rule set."""
    published = drafting.publish_draft(
        session, draft=draft, version=draft.version, replaces=replaces, user_id=by.id, now=NOW
    )
    return published.rule_set
