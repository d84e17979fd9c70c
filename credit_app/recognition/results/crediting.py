"""From a decided result to its credits: the fact is assembled, the day's book found, and the ledger asked to post."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from credit_app.errors import NoRuleSet
from credit_app.ledger import actions as ledger
from credit_app.ledger.models import LedgerEntry
from credit_app.ledger.queries import counters
from credit_app.recognition.results.competitions import competition_list
from credit_app.recognition.results.keys import title_digest
from credit_app.recognition.results.models import ListedCompetition, ReviewedResult
from credit_app.recognition.results.offer import noon_of, offered_on
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


def put_on_list(session: Session, *, result: ReviewedResult) -> bool:
    """Whether a competition that has come onto the list since it was entered is taken for the one that `result` names.

    Raises: IntegrityError when the pupil has the very result under the listed name already.
    """
    district_id = result.school.district_id
    offered = offered_on(session, district_id=district_id, day=result.occurred_on).get(result.category)
    if result.competition is not None or offered is None or not offered.listed:
        return False
    found = competition_list(session, district_id=district_id).find(result.title, result.occurred_on)
    if found is None:
        return False
    with session.begin_nested():
        result.competition, result.activity_key = found, found.public_id
    return True


def credit_listed_since(session: Session, *, now: datetime, after_id: int, limit: int) -> tuple[int, int | None]:
    """Results approved before their competition came onto the list are judged again with it.

    Two people have seen the document already, and the list is the officer's word: nobody has to decide anew.
    Looks at no more than `limit` of them, from `after_id` on. Returns: how many have been put on the list, and the last
    id that was looked at, None when there are no more.
    """
    keys = {title_digest(name) for name in session.scalars(select(ListedCompetition.name))}
    found = session.scalars(
        select(ReviewedResult)
        .where(
            ReviewedResult.id > after_id,
            ReviewedResult.state == "approved",
            ReviewedResult.competition_id.is_(None),
            ReviewedResult.activity_key.in_(keys),
        )
        .order_by(ReviewedResult.id)
        .limit(limit)
        .with_for_update(of=ReviewedResult)
        .options(selectinload(ReviewedResult.decided_by), selectinload(ReviewedResult.student))
        .execution_options(populate_existing=True)
    ).all()
    last = found[-1].id if found else None
    listed = 0
    for result in sorted(found, key=lambda each: each.student.account_ref or ""):
        with suppress(IntegrityError):  # entered once more under the listed name: that one has the credits
            if put_on_list(session, result=result):
                by = result.decided_by.public_id if result.decided_by else ledger.BY_RULES
                credit_result(session, result=result, now=now, recorded_by=by)
                listed += 1
    return listed, last


def award_if_approved(session: Session, *, result: ReviewedResult) -> Award | None:
    """What a waiting result would earn if it were approved now; None while no book covers the day."""
    try:
        book = book_for(session, district_id=result.school.district_id, day=result.occurred_on)
    except NoRuleSet:
        return None
    totals = counters(session, account_ref=result.student.account_ref or "", rule_set=book.id)
    return judge(replace(fact_of(result), evidence="approved"), totals, book)
