"""What ``flask verify`` asks of the ledger: I3 (pointers), I4 (totals), I5 (chains, roots), I6 (awards computed again).

Accounts are read in chunks by key, so memory stays bounded whatever the city's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.errors import NotFound
from credit_app.findings import Finding, Progress
from credit_app.keys import key_for
from credit_app.ledger import audit_settled, roots
from credit_app.ledger.chain import SEALED, link_after
from credit_app.ledger.models import GENESIS, LedgerAccount, LedgerBalance, LedgerEntry
from credit_app.ledger.rejudging import judge_again, order_text, past_of
from credit_app.rule_books.queries import book_named
from credit_app.rules.book import Book

CHUNK = 500  # accounts
TOGETHER = 20_000
"""So many entries are read at once; an account with more is streamed, once for each question asked of it."""

Leaf = tuple[int, str] | None
"""Count and head of the account under the newest root."""
Entries = Callable[[], Iterable[Any]]
"""The entries of an account in order, as often as they are asked for."""


def audit(session: Session, progress: Progress) -> Iterator[Finding]:
    """Every broken root, account, balance and entry, accounts in order of id.

    Memory is bounded by the accounts of a chunk and by the participations of the largest account, which must be judged
    as one history. What cannot be read is a finding, and the accounts after it are audited all the same.
    """
    yield from roots.audit(session)
    yield from audit_settled.audit(session)
    in_all = session.scalar(select(func.coalesce(func.sum(LedgerAccount.entry_count), 0))) or 0
    books = _Books(session)
    done, last = 0, ""
    while ids := _ids_after(session, last):
        leaves = roots.leaves_of(session, ids)
        for account, entries, balances in _loaded(session, ids):
            if account is None:
                yield from balances  # what was found instead
                continue
            yield from _audit_account(account, entries, balances, leaves.get(account.id), books.named)
            done += account.entry_count
        last = ids[-1]
        progress(min(done, in_all), in_all)


class _Books:
    """Published books by name, None for one that is not, each looked up once."""

    def __init__(self, session: Session) -> None:
        self._session, self._known = session, dict[str, Book | None]()

    def named(self, rule_set: str) -> Book | None:
        if rule_set not in self._known:
            try:
                self._known[rule_set] = book_named(self._session, rule_set)
            except NotFound:
                self._known[rule_set] = None
        return self._known[rule_set]


def _audit_account(
    account: Any, entries: Entries, balances: Sequence[Any], leaf: Leaf, book_of: Callable[[str], Book | None]
) -> Iterator[Finding]:
    try:
        yield from _audit_chain(account, entries(), leaf)
        yield from _audit_pointers(account, entries())
        yield from _audit_sums(account, entries(), balances)
        yield from _audit_awards(account, entries, book_of)
    except Exception as error:  # whatever an edited row holds, the accounts after it are audited
        yield Finding("I5", f"ledger_account ({account.id})", f"its rows cannot be audited: {error!r}")


def _audit_chain(account: Any, entries: Iterable[Any], leaf: Leaf) -> Iterator[Finding]:
    key, head, position = key_for("ledger"), GENESIS, 0
    for position, entry in enumerate(entries, start=1):
        row = f"ledger_entry ({account.id}, {entry.seq})"
        if entry.seq != position:
            yield Finding("I5", row, f"the entry before it is missing: number {position} was expected")
            return
        expected = link_after(head, {column: getattr(entry, column) for column in SEALED}, key=key)
        if entry.link != expected:
            yield Finding("I5", row, "its content is not what was sealed: edited, inserted, or a predecessor replaced")
            return
        head = entry.link
        if leaf is not None and position == leaf[0] and head != leaf[1]:
            yield Finding("I5", row, "the chain does not pass through the head that was signed in the newest root")
    account_row = f"ledger_account ({account.id})"
    if position != account.entry_count or head != account.head:
        what = f"has {position} entries, its account says {account.entry_count}: the tail was cut or the head edited"
        yield Finding("I5", account_row, what)
    if leaf is not None and position < leaf[0]:
        yield Finding("I5", account_row, f"has {position} entries, {leaf[0]} were signed in the newest root")


def _audit_pointers(account: Any, entries: Iterable[Any]) -> Iterator[Finding]:
    awards: dict[int, str] = {}
    for entry in entries:
        row = f"ledger_entry ({account.id}, {entry.seq})"
        if entry.kind != "award":
            if awards.get(entry.points_to) != entry.participation:
                yield Finding("I3", row, f"points to entry {entry.points_to}, which is no award of its participation")
            continue
        awards[entry.seq] = entry.participation


def _audit_sums(account: Any, entries: Iterable[Any], balances: Sequence[Any]) -> Iterator[Finding]:
    row = f"ledger_account ({account.id})"
    total = 0
    sums: dict[tuple[str, str], tuple[int, date]] = {}
    for entry in entries:
        total += entry.centicredits
        at = (entry.academic_year, entry.category)
        so_far, last_on = sums.get(at, (0, entry.occurred_on))
        sums[at] = so_far + entry.centicredits, max(last_on, entry.occurred_on)
    if total != account.balance_centicredits:
        yield Finding("I4", row, f"balance {account.balance_centicredits}, its entries sum to {total}")
    held = {(b.academic_year, b.category): (b.centicredits, b.last_on) for b in balances}
    for at in sorted(sums.keys() | held.keys()):
        if sums.get(at) != held.get(at):
            what = f"holds {_told(held.get(at))}, its entries give {_told(sums.get(at))}"
            yield Finding("I4", f"ledger_balance ({account.id}, {at[0]}, {at[1]})", what)


def _audit_awards(account: Any, entries: Entries, book_of: Callable[[str], Book | None]) -> Iterator[Finding]:
    missing = {entry.rule_set for entry in entries() if book_of(entry.rule_set) is None}
    if missing:
        yield Finding("I6", f"ledger_account ({account.id})", f"no published book {', '.join(sorted(missing))}")
        return
    try:
        past = past_of(entries())
        again = judge_again(past, lambda name: _required(book_of(name)))
    except (ArithmeticError, KeyError, LookupError, TypeError, ValueError) as error:
        yield Finding("I6", f"ledger_account ({account.id})", f"its facts cannot be judged: {error!r}")
        return
    for post in again.posts:
        known = past[post.fact.participation]
        row = f"ledger_entry ({account.id}, {known.award_seq}) participation {post.fact.participation}"
        if post.difference:
            what = f"net {known.net}, the rules give {post.award.centicredits} for its facts"
        else:
            what = "the same amount, but another trace than the rules give for its facts"
        yield Finding("I6", row, what)
    for participation, item in past.items():
        if item.reversed and item.standing:
            row = f"ledger_entry ({account.id}, {item.award_seq}) participation {participation}"
            yield Finding("I6", row, f"reversed, but {item.standing} centicredits remain")
    if past and not again.posts:
        yield from _audit_counters(account, past, again)


def _audit_counters(account: Any, past: Any, again: Any) -> Iterator[Finding]:
    row = f"ledger_account ({account.id})"
    if account.totals != dict(again.totals) or account.totals_rule_set != again.rule_set:
        yield Finding("I4", row, "the rules' counters are not what its entries amount to")
    latest = max(order_text(item.fact) for item in past.values())
    if account.last_order != latest:
        yield Finding("I4", row, "its latest participation is not the one it names")


def _required(book: Book | None) -> Book:
    assert book is not None
    return book


def _told(held: tuple[int, date] | None) -> str:
    return "nothing" if held is None else f"{held[0]} centicredits up to {held[1]}"


def _ids_after(session: Session, last: str) -> list[str]:
    """The next accounts, fewer where they hold many entries."""
    query = select(LedgerAccount.id, LedgerAccount.entry_count).where(LedgerAccount.id > last)
    ids: list[str] = []
    entries = 0
    for account_id, entry_count in session.execute(query.order_by(LedgerAccount.id).limit(CHUNK)):
        entries += entry_count
        if ids and entries > TOGETHER:
            break
        ids.append(account_id)
    return ids


Loaded = tuple[Any, Entries, Sequence[Any]]


def _loaded(session: Session, ids: list[str]) -> Iterator[Loaded]:
    """Each account with its entries and balances; None with a finding in their place where the rows are unreadable."""
    try:
        yield from _loaded_together(session, ids)
    except _UNREADABLE:
        for account_id in ids:
            try:
                (loaded,) = _loaded_together(session, [account_id])
            except _UNREADABLE as error:
                what = f"its rows cannot be read: {error!r}"
                yield None, tuple, [Finding("I5", f"ledger_account ({account_id})", what)]
            else:
                yield loaded


# What a column raises that was filled with something else behind the program's back.
_UNREADABLE = (ValueError, TypeError)


def _loaded_together(session: Session, ids: list[str]) -> list[Loaded]:
    columns = list(LedgerAccount.__table__.columns)
    accounts = session.execute(select(*columns).where(LedgerAccount.id.in_(ids)).order_by(LedgerAccount.id)).all()
    balances = _grouped(session.execute(_balance_query(ids)))
    if len(accounts) == 1 and accounts[0].entry_count > TOGETHER:
        return [(accounts[0], partial(_streamed, session, ids), balances.get(ids[0], []))]
    entries = _grouped(session.execute(_entry_query(ids)))
    return [(account, partial(iter, entries.get(account.id, [])), balances.get(account.id, [])) for account in accounts]


def _streamed(session: Session, ids: list[str]) -> Iterable[Any]:
    return session.execute(_entry_query(ids), execution_options={"yield_per": CHUNK})


def _entry_query(ids: list[str]) -> Any:
    columns = list(LedgerEntry.__table__.columns)
    return select(*columns).where(LedgerEntry.account_id.in_(ids)).order_by(LedgerEntry.account_id, LedgerEntry.seq)


def _balance_query(ids: list[str]) -> Any:
    columns = list(LedgerBalance.__table__.columns)
    return select(*columns).where(LedgerBalance.account_id.in_(ids))


def _grouped(rows: Any) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row.account_id, []).append(row)
    return grouped
