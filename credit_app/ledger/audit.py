"""What ``flask verify`` asks of the ledger: I4 (derived totals), I5 (chains), I6 (awards computed again).

Accounts are read in chunks by key, so memory stays bounded whatever the city's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.errors import NotFound
from credit_app.findings import Finding, Progress
from credit_app.keys import key_for
from credit_app.ledger.chain import SEALED, link_after
from credit_app.ledger.models import GENESIS, LedgerAccount, LedgerBalance, LedgerEntry
from credit_app.ledger.rejudging import judge_again, order_text, past_of
from credit_app.rule_books.queries import book_named
from credit_app.rules.book import Book

CHUNK = 500  # accounts


def audit(session: Session, progress: Progress) -> Iterator[Finding]:
    """Every broken account, balance and entry, in order of account."""
    in_all = session.scalar(select(func.count()).select_from(LedgerAccount)) or 0
    books: dict[str, Book | None] = {}

    def book_of(rule_set: str) -> Book | None:
        if rule_set not in books:
            try:
                books[rule_set] = book_named(session, rule_set)
            except NotFound:
                books[rule_set] = None
        return books[rule_set]

    done, last = 0, ""
    while accounts := _accounts_after(session, last):
        ids = [account.id for account in accounts]
        entries = _grouped(session.execute(_entry_query(ids)))
        balances = _grouped(session.execute(_balance_query(ids)))
        for account in accounts:
            yield from _audit_account(account, entries.get(account.id, []), balances.get(account.id, []), book_of)
        done, last = done + len(accounts), ids[-1]
        progress(done, in_all)


def _audit_account(
    account: Any, entries: Sequence[Any], balances: Sequence[Any], book_of: Callable[[str], Book | None]
) -> Iterator[Finding]:
    yield from _audit_chain(account, entries)
    yield from _audit_sums(account, entries, balances)
    yield from _audit_awards(account, entries, book_of)


def _audit_chain(account: Any, entries: Sequence[Any]) -> Iterator[Finding]:
    key, head = key_for("ledger"), GENESIS
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
    if len(entries) != account.entry_count or head != account.head:
        what = (
            f"has {len(entries)} entries, its account says {account.entry_count}: the tail was cut or the head edited"
        )
        yield Finding("I5", f"ledger_account ({account.id})", what)


def _audit_sums(account: Any, entries: Sequence[Any], balances: Sequence[Any]) -> Iterator[Finding]:
    row = f"ledger_account ({account.id})"
    total = sum(entry.centicredits for entry in entries)
    if total != account.balance_centicredits:
        yield Finding("I4", row, f"balance {account.balance_centicredits}, its entries sum to {total}")
    sums: dict[tuple[str, str], tuple[int, date]] = {}
    for entry in entries:
        at = (entry.academic_year, entry.category)
        so_far, last_on = sums.get(at, (0, entry.occurred_on))
        sums[at] = so_far + entry.centicredits, max(last_on, entry.occurred_on)
    held = {(b.academic_year, b.category): (b.centicredits, b.last_on) for b in balances}
    for at in sorted(sums.keys() | held.keys()):
        if sums.get(at) != held.get(at):
            what = f"holds {_told(held.get(at))}, its entries give {_told(sums.get(at))}"
            yield Finding("I4", f"ledger_balance ({account.id}, {at[0]}, {at[1]})", what)


def _audit_awards(account: Any, entries: Sequence[Any], book_of: Callable[[str], Book | None]) -> Iterator[Finding]:
    missing = {entry.rule_set for entry in entries if book_of(entry.rule_set) is None}
    if missing:
        yield Finding("I6", f"ledger_account ({account.id})", f"no published book {', '.join(sorted(missing))}")
        return
    try:
        past = past_of(entries)
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
    if entries and not again.posts:
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


def _accounts_after(session: Session, last: str) -> list[Any]:
    columns = list(LedgerAccount.__table__.columns)
    query = select(*columns).where(LedgerAccount.id > last).order_by(LedgerAccount.id).limit(CHUNK)
    return list(session.execute(query))


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
