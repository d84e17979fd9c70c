"""Judging a pupil's history again, as plain values: what must be posted when a fact arrives late or changes.

No database here: entries in, differences out, so that any order of arrival can be tested as values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from credit_app.rules.book import Book
from credit_app.rules.facts import Fact
from credit_app.rules.single import Award, History

FACTS_CHANGED = "facts_changed"
JUDGED_AGAIN = "judged_again"
RULES_CHANGED = "rules_changed"
MERGED = "merged"
CORRECTED = "corrected"
"""The reason of an adjustment that two people decided on: it stands beside what the rules give, whatever they say
later, and counts in no window."""


@dataclass(frozen=True, slots=True)
class Past:
    """A participation as the ledger holds it: the `seq` of its award, its latest facts and trace, and its amounts.

    `net` is what the rules gave, `corrected` what people added or took, in centicredits.
    """

    award_seq: int
    fact: Fact
    raw_fact: dict[str, Any]
    clause: str
    rule_set: str
    trace: list[Any]
    net: int
    corrected: int
    reversed: bool

    @property
    def standing(self) -> int:
        """All that the participation earns as the ledger stands."""
        return self.net + self.corrected


@dataclass(frozen=True, slots=True)
class Post:
    """An entry to append; `points_to` None makes it an award, else it is an adjustment."""

    fact: Fact
    award: Award
    difference: int
    points_to: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What judging again found: the entries to post, the award of the participation that caused it (None when the
    cause was a reversal), and the account's counters as they stand now."""

    posts: list[Post]
    own: Award | None
    totals: Mapping[str, int]
    rule_set: str
    last_order: str


def order_text(fact: Fact) -> str:
    """The order of judging as a text that compares like the key: UTC instant, then participation."""
    return f"{fact.occurred_at:%Y%m%dT%H%M%S%f}|{fact.participation}"


def past_of(entries: Iterable[Any]) -> dict[str, Past]:
    """Each participation's present state, from an account's entries in order of `seq`."""
    past: dict[str, Past] = {}
    for entry in entries:
        known = past.get(entry.participation)
        if known is not None and entry.reason == CORRECTED:
            past[entry.participation] = replace(known, corrected=known.corrected + entry.centicredits)
            continue
        is_reversal = entry.kind == "reversal"
        # A reversal takes back all that stands, what people added included.
        before = (known.standing if is_reversal else known.net) if known else 0
        past[entry.participation] = Past(
            award_seq=known.award_seq if known else entry.seq,
            fact=Fact.from_json(entry.facts),
            raw_fact=entry.facts,
            clause=entry.clause,
            rule_set=entry.rule_set,
            trace=entry.trace,
            net=before + entry.centicredits,
            corrected=known.corrected if known and not is_reversal else 0,
            reversed=is_reversal,
        )
    return past


def judge_again(
    past: Mapping[str, Past],
    book_named: Callable[[str], Book],
    *,
    new: tuple[Fact, Book] | None = None,
    joining: Iterable[tuple[Fact, Book]] = (),
    corrected: Collection[str] = (),
    rebook: Callable[[Past], Book] | None = None,
) -> Rejudged:
    """All that stands in `past`, with `new` (and all that are `joining`) put in their places in time, judged from the
    beginning.

    What joins and is pending has an entry (of 0) all the same if it is one of those `corrected` by two people: their
    adjustments must have an award to point to.
    A participation that was judged before keeps the book it was judged by: a change of rules is replayed on purpose,
    by a `rebook` that names each one's book, never by the way.
    """
    book_of = rebook or (lambda item: book_named(item.rule_set))
    standing = {key: (item.fact, book_of(item)) for key, item in past.items() if not item.reversed}
    if new is not None:
        fact, book = new
        known = past.get(fact.participation)
        standing[fact.participation] = (fact, book_named(known.rule_set) if known else book)

    standing |= {fact.participation: (fact, book) for fact, book in joining}

    history = History()
    posts: list[Post] = []
    own: Award | None = None
    rule_set = last_order = ""
    for fact, book in sorted(standing.values(), key=lambda item: item[0].order_key):
        judged = history.judge(fact, book)
        is_new = new is not None and fact.participation == new[0].participation
        own = judged if is_new else own
        known = past.get(fact.participation)
        post = _difference(known, fact, judged, is_new=is_new, is_corrected=fact.participation in corrected)
        if post is not None:
            posts.append(post)
        if judged.state != "pending" or known is not None or post is not None:
            rule_set, last_order = book.id, order_text(fact)
    return Rejudged(posts, own, history.totals, rule_set, last_order)


def _difference(known: Past | None, fact: Fact, judged: Award, *, is_new: bool, is_corrected: bool) -> Post | None:
    if known is None:
        waits = judged.state == "pending" and not is_corrected
        return None if waits else Post(fact, judged, judged.centicredits, None, "")
    difference = judged.centicredits - known.net
    same_facts = fact.to_json() == known.raw_fact
    same_book = judged.rule_set == known.rule_set
    if difference == 0 and same_facts and same_book and not known.reversed and judged.trace_json() == known.trace:
        return None
    reason = FACTS_CHANGED if is_new else (JUDGED_AGAIN if same_book else RULES_CHANGED)
    return Post(fact, judged, difference, known.award_seq, reason)
