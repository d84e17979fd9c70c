"""What reaches the ledger after the year was settled: recorded with what the rules would move, and not posted.

One open row a participation and kind: a fact that changes again takes the row's place, and whoever had proposed the
old one must look at the new one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from credit_app.keys import new_public_id
from credit_app.ledger.models import LedgerCorrection
from credit_app.ledger.rejudging import Past, Post
from credit_app.rules.facts import Fact
from credit_app.storage import insert_into

OPEN = ("recorded", "proposed")
_ROWS: Any = LedgerCorrection.__table__
_OPEN_INDEX = text("state IN ('recorded', 'proposed')")
# What somebody had said of the facts before they changed.
_NOT_PROPOSED: dict[str, Any] = {
    "state": "recorded",
    "proposed_by_id": None,
    "proposed_as": "",
    "proposed_at": None,
    "reason": "",
    "document_ref": "",
}


def is_settled(account: Any, fact: Fact) -> bool:
    """Whether the account's year of the fact has been settled; `account` is its locked row, so no question is asked."""
    return account.settled_through is not None and fact.occurred_on <= account.settled_through


def withhold_fact(session: Session, *, account_ref: str, fact: Fact, post: Post, now: datetime) -> None:
    """`fact` waits for two people, with the amount that the rules would move by `post`."""
    _record(session, account_ref, fact.participation, "late_fact", post.difference, fact.to_json(), post, now)


def withhold_reversal(session: Session, *, account_ref: str, taken: Past, reason: str, now: datetime) -> None:
    """That `taken` should earn nothing any more waits for two people."""
    drop_withheld(session, account_ref=account_ref, participation=taken.fact.participation, kinds=("late_fact",))
    facts = {"reversal": reason}
    _record(session, account_ref, taken.fact.participation, "late_reversal", -taken.standing, facts, None, now)


def drop_withheld(
    session: Session,
    *,
    account_ref: str,
    participation: str,
    but: Fact | None = None,
    kinds: Iterable[str] = ("late_fact", "late_reversal"),
) -> None:
    """What still waited for the participation is withdrawn, since it is so no more; a late fact stays where `but` is
    about to take its place."""
    session.execute(
        update(LedgerCorrection)
        .where(
            LedgerCorrection.account_id == account_ref,
            LedgerCorrection.participation == participation,
            LedgerCorrection.kind.in_([kind for kind in kinds if but is None or kind != "late_fact"]),
            LedgerCorrection.state.in_(OPEN),
        )
        .values(state="withdrawn")
    )


def withheld_facts(
    session: Session, *, account_refs: Iterable[str], participations: Iterable[str]
) -> dict[str, LedgerCorrection]:
    """participation → the late fact or reversal recorded last for it, while it waits or was refused; for the audit."""
    rows = session.scalars(
        select(LedgerCorrection)
        .where(
            LedgerCorrection.account_id.in_(list(account_refs)),
            LedgerCorrection.participation.in_(list(participations)),
            LedgerCorrection.kind != "amount",
            LedgerCorrection.state != "withdrawn",
        )
        .order_by(LedgerCorrection.recorded_at, LedgerCorrection.id)
    )
    latest = {row.participation: row for row in rows}
    return {participation: row for participation, row in latest.items() if row.state != "approved"}


def _record(
    session: Session,
    account_ref: str,
    participation: str,
    kind: str,
    centicredits: int,
    facts: dict[str, Any],
    post: Post | None,
    now: datetime,
) -> None:
    insert = insert_into(session.get_bind().dialect.name)(_ROWS).values(
        public_id=new_public_id(),
        kind=kind,
        account_id=account_ref,
        participation=participation,
        centicredits=centicredits,
        facts=facts,
        rule_set=post.award.rule_set if post is not None else "",
        recorded_at=now,
        decided_as="",
        remark="",
        **_NOT_PROPOSED,
    )
    changed = {name: insert.excluded[name] for name in ("centicredits", "facts", "rule_set", "recorded_at")}
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["account_id", "participation", "kind"],
            index_where=_OPEN_INDEX,
            set_=changed | _NOT_PROPOSED,
            where=_ROWS.c.facts != insert.excluded.facts,
        )
    )
