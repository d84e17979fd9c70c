"""``flask verify``: every room's audit in one stream of findings, from the rows alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance import audit as attendance_audit
from credit_app.findings import Finding, Progress
from credit_app.ledger import audit as ledger_audit
from credit_app.recognition import audit as recognition_audit
from credit_app.rule_books.models import RuleBook


def verify(session: Session, *, progress: Progress | None = None) -> Iterator[Finding]:
    """Every row that breaks one of the invariants I1 to I6 (DESIGN §3); nothing is changed.

    Memory is bounded: rows are read in chunks. `progress` is told (done, in all) of the room under audit.
    """
    told = progress or (lambda done, in_all: None)
    yield from _audit_books(session)
    yield from attendance_audit.audit(session, told)
    yield from recognition_audit.audit(session, told)
    yield from ledger_audit.audit(session, told)


def _audit_books(session: Session) -> Iterator[Finding]:
    for book in session.scalars(select(RuleBook).order_by(RuleBook.id)):
        if hashlib.sha256(book.text.encode()).hexdigest() != book.sha256:
            yield Finding("I6", f"rule_book ({book.rule_set})", "its text is not what was published")
