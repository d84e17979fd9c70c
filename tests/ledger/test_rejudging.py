"""Judging again as plain values: another book on purpose, and corrections that stand whatever the rules say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from credit_app.ledger.rejudging import CORRECTED, Rejudged, judge_again, past_of
from credit_app.rules.book import Book, load_book
from credit_app.rules.facts import Fact
from credit_app.rules.single import award
from tests.cast import SAMPLE_BOOK
from tests.ledger.facts import course, visit

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


def test_a_fact_judged_before_keeps_its_book_and_says_that_it_has_changed() -> None:
    """Whatever book is asked for now: a change of rules is never carried out by the way."""
    entries = [entry(1, visit("p1", stayed=44), 0)]
    changed = again(entries, new=(visit("p1", stayed=45), GENEROUS))
    (post,) = changed.posts
    assert (post.difference, post.reason, post.points_to, post.award.rule_set) == (50, "facts_changed", 1, BOOK.id)
    assert changed.own == post.award
    assert changed.rule_set == BOOK.id


def test_what_comes_first_is_told_apart_from_what_it_moves() -> None:
    """A third visit to one venue arrives before two others: the last of them earns nothing any more."""
    entries = [entry(1, visit("p2", day=2), 50), entry(2, visit("p3", day=3), 50)]
    found = again(entries, new=(visit("p1", day=1), BOOK))
    assert [(post.fact.participation, post.difference, post.points_to, post.reason) for post in found.posts] == [
        ("p1", 50, None, ""),
        ("p2", 0, 1, "judged_again"),
        ("p3", -50, 2, "judged_again"),
    ]
    assert found.own == found.posts[0].award
    assert found.last_order.endswith("|p3")
    assert again(entries).own is None


def test_what_is_undecided_has_no_entry_and_is_not_the_last_that_was_judged() -> None:
    waiting = course("p1", worksheet="none")
    found = again([], new=(waiting, BOOK))
    assert found.own is not None
    assert (found.own.state, found.posts, found.rule_set, found.last_order) == ("pending", [], "", "")
    behind = again([entry(1, visit("p0", day=-1), 50)], new=(waiting, BOOK))
    assert (behind.posts, behind.last_order.endswith("|p0")) == ([], True)


def test_what_joins_undecided_has_an_entry_only_if_people_corrected_it() -> None:
    waiting = course("p1", worksheet="returned")
    assert again([], joining=[(waiting, BOOK)]).posts == []
    (post,) = again([], joining=[(waiting, BOOK)], corrected={"p1"}).posts
    assert (post.difference, post.points_to, post.award.state) == (0, None, "pending")


def test_what_was_decided_and_waits_again_gives_its_amount_back() -> None:
    """Its entry stands, so it is still the last that was judged."""
    entries = [entry(1, course("p1"), 100)]
    found = again(entries, new=(course("p1", worksheet="returned"), BOOK))
    assert [(post.difference, post.reason) for post in found.posts] == [(-100, "facts_changed")]
    assert found.last_order.endswith("|p1")
