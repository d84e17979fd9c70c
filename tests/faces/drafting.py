"""Short ways around the pages on which a rule set is drafted."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from credit_app.rule_books.models import RuleBookDraft
from tests.visitor import Visitor


def address(draft: RuleBookDraft) -> str:
    return f"/bureau/rules/drafts/{draft.public_id}"


def token_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


def check(visitor: Visitor, draft: RuleBookDraft, text: Any, **options: Any) -> TestResponse:
    token = token_of(visitor.get("/bureau/rules"))
    return visitor.post(f"{address(draft)}/check", json={"text": text}, headers={"X-CSRFToken": token}, **options)


def newest(session: Session) -> RuleBookDraft:
    session.rollback()
    draft = session.scalars(select(RuleBookDraft).order_by(RuleBookDraft.id.desc())).first()
    assert draft is not None
    return draft


def officer_of(app: Flask, user: Any) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(user)
    return visitor


def hidden(page: str, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    assert tag is not None
    value = re.search(r'value="([^"]*)"', tag.group())
    return value.group(1) if value else ""
