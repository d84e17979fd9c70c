"""Receipts: made as the golden vectors say, forged by nobody, and telling nothing of how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.attendance.receipt_code import read_receipt, receipt_text
from credit_app.keys import ALPHABET
from tests.golden import DOOR_CODES

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
DIGEST = "5f4dcc3b5aa765d61d8327deb882cf99" * 2


@pytest.fixture(autouse=True)
def _secret() -> Iterator[None]:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = DOOR_CODES["secret"]
    with app.app_context():
        yield


@pytest.mark.parametrize("golden", DOOR_CODES["receipt"], ids=lambda golden: golden["text"])
def test_receipts_are_those_of_the_golden_vectors(golden: dict[str, Any]) -> None:
    assert receipt_text(scan_id=golden["scan_id"], digest=golden["digest"]) == golden["text"]
    code = read_receipt(golden["text"])
    assert code is not None
    assert code.scan_id == golden["scan_id"]
    assert code.is_of(digest=golden["digest"])


def test_every_other_character_is_refused() -> None:
    """Whatever scan a changed receipt would name, and whatever that scan's digest is, it is not of it."""
    text = receipt_text(scan_id=4711, digest=DIGEST).replace("-", "")
    accepted = []
    for place, right in enumerate(text):
        for char in ALPHABET.replace(right, ""):
            code = read_receipt(text[:place] + char + text[place + 1 :])
            assert code is not None
            if code.is_of(digest=DIGEST):
                accepted.append((place, char))
    assert accepted == []


def test_a_receipt_is_of_the_content_that_it_was_given_for() -> None:
    code = read_receipt(receipt_text(scan_id=4711, digest=DIGEST))
    assert code is not None
    assert code.is_of(digest=DIGEST)
    assert not code.is_of(digest=DIGEST[:-1] + "8")


def test_receipts_of_scans_that_follow_each_other_have_nothing_in_common() -> None:
    heads = {receipt_text(scan_id=number, digest=DIGEST)[:7] for number in range(1, 200)}
    assert len(heads) == 199
    assert len({head[0] for head in heads}) > 20


@pytest.mark.parametrize(
    "typed", ["2hct-r5y9-q747-8mb9", "2HCTR5Y9Q7478MB9", " 2HCT R5Y9 Q747 8MB9 ", "２HCT-R5Y9-Q747-8MB9"]
)
def test_how_it_is_typed_does_not_matter(typed: str) -> None:
    code = read_receipt(typed)
    assert code is not None
    assert (code.scan_id, code.is_of(digest=DIGEST)) == (1, True)


@pytest.mark.parametrize(
    "typed", ["", "2HCT", "2HCT-R5Y9-Q747-8MB", "2HCT-R5Y9-Q747-8MB9-0", "2HCT-R5Y9-Q747-8MBU", "回执"]
)
def test_what_cannot_be_a_receipt_is_not_read(typed: str) -> None:
    assert read_receipt(typed) is None


@relaxed
@given(scan_id=st.integers(1, 2**35 - 1), digest=st.text("0123456789abcdef", min_size=64, max_size=64))
def test_what_is_written_is_read_back(scan_id: int, digest: str) -> None:
    code = read_receipt(receipt_text(scan_id=scan_id, digest=digest))
    assert code is not None
    assert (code.scan_id, code.is_of(digest=digest)) == (scan_id, True)
