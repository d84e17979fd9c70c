"""The trace is stored short, read back whole, and small enough for a ledger of millions."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings

from credit_app.rules import clauses
from credit_app.rules.book import Book
from credit_app.rules.clauses.base import Amount, Clause
from credit_app.rules.facts import Fact
from credit_app.rules.single import award, judge_history
from credit_app.rules.trace import COUNT_REFUSALS, ORDINARY, trace_from_json
from tests.rules.drawing import books, histories
from tests.rules.making import course, fact, sample, visit


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(book=books(), facts=histories())
def test_a_trace_comes_back_from_its_json_as_it_was(book: Book, facts: list[Fact]) -> None:
    for judged in judge_history(facts, lambda _: book):
        stored = judged.trace_json()
        assert json.loads(json.dumps(stored)) == stored
        assert trace_from_json(stored, book) == judged.trace


def test_a_stored_trace_is_short_lists_of_codes_and_values() -> None:
    judged = award(visit(), {"year_cap|2025-2026": 1980}, sample())
    assert judged.trace_json() == [
        ["visit_stay", 0, 50, 45],
        ["venue_visit", 50],
        ["visit_per_day", 50, 1, 1],
        ["visit_per_venue", 50, 1, 2],
        ["year_cap", "year_cap", 20, 1980, 2000],
    ]


def test_a_trace_is_not_read_with_a_book_that_does_not_know_its_clauses() -> None:
    with pytest.raises(KeyError, match="unheard_of"):
        trace_from_json([["unheard_of", 0]], sample())


PUBLIC_ID = "k7m2x9q4r8t3vw"
TYPICAL = [
    visit(tier="backbone", planned_minutes=90, checked_out=True, proof="self_scan"),
    course(tier="backbone", at_venue=True, checked_out=True),
    fact("lecture", venue=PUBLIC_ID, tier="lead", at_venue=True, planned_minutes=90, proof="roll_call"),
    fact("volunteer_guide", role="guide", dwell_minutes=125, checked_out=True, proof="staff_scan", venue=PUBLIC_ID),
    fact("competition", evidence="approved", level="province", competition=PUBLIC_ID),
    fact("research_project", evidence="approved", level="excellent"),
]


@pytest.mark.parametrize("typical", TYPICAL, ids=[each.category for each in TYPICAL])
def test_facts_and_trace_take_at_most_four_hundred_bytes(typical: Fact) -> None:
    raw = typical.to_json() | {"p": PUBLIC_ID, "a": PUBLIC_ID}
    if typical.venue:
        raw["v"] = PUBLIC_ID
    known = Fact.from_json(raw)
    judged = award(known, {"year_cap|2025-2026": 1990}, sample())
    assert judged.state == "awarded"
    stored = [json.dumps(part, separators=(",", ":")) for part in (known.to_json(), judged.trace_json())]
    assert sum(len(part.encode()) for part in stored) <= 400


def every_kind() -> list[type[Clause]]:
    """The kinds of clause that a book may hold."""
    return [*get_args(clauses.AnyCondition), *get_args(clauses.AnyAmount), *get_args(clauses.AnyLimit)]


def instances() -> list[Clause]:
    """One clause of each kind, and each variant that has codes of its own."""
    said = {"id": "x", "text": "条款", "source": "测试"}
    stated: dict[str, list[dict[str, object]]] = {
        "dwell": [{"at_least_minutes": 45}],
        "grade": [{"first": 1, "last": 9}],
        "role": [{"accepts": "guide"}],
        "tier": [{"accepts": "lead"}],
        "proof": [{"accepts": "roll_call"}],
        "fixed": [{"credits": 1}],
        "per_hour": [{"credits": 1, "counted_by": "stay"}],
        "by_level": [{"levels": {"city": 1}}],
        "no_repeat": [{"window": "day"}, {"window": "day", "per": "venue"}],
        "at_most": [
            {"window": "day", "count": 1},
            {"window": "whole", "per": "venue", "count": 1},
            {"window": "whole", "count": 1},
        ],
        "highest_only": [{"window": "whole", "per": "competition"}],
        "steps": [{"window": "whole", "every": 4, "credits": 1}],
        "cap": [
            {"window": "academic_year", "credits": 1},
            {"window": "whole", "credits": 1},
            {"window": "whole", "credits": 1, "for": {"category": "a"}},
        ],
    }
    made: list[Clause] = []
    for kind in every_kind():
        (name,) = get_args(kind.model_fields["kind"].annotation)
        made += [kind.model_validate(said | {"kind": name} | variant) for variant in stated.get(name, [{}])]
    return made


def test_the_ordinary_codes_are_those_that_clauses_find_first() -> None:
    first = {clause.codes[0] for clause in instances()}
    others = {code for clause in instances() for code in clause.codes[1:]}
    assert first == ORDINARY
    assert first.isdisjoint(others)


def test_the_codes_that_refuse_a_count_are_those_of_count_limits() -> None:
    assert {clause.codes[1] for clause in instances() if getattr(clause, "counts", False)} == COUNT_REFUSALS


def test_each_finding_has_a_meaning() -> None:
    for clause in instances():
        outcomes = getattr(clause, "outcomes", None)
        assert outcomes is None or len(outcomes) == len(clause.codes), clause
        assert not isinstance(clause, Amount) or outcomes is not None
