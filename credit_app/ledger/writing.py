"""The ledger's rows as postings write them: one account locked, entries appended, what is derived brought up to date.

The statements are built once: on the scan's path composing them costs more than the database does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from credit_app.keys import key_for
from credit_app.ledger.chain import link_after
from credit_app.ledger.models import GENESIS, LedgerAccount, LedgerBalance, LedgerEntry
from credit_app.ledger.rejudging import Post
from credit_app.rules.calendar import academic_year
from credit_app.rules.facts import Fact
from credit_app.storage import insert_into

_ACCOUNTS: Any = LedgerAccount.__table__
_ENTRIES: Any = LedgerEntry.__table__
_BALANCES: Any = LedgerBalance.__table__


def locked_account(session: Session, account_ref: str, now: datetime) -> Any:
    """The account's row, opened when it is new, locked until the transaction ends."""
    row = session.execute(_LOCK, {"account": account_ref}).one_or_none()
    if row is None:
        row = session.execute(
            _open(session.get_bind().dialect.name),
            {
                "id": account_ref,
                "opened_at": now,
                "entry_count": 0,
                "head": GENESIS,
                "balance_centicredits": 0,
                "totals": {},
                "totals_rule_set": "",
                "last_order": "",
            },
        ).one_or_none()
    # None again: a parallel first posting has opened the account, and is over once the lock is had.
    return row if row is not None else session.execute(_LOCK, {"account": account_ref}).one()


def entries_of(session: Session, account_ref: str) -> list[Any]:
    """The account's entries in order, as judging again needs them."""
    return list(session.execute(_HISTORY, {"account": account_ref}))


class Writer:
    """Appends entries to one locked account, then brings the account's derived columns up to date, once."""

    def __init__(self, session: Session, account: Any, now: datetime, recorded_by: str) -> None:
        self.session, self.now, self.recorded_by = session, now, recorded_by
        self.account_id: str = account.id
        self.seq: int = account.entry_count
        self.head: str = account.head
        self.balance: int = account.balance_centicredits
        self.last_order: str = account.last_order
        self.key = key_for("ledger")
        self.rows: list[dict[str, Any]] = []

    def append_posts(self, posts: Iterable[Post], *, cause: str = "") -> None:
        """`cause` is the public id of what stands behind all of them, if anything does beside the participation."""
        for post in posts:
            self.append(
                "award" if post.points_to is None else "adjustment",
                post.fact,
                clause=post.award.clause,
                rule_set=post.award.rule_set,
                trace=post.award.trace_json(),
                centicredits=post.difference,
                points_to=post.points_to,
                reason=post.reason,
                cause=cause,
            )

    def append(
        self,
        kind: str,
        fact: Fact,
        *,
        clause: str,
        rule_set: str,
        trace: list[Any],
        centicredits: int,
        points_to: int | None,
        reason: str,
        cause: str = "",
    ) -> None:
        self.seq += 1
        row: dict[str, Any] = {
            "account_id": self.account_id,
            "seq": self.seq,
            "kind": kind,
            "points_to": points_to,
            "participation": fact.participation,
            "clause": clause,
            "centicredits": centicredits,
            "occurred_at": fact.occurred_at,
            "occurred_on": fact.occurred_on,
            "academic_year": academic_year(fact.occurred_on),
            "category": fact.category,
            "rule_set": rule_set,
            "facts": fact.to_json(),
            "trace": trace,
            "reason": reason,
            "cause": cause,
            "recorded_at": self.now,
            "recorded_by": self.recorded_by,
        }
        row["link"] = self.head = link_after(self.head, row, key=self.key)
        self.balance += centicredits
        self.rows.append(row)

    def close(self, totals: Mapping[str, int], rule_set: str, last_order: str) -> None:
        """Write the entries, the account's head and counters, and the balances: three statements in the usual case."""
        self._write(_INSERT_ENTRY, self.rows)
        self.session.execute(
            _UPDATE_ACCOUNT,
            {
                "account": self.account_id,
                "entry_count": self.seq,
                "head": self.head,
                "balance_centicredits": self.balance,
                "totals": dict(totals),
                "totals_rule_set": rule_set,
                # Never backwards: a participation once judged is found again by judging out of order.
                "last_order": max(self.last_order, last_order),
            },
        )
        self._write(_add_to_balance(self.session.get_bind().dialect.name), self._sums())

    def _write(self, statement: Any, rows: list[dict[str, Any]]) -> None:
        self.session.execute(statement, rows[0] if len(rows) == 1 else rows)

    def _sums(self) -> list[dict[str, Any]]:
        """What the entries add to the balances, by academic year and category."""
        sums: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self.rows:
            key = {name: row[name] for name in _BALANCE_KEY}
            at = sums.setdefault(
                (row["academic_year"], row["category"]), key | {"centicredits": 0, "last_on": row["occurred_on"]}
            )
            at["centicredits"] += row["centicredits"]
            at["last_on"] = max(at["last_on"], row["occurred_on"])
        return list(sums.values())


_ACCOUNT_COLUMNS = (
    _ACCOUNTS.c.id,
    _ACCOUNTS.c.entry_count,
    _ACCOUNTS.c.head,
    _ACCOUNTS.c.balance_centicredits,
    _ACCOUNTS.c.totals,
    _ACCOUNTS.c.totals_rule_set,
    _ACCOUNTS.c.last_order,
    _ACCOUNTS.c.settled_through,
)
_BALANCE_KEY = ("account_id", "academic_year", "category")

# FOR NO KEY UPDATE: postings of one pupil take turns, while foreign keys to the account can still be checked.
_LOCK = select(*_ACCOUNT_COLUMNS).where(_ACCOUNTS.c.id == bindparam("account")).with_for_update(key_share=True)

_HISTORY = (
    select(
        _ENTRIES.c.seq,
        _ENTRIES.c.kind,
        _ENTRIES.c.points_to,
        _ENTRIES.c.participation,
        _ENTRIES.c.clause,
        _ENTRIES.c.centicredits,
        _ENTRIES.c.rule_set,
        _ENTRIES.c.reason,
        _ENTRIES.c.cause,
        _ENTRIES.c.facts,
        _ENTRIES.c.trace,
    )
    .where(_ENTRIES.c.account_id == bindparam("account"))
    .order_by(_ENTRIES.c.seq)
)

_INSERT_ENTRY = _ENTRIES.insert()

_UPDATE_ACCOUNT = (
    update(_ACCOUNTS)
    .where(_ACCOUNTS.c.id == bindparam("account"))
    .values(
        {
            column.name: bindparam(column.name, type_=column.type)
            for column in _ACCOUNT_COLUMNS
            if column.name not in ("id", "settled_through")  # a settlement writes the second
        }
    )
)


@cache
def _open(dialect_name: str) -> Any:
    return insert_into(dialect_name)(_ACCOUNTS).on_conflict_do_nothing().returning(*_ACCOUNT_COLUMNS)


@cache
def _add_to_balance(dialect_name: str) -> Any:
    later = func.greatest if dialect_name == "postgresql" else func.max
    upsert = insert_into(dialect_name)(_BALANCES)
    return upsert.on_conflict_do_update(
        index_elements=list(_BALANCE_KEY),
        set_={
            "centicredits": _BALANCES.c.centicredits + upsert.excluded.centicredits,
            "last_on": later(_BALANCES.c.last_on, upsert.excluded.last_on),
        },
    )
