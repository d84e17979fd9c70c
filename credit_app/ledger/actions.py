"""Posting to the ledger: the write door.

Every posting locks the pupil's account, asks the pure rules, and appends. A fact that is the account's newest is
judged from the stored counters in constant work; a fact that arrives late, or changes, has the pupil's history judged
again (`rejudging`) and the differences posted in the same transaction, so any order of arrival ends in the same
net amounts. A fact of a year that has been settled for the account posts nothing: it is recorded for two people
(`withholding`), and `award_late` and `reverse_late` post what they approved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from credit_app.ledger.rejudging import FACTS_CHANGED, Post, Rejudged, judge_again, order_text, past_of
from credit_app.ledger.withholding import drop_withheld, is_settled, withhold_fact, withhold_reversal
from credit_app.ledger.writing import Writer, entries_of, locked_account
from credit_app.rule_books.queries import book_finder
from credit_app.rules.book import Book
from credit_app.rules.facts import Fact
from credit_app.rules.single import Award
from credit_app.rules.single import award as judge

BY_RULES = "rules"


@dataclass(frozen=True, slots=True)
class Posting:
    """What a posting did: the award as judged now, and what the participation gained by it.

    `withheld`: nothing was posted, because the year is settled; what the rules would move waits for two people.
    """

    award: Award
    gained_centicredits: int
    withheld: bool = False


def award(
    session: Session,
    *,
    account_ref: str,
    fact: Fact,
    book: Book,
    now: datetime,
    recorded_by: str = BY_RULES,
    reason: str = FACTS_CHANGED,
) -> Posting:
    """The participation in `fact` is judged by `book` and posted; what it changes for later ones is posted too.

    `reason` is why it is judged again, if it has been judged before.

    A pending participation posts nothing, unless it had been decided before: then its amount is taken back. One on or
    before the account's `settled_through` posts nothing either, and the posting says so.
    """
    account = locked_account(session, account_ref, now)
    if is_settled(account, fact):
        return _withhold(session, account, fact, book, now)
    order = order_text(fact)
    if order > account.last_order and account.totals_rule_set in ("", book.id):
        judged = judge(fact, account.totals, book)
        if judged.state == "pending":
            return Posting(judged, 0)
        writer = Writer(session, account, now, recorded_by)
        writer.append_posts([Post(fact, judged, judged.centicredits, None, "")])
        writer.close(account.totals | dict(judged.totals), book.id, order)
        return Posting(judged, judged.centicredits)
    return _award_out_of_order(session, account, fact, book, now, recorded_by, reason)


def award_late(
    session: Session, *, account_ref: str, fact: Fact, book: Book, now: datetime, recorded_by: str, cause: str
) -> Posting:
    """As `award`, also for a year that has been settled: two people have approved it, and `cause` is their paper."""
    account = locked_account(session, account_ref, now)
    return _award_out_of_order(session, account, fact, book, now, recorded_by, cause=cause)


def reverse(
    session: Session,
    *,
    account_ref: str,
    participation: str,
    reason: str,
    now: datetime,
    recorded_by: str,
    cause: str = "",
) -> int:
    """The participation earns nothing any more: all that stands of it is taken back, and later ones are judged again.

    Returns: the centicredits taken back (0 when nothing had been posted, it was reversed before, or the year is
    settled: then it waits for two people).
    """
    account = locked_account(session, account_ref, now)
    taken = past_of(entries_of(session, account_ref)).get(participation)
    if taken is None or taken.reversed:
        drop_withheld(session, account_ref=account_ref, participation=participation)
        return 0
    if is_settled(account, taken.fact):
        withhold_reversal(session, account_ref=account_ref, taken=taken, reason=reason, now=now)
        return 0
    return _reverse(session, account, participation, reason, now, recorded_by, cause=cause)


def reverse_late(
    session: Session, *, account_ref: str, participation: str, reason: str, now: datetime, recorded_by: str, cause: str
) -> int:
    """As `reverse`, also for a year that has been settled: two people have approved it, and `cause` is their paper."""
    account = locked_account(session, account_ref, now)
    return _reverse(session, account, participation, reason, now, recorded_by, cause=cause)


def _reverse(
    session: Session, account: Any, participation: str, reason: str, now: datetime, recorded_by: str, cause: str
) -> int:
    past = past_of(entries_of(session, account.id))
    taken = past.get(participation)
    if taken is None or taken.reversed:
        return 0
    writer = Writer(session, account, now, recorded_by)
    writer.append(
        "reversal",
        taken.fact,
        clause=taken.clause,
        rule_set=taken.rule_set,
        trace=[],
        centicredits=-taken.standing,
        points_to=taken.award_seq,
        reason=reason,
        cause=cause,
    )
    remaining = {key: item for key, item in past.items() if key != participation}
    rejudged = judge_again(remaining, book_finder(session))
    writer.append_posts(rejudged.posts, cause=cause)
    writer.close(rejudged.totals, rejudged.rule_set, rejudged.last_order)
    return taken.standing


def _award_out_of_order(
    session: Session,
    account: Any,
    fact: Fact,
    book: Book,
    now: datetime,
    recorded_by: str,
    reason: str = FACTS_CHANGED,
    cause: str = "",
) -> Posting:
    rejudged = _judged(session, account, fact, book)
    assert rejudged.own is not None
    if rejudged.posts:
        writer = Writer(session, account, now, recorded_by)
        posts = [replace(post, reason=reason) if post.reason == FACTS_CHANGED else post for post in rejudged.posts]
        writer.append_posts(posts, cause=cause)
        writer.close(rejudged.totals, rejudged.rule_set, rejudged.last_order)
    own = _own_post(rejudged, fact)
    return Posting(rejudged.own, own.difference if own else 0)


def _withhold(session: Session, account: Any, fact: Fact, book: Book, now: datetime) -> Posting:
    """What the fact would move waits for two people; one that moves nothing is no late fact."""
    rejudged = _judged(session, account, fact, book)
    assert rejudged.own is not None
    own = _own_post(rejudged, fact)
    drop_withheld(session, account_ref=account.id, participation=fact.participation, but=None if own is None else fact)
    if own is None:
        return Posting(rejudged.own, 0)
    withhold_fact(session, account_ref=account.id, fact=fact, post=own, now=now)
    return Posting(rejudged.own, 0, withheld=True)


def _judged(session: Session, account: Any, fact: Fact, book: Book) -> Rejudged:
    past = past_of(entries_of(session, account.id))
    return judge_again(past, book_finder(session), new=(fact, book))


def _own_post(rejudged: Rejudged, fact: Fact) -> Post | None:
    return next((post for post in rejudged.posts if post.fact.participation == fact.participation), None)
