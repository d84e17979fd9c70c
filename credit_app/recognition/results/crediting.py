"""From a decided result to its credits: the fact is assembled, the day's book found, and the ledger asked to post."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from credit_app.errors import NoRuleSet
from credit_app.ledger import actions as ledger
from credit_app.ledger.models import LedgerEntry
from credit_app.ledger.queries import counters
from credit_app.recognition.results.models import ReviewedResult
from credit_app.recognition.results.offer import noon_of
from credit_app.rule_books.queries import book_for
from credit_app.rules.facts import Fact
from credit_app.rules.single import Award
from credit_app.rules.single import award as judge
from credit_app.schools.models import Student

EVIDENCE_OF_STATE = {
    "submitted": "submitted",
    "returned": "none",
    "approved": "approved",
    "refused": "refused",
    "withdrawn": "none",
}
"""What the rules are told of the document, by the state of the result."""


def result_fact(result: Any, *, competition: str | None) -> Fact:
    """The fact of `result` (a `ReviewedResult`, or a row with its columns) as it stands now; `competition` is the
    public id of the listed one, None when it is not on the list."""
    return Fact(
        participation=result.public_id,
        occurred_at=noon_of(result.occurred_on),
        occurred_on=result.occurred_on,
        category=result.category,
        activity=result.activity_key,
        venue=None,
        tier=None,
        at_venue=False,
        grade=result.grade,
        proof="declared",
        evidence=EVIDENCE_OF_STATE[result.state],
        level=result.level or None,
        competition=competition,
    )


def credit_result(
    session: Session, *, result: ReviewedResult, now: datetime, recorded_by: str
) -> ledger.Posting | None:
    """What an approved or refused result is worth stands in the ledger, and later participations are judged again.

    Returns: None while no book covers the day, or when nothing leads from the pupil to an account any more.
    """
    account_ref = result.student.account_ref
    if account_ref is None:
        return None
    try:
        book = book_for(session, district_id=result.school.district_id, day=result.occurred_on)
    except NoRuleSet:
        return None
    fact = fact_of(result)
    if judge(fact, {}, book).state == "pending":
        return None
    return ledger.award(session, account_ref=account_ref, fact=fact, book=book, now=now, recorded_by=recorded_by)


def fact_of(result: ReviewedResult) -> Fact:
    """The fact of a result with its competition at hand."""
    return result_fact(result, competition=result.competition.public_id if result.competition else None)


def post_waiting(session: Session, *, now: datetime, after_id: int, limit: int) -> tuple[int, int | None]:
    """Decided results whose day had no book, and has one by now, stand in the ledger.

    Looks at no more than `limit` of those that wait, from `after_id` on. Returns: how many were posted, and the last id
    that was looked at, None when there are no more.
    """
    waiting = session.scalars(
        select(ReviewedResult)
        .join(ReviewedResult.student)
        .where(
            ReviewedResult.id > after_id,
            ReviewedResult.state.in_(("approved", "refused")),
            Student.account_ref.is_not(None),
            ~exists().where(
                LedgerEntry.account_id == Student.account_ref,
                LedgerEntry.participation == ReviewedResult.public_id,
                LedgerEntry.kind == "award",
            ),
        )
        .order_by(ReviewedResult.id)
        .limit(limit)
        .options(joinedload(ReviewedResult.decided_by))
    ).all()
    last = waiting[-1].id if waiting else None
    posted = 0
    for result in sorted(waiting, key=lambda each: each.student.account_ref or ""):
        by = result.decided_by.public_id if result.decided_by else ledger.BY_RULES
        posted += credit_result(session, result=result, now=now, recorded_by=by) is not None
    return posted, last


def award_if_approved(session: Session, *, result: ReviewedResult) -> Award | None:
    """What a waiting result would earn if it were approved now; None while no book covers the day."""
    try:
        book = book_for(session, district_id=result.school.district_id, day=result.occurred_on)
    except NoRuleSet:
        return None
    totals = counters(session, account_ref=result.student.account_ref or "", rule_set=book.id)
    return judge(replace(fact_of(result), evidence="approved"), totals, book)
