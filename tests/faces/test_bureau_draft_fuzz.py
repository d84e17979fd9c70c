"""Whatever is typed, pasted or sent as a rule set or as its examples is answered, and soon; nothing ends in a 5xx."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.cast import Cast
from tests.faces.drafting import address, token_of
from tests.rule_books.drafting import SAMPLE, a_draft, a_text
from tests.rules.making import BOOKS
from tests.visitor import Visitor

pytestmark = pytest.mark.sqlite_only

CASES = (BOOKS / "sample-2026.cases.yaml").read_text(encoding="utf-8")
PATIENCE_SECONDS = 10
MANY_CAPS = "".join(
    f"  - {{id: c{at}, kind: cap, window: day, per: venue, credits: {at + 1}, text: x, source: y}}\n"
    for at in range(250)
)

BOMBS = {
    "brackets": "[" * 60_000,
    "braces": "{a: " * 20_000,
    "dashes": "- " * 60_000,
    "questions": "? " * 60_000,
    "tags": "!!a " * 30_000,
    "laughs": "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n",
    "quoted": 'a: "' + "\\n" * 60_000,
    "newlines": "\n" * 120_000,
    "problems": "clauses: [" + "{a: 1}," * 15_000 + "]",
    "keys": "\n".join(f"k{at}: 1" for at in range(12_000)),
    "crossing": SAMPLE.replace("\ntargets:", "\n" + MANY_CAPS + "\ntargets:", 1),
    "too many clauses": SAMPLE.replace("\ntargets:", "\n" + MANY_CAPS * 2 + "\ntargets:", 1),
    "for ever": a_text("x", "2027-09-01", "9999-12-31"),
    "before time": a_text("x", "0001-01-01", "2028-08-31"),
    "riches": a_text().replace("credits: 0.3\n", "credits: 99999999999999999\n", 1),
    "numbers": "a: " + "9" * 100_000,
    "lone surrogate": "id: \ud800",
    "control": "id: \x1b[31m\x85\u2028\ufeff",
}


@pytest.fixture
def sent(app: Flask, db_session: Session, cast: Cast) -> Any:
    """``sent(text)``: the answer of the check as one types, for a text of any kind."""
    draft = a_draft(db_session, cast)
    visitor = Visitor(app)
    visitor.sign_in(cast.officer)
    place, token = f"{address(draft)}/check", {"X-CSRFToken": token_of(visitor.get(address(draft)))}

    def send(text: str) -> Any:
        return visitor.post(place, json={"text": text}, headers=token)

    return send


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_soon_with_what_is_wrong(sent: Any, name: str) -> None:
    began = time.monotonic()
    answer = sent(BOMBS[name])
    assert time.monotonic() - began < PATIENCE_SECONDS
    found = answer.get_json()
    assert (answer.status_code, found["valid"]) == (200, False)
    assert 1 <= len(found["problems"]) <= 101
    assert all(each["what"] and each["instead"] for each in found["problems"])


def slipped(text: str) -> st.SearchStrategy[str]:
    """`text` with a piece cut out, doubled, or with something strange put in."""
    strange = st.one_of(
        st.text(max_size=8), st.sampled_from(["\t", ": ", "- ", "{", "]", "|", ">", "'", '"', "#", "9" * 30])
    )
    return st.builds(
        lambda at, length, put: text[:at] + put + text[at + length :],
        st.integers(0, len(text)),
        st.integers(0, 60),
        strange,
    )


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.one_of(
        st.text(max_size=300), slipped(SAMPLE), st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))
    )
)
def test_any_text_is_answered(sent: Any, text: str) -> None:
    answer = sent(text)
    assert answer.status_code == 200
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    # The parser may name the line after the last one: the end of the text.
    assert all(1 <= each["line"] <= lines + 1 and each["column"] >= 1 for each in answer.get_json()["problems"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=200), slipped(CASES)))
def test_any_examples_are_answered(app: Flask, db_session: Session, cast: Cast, text: str) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.officer)
    answer = visitor.submit("/bureau/rules/sample-2026/try", {"step": "cases", "cases": text})
    assert answer.status_code in {200, 422}


@pytest.mark.parametrize(
    "participation",
    [
        "on: 9999-12-31, category: lecture, grade: 3, earns: 0.3, repeat: 400",
        "on: 0001-01-01, category: lecture, grade: 3, earns: 0.3",
        "on: 2199-12-31, category: lecture, grade: 3, earns: 0.3, repeat: 400",
        "on: 2026-05-01, category: nosuch, grade: 12, earns: 0",
        "on: 2026-05-01, category: venue_visit, grade: 3, earns: 0, reason: nosuch, missing: {nosuch: 1}",
    ],
)
def test_examples_at_the_ends_of_time_are_answered(
    app: Flask, db_session: Session, cast: Cast, participation: str
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.officer)
    cases = f"book: sample-2026\ncases: [{{name: x, participations: [{{{participation}}}]}}]"
    answer = visitor.submit("/bureau/rules/sample-2026/try", {"step": "cases", "cases": cases})
    assert answer.status_code in {200, 422}


def test_more_examples_than_anybody_waits_for_are_refused(app: Flask, db_session: Session, cast: Cast) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.officer)
    one = "{on: 2026-05-01, category: lecture, grade: 3, earns: 0, repeat: 400}"
    cases = f"book: sample-2026\ncases: [{{name: x, participations: [{', '.join([one] * 26)}]}}]"
    answer = visitor.submit("/bureau/rules/sample-2026/try", {"step": "cases", "cases": cases})
    assert (answer.status_code, "10400 次参与" in answer.text) == (422, True)
