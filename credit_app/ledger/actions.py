"""Posting to the ledger: the write door.

Every posting locks the pupil's account, asks the pure rules, and appends. A fact that is the account's newest is
judged from the stored counters in constant work; a fact that arrives late, or changes, has the pupil's history judged
again (`rejudging`) and the differences posted in the same transaction, so any order of arrival ends in the same
net amounts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from credit_app.ledger.rejudging import FACTS_CHANGED, Post, judge_again, order_text, past_of
from credit_app.ledger.writing import Writer, entries_of, locked_account
from credit_app.rule_books.queries import book_named
from credit_app.rules.book import Book
from credit_app.rules.facts import Fact
from credit_app.rules.single import Award
from credit_app.rules.single import award as judge

BY_RULES = "rules"


@dataclass(frozen=True, slots=True)
class Posting:
    """What a posting did: the award as judged now, what the participation gained by it, and how many others moved."""

    award: Award
    gained_centicredits: int
    others_adjusted: int = 0


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

    A pending participation posts nothing, unless it had been decided before: then its amount is taken back.
    """
    account = locked_account(session, account_ref, now)
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

    Returns: the centicredits taken back (0 when nothing had been posted, or it was reversed before).
    """
    account = locked_account(session, account_ref, now)
    past = past_of(entries_of(session, account_ref))
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
    rejudged = judge_again(remaining, lambda name: book_named(session, name))
    writer.append_posts(rejudged.posts, cause=cause)
    writer.close(rejudged.totals, rejudged.rule_set, rejudged.last_order)
    return taken.standing


def _award_out_of_order(
    session: Session, account: Any, fact: Fact, book: Book, now: datetime, recorded_by: str, reason: str
) -> Posting:
    past = past_of(entries_of(session, account.id))
    rejudged = judge_again(past, lambda name: book_named(session, name), new=(fact, book))
    assert rejudged.own is not None
    if rejudged.posts:
        writer = Writer(session, account, now, recorded_by)
        writer.append_posts(
            replace(post, reason=reason) if post.reason == FACTS_CHANGED else post for post in rejudged.posts
        )
        writer.close(rejudged.totals, rejudged.rule_set, rejudged.last_order)
    own = next((post for post in rejudged.posts if post.fact.participation == fact.participation), None)
    return Posting(rejudged.own, own.difference if own else 0, len(rejudged.posts) - (own is not None))
