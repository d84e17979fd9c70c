"""Every code has a sentence, in Chinese first; parameters come as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.rules.book import Book
from credit_app.rules.facts import Fact
from credit_app.rules.problems import SENTENCES
from credit_app.rules.single import award, judge_history
from credit_app.rules.trace import Step
from credit_app.rules.wording import (
    MISSING,
    REASONS,
    STEPS,
    TERMS,
    WORTH,
    credits_text,
    reason_sentence,
    say,
    sentence,
)
from tests.rules.drawing import books, histories
from tests.rules.making import course, fact, sample, visit
from tests.rules.test_trace import instances

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def chinese(message: str) -> str:
    """No translation."""
    return message


@pytest.mark.parametrize(
    ("centicredits", "text"),
    [
        (0, "0"),
        (1, "0.01"),
        (10, "0.1"),
        (50, "0.5"),
        (100, "1"),
        (105, "1.05"),
        (2000, "20"),
        (-50, "-0.5"),
        (-125, "-1.25"),
    ],
)
def test_credits_are_written_as_people_write_them(centicredits: int, text: str) -> None:
    assert credits_text(centicredits) == text


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(book=books(), facts=histories())
def test_every_step_reason_and_advice_can_be_said(book: Book, facts: list[Fact]) -> None:
    for judged in judge_history(facts, lambda _: book):
        for step in (*judged.trace, *judged.missing):
            told = say(step, chinese)
            assert told
            assert "%" not in told
        if judged.reason is not None:
            assert reason_sentence(judged.reason)


def test_every_code_of_every_clause_has_its_sentences() -> None:
    for clause in instances():
        names = {*clause.params, "credits"}
        for code in clause.codes:
            assert set(PLACEHOLDER.findall(STEPS[code])) <= names, code
        for code in clause.codes[1:]:
            assert PLACEHOLDER.findall(REASONS[code]) == []


def test_what_is_wrong_with_a_text_is_said_in_plain_chinese() -> None:
    for what, instead in SENTENCES.values():
        assert re.search("[\u4e00-\u9fff]", what)
        assert re.search("[\u4e00-\u9fff]", instead)


def test_a_refusal_says_what_would_have_been_enough() -> None:
    (advice,) = award(course(dwell_minutes=95), {}, sample()).missing
    assert say(advice, chinese) == "再停留 1 分钟即可，可得 1 学分"
    refused = award(course(dwell_minutes=95), {}, sample()).trace[0]
    assert say(refused, chinese) == "停留 95 分钟，未达到要求的 96 分钟"


def test_after_checking_in_the_pupil_reads_what_to_do_next() -> None:
    (advice,) = award(visit(dwell_minutes=None), {}, sample()).missing
    assert say(advice, chinese) == "停留 45 分钟并签退即可，可得 0.5 学分"


def test_advice_without_a_known_amount_promises_none() -> None:
    judged = award(visit(), {"visit_per_venue|2025-2026|museum": 2}, sample())
    assert [say(step, chinese) for step in judged.missing] == ["换一家场馆可以继续得分"]


def test_a_cap_is_told_in_credits() -> None:
    cut = award(visit(), {"year_cap|2025-2026": 1980}, sample()).trace[-1]
    assert say(cut, chinese) == "学年总上限 20 学分，此前已计 19.8，本次计 0.2"
    assert sentence(cut) == (STEPS["year_cap"], {"used": "19.8", "cap": "20", "credits": "0.2"})


def test_codes_among_the_parameters_are_translated_too() -> None:
    english = {STEPS["proof_too_weak"]: "Checked in by %(proof)s: too weak", TERMS["proof"]["declared"]: "declaration"}
    step = award(course(proof="declared"), {}, sample()).trace[1]
    assert say(step, english.__getitem__) == "Checked in by declaration: too weak"
    assert say(step, chinese) == "签到方式为自主申报，证明力不足"


def test_a_level_that_only_a_district_knows_is_told_as_it_is() -> None:
    step = award(fact("research_project", evidence="approved", level="superb"), {}, sample()).trace[-1]
    assert say(step, chinese) == "“superb”不在计分等级之列"


@given(st.sampled_from([*STEPS.values(), *MISSING.values(), WORTH]))
def test_sentences_name_their_parameters(message: str) -> None:
    assert "%" not in PLACEHOLDER.sub("", message)


def test_advice_in_english_puts_the_amount_where_english_wants_it() -> None:
    english: dict[str, str] = {
        MISSING["stay_longer"]: "stay %(minutes)s more minutes",
        WORTH: "For %(credits)s credits: %(advice)s",
    }
    translate: Callable[[str], str] = english.__getitem__
    step = Step("course_stay", "stay_longer", 0, 100, {"minutes": 1})
    assert say(step, translate) == "For 1 credits: stay 1 more minutes"
