"""Signed roots: what all chains stood at on one day, so that a rollback of the whole ledger can be told elsewhere.

The newest root's leaves (count and head of each account) are kept, one row an account; of older roots the signed row.
Each root names the one before it. A copy of an exported root kept elsewhere is what shows that the whole database, the
roots included, was put back to an older day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from credit_app.errors import NotFound
from credit_app.findings import Finding
from credit_app.keys import key_for
from credit_app.ledger.merkle import Tree, leaf
from credit_app.ledger.models import LedgerAccount, LedgerEntry, LedgerRoot, LedgerRootLeaf
from credit_app.ledger.root_file import FORMAT, Leaf, digest_of, is_signed, key_id_of, statement_of
from credit_app.rules.calendar import local_date
from credit_app.storage import insert_into

CHUNK = 500  # accounts

_LEAVES: Any = LedgerRootLeaf.__table__


def public_key() -> str:
    """The key that checks our roots, in hex; it is no secret, and whoever checks must have it from elsewhere."""
    return _private_key().public_key().public_bytes_raw().hex()


def take_root(session: Session, *, now: datetime) -> LedgerRoot | None:
    """The root of the local day of `now` is taken and signed; None when the day has one already.

    Count and head of all accounts are copied by one statement, which sees the ledger at one instant on either database;
    nobody who posts waits for it on PostgreSQL.
    """
    day = local_date(now)
    last = newest_root(session)
    if last is not None and last.taken_on >= day:
        return None
    _copy_heads(session)
    tree, accounts, entries = Tree(), 0, 0
    for found in stored_leaves(session):
        tree.add(leaf(*found))
        accounts, entries = accounts + 1, entries + found[1]
    taken = LedgerRoot(
        taken_on=day,
        taken_at=now,
        accounts=accounts,
        entries=entries,
        root=tree.root(),
        previous=digest_of(header_of(last)) if last is not None else "",
        key_id=key_id_of(public_key()),
    )
    taken.signature = _private_key().sign(statement_of(header_of(taken))).hex()
    session.add(taken)
    session.flush()
    return taken


def newest_root(session: Session) -> LedgerRoot | None:
    """The root taken last, if any was."""
    return session.scalar(select(LedgerRoot).order_by(LedgerRoot.taken_on.desc()).limit(1))


def roots(session: Session) -> list[LedgerRoot]:
    """Every root, newest first."""
    return list(session.scalars(select(LedgerRoot).order_by(LedgerRoot.taken_on.desc())))


def root_to_export(session: Session) -> tuple[dict[str, Any], Iterator[Leaf]]:
    """The newest root as its file holds it. Raises: NotFound when none was taken."""
    root = newest_root(session)
    if root is None:
        raise NotFound
    return header_of(root) | {"signature": root.signature, "public_key": public_key()}, stored_leaves(session)


def header_of(root: LedgerRoot) -> dict[str, Any]:
    """What was signed of a root."""
    return {
        "format": FORMAT,
        "taken_on": root.taken_on.isoformat(),
        "taken_at": root.taken_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "accounts": root.accounts,
        "entries": root.entries,
        "root": root.root,
        "previous": root.previous,
        "key_id": root.key_id,
    }


def stored_leaves(session: Session) -> Iterator[Leaf]:
    """The newest root's leaves in order of the id's bytes, streamed."""
    bind = session.get_bind()
    order = LedgerRootLeaf.account_id
    in_bytes = order.collate("C") if bind.dialect.name == "postgresql" else order
    query = select(LedgerRootLeaf.account_id, LedgerRootLeaf.entry_count, LedgerRootLeaf.head).order_by(in_bytes)
    for row in session.execute(query, execution_options={"yield_per": CHUNK}):
        yield row.account_id, row.entry_count, row.head


def lost_since(session: Session, leaves: Iterable[Leaf]) -> Iterator[Finding]:
    """Which of these accounts (of a root that was kept elsewhere) the ledger no longer carries on from.

    A chain that goes on passes through the recorded head at the recorded count, whatever was posted since. That its
    entries are what was sealed, `flask verify` says.
    """
    waiting = iter(leaves)
    while chunk := list(islice(waiting, CHUNK)):
        ids = [each[0] for each in chunk]
        standing = select(LedgerAccount.id, LedgerAccount.entry_count).where(LedgerAccount.id.in_(ids))
        counts = {row.id: row.entry_count for row in session.execute(standing)}
        links = {(row.account_id, row.seq): row.link for row in session.execute(_links_at(chunk))}
        for account_id, entry_count, head in chunk:
            row = f"ledger_account ({account_id})"
            if account_id not in counts:
                yield Finding("I5", row, "was removed since the root was taken")
            elif counts[account_id] < entry_count or (entry_count and (account_id, entry_count) not in links):
                what = f"has lost entries: {entry_count} when the root was taken, now {counts[account_id]}"
                yield Finding("I5", row, what)
            elif entry_count and links[account_id, entry_count] != head:
                what = f"its chain does not pass through the recorded head at entry {entry_count}: written anew"
                yield Finding("I5", row, what)


def leaves_of(session: Session, account_ids: list[str]) -> dict[str, tuple[int, str]]:
    """account → (count, head) under the newest root, for the audit of its chain."""
    rows = session.execute(
        select(LedgerRootLeaf.account_id, LedgerRootLeaf.entry_count, LedgerRootLeaf.head).where(
            LedgerRootLeaf.account_id.in_(account_ids)
        )
    )
    return {account_id: (entry_count, head) for account_id, entry_count, head in rows}


def audit(session: Session) -> Iterator[Finding]:
    """Each root: signed by us, following the one before it; the newest: its leaves are those that were signed."""
    key, before = public_key(), None
    for root in session.scalars(select(LedgerRoot).order_by(LedgerRoot.taken_on)):
        row = f"ledger_root ({root.taken_on})"
        if not is_signed(header_of(root), root.signature, key):
            yield Finding("I5", row, "its signature does not fit: edited, or signed under another key")
        if root.previous != (digest_of(header_of(before)) if before is not None else ""):
            yield Finding("I5", row, "the root before it was edited or removed")
        before = root
    tree = Tree()
    for found in stored_leaves(session):
        tree.add(leaf(*found))
    if before is not None and tree.root() != before.root:
        yield Finding("I5", f"ledger_root ({before.taken_on})", "the kept heads are not those that were signed")
    gone = (
        select(LedgerRootLeaf.account_id)
        .outerjoin(LedgerAccount, LedgerAccount.id == LedgerRootLeaf.account_id)
        .where(LedgerAccount.id.is_(None))
    )
    for account_id in session.scalars(gone):
        yield Finding("I5", f"ledger_account ({account_id})", "was removed since the newest root was taken")


def _links_at(chunk: Iterable[Leaf]) -> Select[str, int, str]:
    places = [(account_id, entry_count) for account_id, entry_count, _head in chunk]
    at = tuple_(LedgerEntry.account_id, LedgerEntry.seq)
    return select(LedgerEntry.account_id, LedgerEntry.seq, LedgerEntry.link).where(at.in_(places))


def _copy_heads(session: Session) -> None:
    """The leaves are brought to where the accounts stand now; what has not moved is not written."""
    accounts = select(LedgerAccount.id, LedgerAccount.entry_count, LedgerAccount.head)
    # SQLite takes ON CONFLICT after a select only where the select has a WHERE.
    insert = insert_into(session.get_bind().dialect.name)(_LEAVES).from_select(
        ["account_id", "entry_count", "head"], accounts.where(LedgerAccount.entry_count >= 0)
    )
    # A chain only grows. One that was cut keeps its old leaf, so that every later audit still tells of it.
    moved = _LEAVES.c.entry_count < insert.excluded.entry_count
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["account_id"],
            set_={"entry_count": insert.excluded.entry_count, "head": insert.excluded.head},
            where=moved,
        )
    )


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_for("ledger|root"))
