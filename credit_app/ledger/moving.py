"""One pupil, two accounts: what stands in the one is reversed there, and judged again together with the other.

DESIGN §3: "a merge reverses in one account and adjusts in the other".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.ledger.rejudging import CORRECTED, MERGED, Past, judge_again, past_of
from credit_app.ledger.writing import Writer, entries_of, locked_account
from credit_app.rule_books.queries import book_finder


def move_credits(
    session: Session,
    *,
    from_ref: str,
    into_ref: str,
    leaving: Collection[str] = (),
    cause: str,
    now: datetime,
    recorded_by: str,
) -> int:
    """Nothing stands in `from_ref` any more; its participations stand in `into_ref`, except those that are `leaving`.

    Each keeps the book it was judged by; what two people decided on comes along. Both accounts are locked, in order of
    their id.
    Returns: by how many centicredits the balance of `into_ref` has changed.
    Raises: Conflict when something in `from_ref` belongs to a year that has been settled: its final list stands.
    """
    accounts = {ref: locked_account(session, ref, now) for ref in sorted((from_ref, into_ref))}
    entries = entries_of(session, from_ref)
    standing = {key: item for key, item in past_of(entries).items() if not item.reversed}
    if not standing:
        return 0
    settled_through = [account.settled_through for account in accounts.values() if account.settled_through]
    if settled_through and min(item.fact.occurred_on for item in standing.values()) <= max(settled_through):
        raise Conflict(_("这名学生有学分属于已结算的学年，不能合并；请由教育局更正。"))
    _take_out(Writer(session, accounts[from_ref], now, recorded_by), standing, cause)
    coming = {key: item for key, item in standing.items() if key not in leaving}
    if not coming:
        return 0
    corrections = [entry for entry in _standing_corrections(entries) if entry.participation in coming]
    past = past_of(entries_of(session, into_ref))
    writer = Writer(session, accounts[into_ref], now, recorded_by)
    return _put_in(session, writer, past, coming, corrections, cause)


def _standing_corrections(entries: Iterable[Any]) -> list[Any]:
    """What two people decided on and no reversal has taken back since, in order of `seq`."""
    standing: list[Any] = []
    for entry in entries:
        if entry.kind == "reversal":
            standing = [each for each in standing if each.participation != entry.participation]
        elif entry.reason == CORRECTED:
            standing.append(entry)
    return standing


def _take_out(writer: Writer, standing: dict[str, Past], cause: str) -> None:
    for item in standing.values():
        writer.append(
            "reversal",
            item.fact,
            clause=item.clause,
            rule_set=item.rule_set,
            trace=[],
            centicredits=-item.standing,
            points_to=item.award_seq,
            reason=MERGED,
            cause=cause,
        )
    writer.close({}, "", "")


def _put_in(
    session: Session,
    writer: Writer,
    past: dict[str, Past],
    coming: dict[str, Past],
    corrections: list[Any],
    cause: str,
) -> int:
    before = writer.balance
    find = book_finder(session)
    rejudged = judge_again(
        past,
        find,
        joining=[(item.fact, find(item.rule_set)) for item in coming.values()],
        corrected={entry.participation for entry in corrections},
    )
    award_seqs: dict[str, int] = {}
    for post in rejudged.posts:
        joins = post.points_to is None
        writer.append_posts([replace(post, reason=MERGED) if joins else post], cause=cause)
        if joins:
            award_seqs[post.fact.participation] = writer.seq
    for entry in corrections:
        item = coming[entry.participation]
        writer.append(
            "adjustment",
            item.fact,
            clause=entry.clause,
            rule_set=entry.rule_set,
            trace=entry.trace,
            centicredits=entry.centicredits,
            points_to=award_seqs[entry.participation],
            reason=CORRECTED,
            cause=entry.cause,  # the row in which two people decided on it
        )
    if writer.rows:
        writer.close(rejudged.totals, rejudged.rule_set, rejudged.last_order)
    return writer.balance - before
