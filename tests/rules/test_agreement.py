"""The single form and the batch form are one set of rules: they agree on every step, under every book."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.rules.batch import NOT_ASKED, award_batch
from credit_app.rules.book import Book
from credit_app.rules.clauses.base import Condition
from credit_app.rules.examples import facts_of, load_cases
from credit_app.rules.facts import Fact
from credit_app.rules.frame import facts_frame
from credit_app.rules.single import Award, judge_history
from credit_app.rules.terms import NoRuleSet
from tests.rules.drawing import books, histories
from tests.rules.making import BOOKS, sample, visit


def step_columns(award: Award, book: Book) -> dict[str, int]:
    """What the batch form must show of each step of a trace."""
    shown = {f"step:{clause.id}": NOT_ASKED for clause in book.clauses}
    for step in award.trace:
        clause = book.clause(step.clause)
        found = clause.codes.index(step.code) if isinstance(clause, Condition) else step.after
        shown[f"step:{step.clause}"] = found
    return shown


def assert_agree(pupils: dict[str, list[Fact]], book: Book, frame: pd.DataFrame, rows_at_once: int = 100) -> None:
    """Each row of the batch form tells what the single form finds for the same participation."""
    result = award_batch(frame, book, rows_at_once=rows_at_once)
    assert list(result.index) == list(frame.index)
    rows = {
        (row["pupil"], row["participation"]): told
        for row, told in zip(frame.to_dict("records"), result.to_dict("records"), strict=True)
    }
    for pupil, facts in pupils.items():
        ordered = sorted(facts, key=lambda fact: fact.order_key)
        for fact, award in zip(ordered, judge_history(facts, lambda _: book), strict=True):
            told = rows[pupil, fact.participation]
            expected = {
                "state": award.state,
                "centicredits": award.centicredits,
                "reason": award.reason,
                "clause": award.clause,
            } | step_columns(award, book)
            assert {name: None if value != value else value for name, value in told.items()} == expected


def frame_of(pupils: dict[str, list[Fact]]) -> pd.DataFrame:
    """All facts, pupil by pupil."""
    return facts_frame((pupil, fact) for pupil, facts in pupils.items() for fact in facts)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    book=books(),
    pupils=st.dictionaries(st.sampled_from(["Ann", "Bo", "Cai"]), histories(), min_size=1),
    seed=st.integers(0, 2**16),
    rows_at_once=st.sampled_from([1, 3, 100]),
)
def test_both_forms_agree_on_every_step(
    book: Book, pupils: dict[str, list[Fact]], seed: int, rows_at_once: int
) -> None:
    frame = frame_of(pupils)
    assert_agree(pupils, book, frame.sample(frac=1, random_state=seed), rows_at_once)


def cases() -> Iterable[tuple[str, list[Fact]]]:
    """The examples of the default book, but for the days that it does not cover."""
    for case in load_cases((BOOKS / "sample-2026.cases.yaml").read_text(encoding="utf-8")).cases:
        yield case.name, [fact for fact, _ in facts_of(case) if sample().covers(fact.occurred_on)]


def test_the_examples_come_out_alike_in_both_forms() -> None:
    pupils = dict(cases())
    assert_agree(pupils, sample(), frame_of(pupils))


def test_a_day_without_rules_is_named_in_the_batch_form_too() -> None:
    facts = [visit("2028-09-03"), visit("2028-09-01"), visit("2026-05-01")]
    with pytest.raises(NoRuleSet) as error:
        award_batch(facts_frame(("Ann", fact) for fact in facts), sample())
    assert error.value.day.isoformat() == "2028-09-01"


def test_no_participations_give_no_awards() -> None:
    assert len(award_batch(frame_of({"Ann": [visit()]}).iloc[:0], sample())) == 0


def test_pupils_may_be_numbered_and_columns_may_be_plain_text() -> None:
    facts = [visit("2026-05-01"), visit("2026-05-01", "14:00"), visit("2026-05-02")]
    frame = facts_frame((7, fact) for fact in facts)
    plain = frame.astype({"category": "str", "venue": "str", "dwell_minutes": "float64"})
    assert award_batch(plain, sample())["centicredits"].tolist() == [50, 0, 50]
