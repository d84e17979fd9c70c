"""From an attendance to its credits: the fact is assembled, the day's book found, and the ledger asked to post.

Used at check-out, at closing and when a review decides; there is no other way from being there to a credit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from credit_app.attendance.answers import steps_json
from credit_app.attendance.facts import Happening, best_case, fact_of
from credit_app.attendance.stays import Presence
from credit_app.errors import NoRuleSet
from credit_app.ledger import actions as ledger
from credit_app.ledger.queries import counters
from credit_app.ledger.rejudging import FACTS_CHANGED
from credit_app.rule_books.queries import book_for
from credit_app.rules.book import Book
from credit_app.rules.clauses.reviewed import WorksheetApproved
from credit_app.rules.facts import Fact
from credit_app.rules.single import award as judge

OPEN_WORKSHEETS = ("none", "submitted")  # nobody has looked at them yet


@dataclass(frozen=True, slots=True)
class Present:
    """An attendance row as deciding on it needs it."""

    id: int
    participation: str
    state: str
    grade: int
    worksheet: str
    end_assumed: bool
    presence: Presence


@dataclass(frozen=True, slots=True)
class Credited:
    """Whose participation it is, for the ledger: a random account, and the district whose book holds."""

    account_ref: str
    district_id: int
    book_stamp: int | None = None


def credit(
    session: Session,
    *,
    happening: Happening,
    present: Present,
    to: Credited,
    now: datetime,
    recorded_by: str = ledger.BY_RULES,
    decided_before: bool = False,
    reason: str = FACTS_CHANGED,
) -> ledger.Posting | None:
    """The participation is judged as it stands; when it is decided its award (or the difference) is posted.

    Returns: None while no book covers the day: the attendance stands, and its award waits for one.
    `decided_before` says that entries may exist already, so that even an undecided fact must be taken to the ledger.
    """
    book = _book(session, happening, to)
    if book is None:
        return None
    fact = present_fact(happening, present)
    undecided = judge(fact, {}, book)
    # A worksheet once refused is a decision, posted with 0; returned since, its entries must still follow the facts.
    reviewed = present.worksheet not in OPEN_WORKSHEETS
    if undecided.state == "pending" and not (decided_before or reviewed):
        return ledger.Posting(undecided, 0)
    return ledger.award(
        session,
        account_ref=to.account_ref,
        fact=fact,
        book=book,
        now=now,
        recorded_by=recorded_by,
        reason=reason,
    )


def outlook(session: Session, *, happening: Happening, present: Present, to: Credited) -> dict[str, Any]:
    """What an undecided participation still lacks, and what it can earn under the pupil's limits as they stand.

    Codes and whole numbers, to be stored with an answer: state, reason, missing, could_earn, awaits_check_out.
    """
    book = _book(session, happening, to)
    if book is None:
        # Whatever the book will say once there is one, a stay that has been closed can only help.
        inside = present.presence.open_since_at is not None
        return {"state": "pending", "reason": "no_rule_set", "awaits_check_out": inside}
    fact = present_fact(happening, present)
    totals = counters(session, account_ref=to.account_ref, rule_set=book.id)
    undecided = judge(fact, totals, book)
    return {
        "state": undecided.state,
        "reason": undecided.reason,
        "missing": steps_json(undecided.missing),
        "could_earn": judge(best_case(fact), totals, book).centicredits,
        "awaits_check_out": undecided.state == "pending" and present.presence.open_since_at is not None,
    }


def asks_for_worksheet(book: Book, happening: Happening) -> bool:
    """Whether `book` lets nobody earn anything here without an approved worksheet."""
    somebody = fact_of(
        happening,
        participation="",
        grade=happening.grade_from,
        presence=Presence(),
        proof="self_scan",
        worksheet="none",
    )
    plan = book.plan_for(somebody)
    return plan is not None and any(isinstance(step.clause, WorksheetApproved) for step in plan.conditions)


def present_fact(happening: Happening, present: Present) -> Fact:
    """The fact of an attendance as it stands now."""
    return fact_of(
        happening,
        participation=present.participation,
        grade=present.grade,
        presence=present.presence,
        proof=present.presence.proof,
        worksheet=present.worksheet,
        end_assumed=present.end_assumed,
    )


def _book(session: Session, happening: Happening, to: Credited) -> Book | None:
    try:
        return book_for(session, district_id=to.district_id, day=happening.occurs_on, stamp=to.book_stamp)
    except NoRuleSet:
        return None
