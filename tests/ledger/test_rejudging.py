"""Judging again as plain values: another book on purpose, and corrections that stand whatever the rules say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from credit_app.ledger.rejudging import CORRECTED, Rejudged, judge_again, past_of
from credit_app.rules.book import Book, load_book
from credit_app.rules.facts import Fact
from credit_app.rules.single import award
from tests.cast import SAMPLE_BOOK
from tests.ledger.facts import visit

TEXT = SAMPLE_BOOK.read_text(encoding="utf-8")
BOOK = load_book(TEXT)
GENEROUS = load_book(
    TEXT.replace("id: sample-2026", "id: generous", 1).replace(
        "for: {category: venue_visit}\n    credits: 0.5", "for: {category: venue_visit}\n    credits: 0.8", 1
    )
)
BOOKS = {book.id: book for book in (BOOK, GENEROUS)}


@dataclass(frozen=True)
class Entry:
    """What judging again reads of an entry."""

    seq: int
    kind: str
    participation: str
    clause: str
    rule_set: str
    centicredits: int
    facts: dict[str, Any]
    trace: list[Any] = field(default_factory=list)
    reason: str = ""


def entry(
    seq: int, fact: Fact, centicredits: int, *, kind: str = "award", reason: str = "", book: Book = BOOK
) -> Entry:
    judged = award(fact, {}, book)
    return Entry(
        seq=seq,
        kind=kind,
        participation=fact.participation,
        clause=judged.clause,
        rule_set=book.id,
        centicredits=centicredits,
        facts=fact.to_json(),
        trace=judged.trace_json(),
        reason=reason,
    )


def again(entries: list[Entry], **how: Any) -> Rejudged:
    return judge_again(past_of(entries), BOOKS.__getitem__, **how)


def test_another_book_is_judged_by_on_purpose_only() -> None:
    entries = [entry(1, visit("p1"), 50)]
    assert again(entries).posts == []
    (post,) = again(entries, rebook=lambda item: GENEROUS).posts
    assert (post.difference, post.reason, post.award.rule_set, post.points_to) == (30, "rules_changed", "generous", 1)


def test_the_same_amount_under_another_book_is_posted_too_and_once() -> None:
    """The entry tells which rules hold; posting it makes a second replay find nothing."""
    fact = visit("p1", stayed=44)
    entries = [entry(1, fact, 0)]
    (post,) = again(entries, rebook=lambda item: GENEROUS).posts
    assert post.difference == 0
    entries.append(entry(2, fact, 0, kind="adjustment", reason="rules_changed", book=GENEROUS))
    assert again(entries, rebook=lambda item: GENEROUS).posts == []


def test_a_correction_stands_beside_what_the_rules_give() -> None:
    entries = [entry(1, visit("p1"), 50), entry(2, visit("p1"), 20, kind="adjustment", reason=CORRECTED)]
    past = past_of(entries)["p1"]
    assert (past.net, past.corrected, past.standing) == (50, 20, 70)
    assert again(entries).posts == []


def test_a_reversal_takes_the_correction_back_too() -> None:
    entries = [
        entry(1, visit("p1"), 50),
        entry(2, visit("p1"), 20, kind="adjustment", reason=CORRECTED),
        entry(3, visit("p1"), -70, kind="reversal", reason="attendance_voided"),
    ]
    past = past_of(entries)["p1"]
    assert (past.standing, past.reversed) == (0, True)
