"""The short code beside the QR: made as the golden vectors say, good for its minute and the next, typed by children."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.attendance.typed_code import (
    SLOT_SECONDS,
    direction_of,
    grouped,
    has_expired,
    read_typed,
    slot_of,
    slot_start,
    typed_text,
)
from credit_app.keys import ALPHABET
from tests.golden import DOOR_CODES

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
HANDLE, SLOT = "H4ND13XY", 29918724
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def _secret() -> Iterator[None]:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = DOOR_CODES["secret"]
    with app.app_context():
        yield


def shown(direction: str = "in", slot: int = SLOT, epoch: int = 1) -> str:
    return typed_text(handle=HANDLE, epoch=epoch, direction=direction, slot=slot)


def judged(text: str, *, after: timedelta = timedelta(), epoch: int = 1) -> str:
    """What the occurrence makes of the text so long after `SLOT` has begun."""
    code, now = read_typed(text), slot_start(SLOT) + after
    if code is None:
        return "unreadable"
    direction = direction_of(code, handle=HANDLE, epoch=epoch, now=now)
    return direction or ("expired" if has_expired(code, handle=HANDLE, epoch=epoch, now=now) else "wrong")


@pytest.mark.parametrize("golden", DOOR_CODES["typed"], ids=lambda golden: golden["text"])
def test_codes_are_those_of_the_golden_vectors(golden: dict[str, Any]) -> None:
    made_of = {name: golden[name] for name in ("handle", "epoch", "direction", "slot")}
    assert typed_text(**made_of) == golden["text"]
    code = read_typed(golden["text"])
    assert code is not None
    now = slot_start(golden["slot"])
    found = direction_of(code, handle=golden["handle"], epoch=golden["epoch"], now=now)
    assert found == golden["direction"]


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (-timedelta(days=1), "wrong"),
        (-MILLISECOND, "wrong"),  # of the future: not even that is told
        (timedelta(), "in"),
        (timedelta(seconds=SLOT_SECONDS), "in"),
        (timedelta(seconds=2 * SLOT_SECONDS) - MILLISECOND, "in"),
        (timedelta(seconds=2 * SLOT_SECONDS), "expired"),
        (timedelta(seconds=12 * SLOT_SECONDS) - MILLISECOND, "expired"),
        (timedelta(seconds=12 * SLOT_SECONDS), "wrong"),
        (timedelta(days=1), "wrong"),
    ],
)
def test_a_code_is_good_in_its_minute_and_the_next(after: timedelta, verdict: str) -> None:
    assert judged(shown(), after=after) == verdict


@pytest.mark.parametrize("direction", ["in", "out"])
def test_every_flipped_bit_is_refused(direction: str) -> None:
    """Each of the 40 bits; of the handle's three characters nothing but the signature is asked here."""
    text = shown(direction)
    flipped = [
        text[:place] + ALPHABET[ALPHABET.index(char) ^ 1 << bit] + text[place + 1 :]
        for place, char in enumerate(text)
        if place >= 3
        for bit in range(5)
    ]
    assert len(flipped) == 25
    assert {judged(each) for each in flipped} == {"wrong"}


def test_every_other_character_is_refused() -> None:
    text = shown()
    others = [
        text[:place] + char + text[place + 1 :] for place in range(3, 8) for char in ALPHABET if char != text[place]
    ]
    assert len(others) == 5 * 31
    assert {judged(each) for each in others} == {"wrong"}


def test_killing_the_codes_kills_this_one_and_says_so_to_who_just_read_it() -> None:
    assert [judged(shown(), epoch=epoch) for epoch in (1, 2, 3)] == ["in", "expired", "wrong"]


def test_in_and_out_differ() -> None:
    assert shown("in") != shown("out")
    assert judged(shown("out")) == "out"


@pytest.mark.parametrize(
    "typed", ["h4ny pnhk", " H4NY-PNHK ", "Ｈ４ＮＹＰＮＨＫ", "H4NY—PNHK", "H4NY.PNHK", "H 4 N Y P N H K", "H4NY　PNHK"]
)
def test_how_it_is_typed_does_not_matter(typed: str) -> None:
    assert judged(typed) == "in"


def test_letters_that_are_taken_for_digits_are_read_as_those() -> None:
    assert read_typed("oil0 1abc") == read_typed("0110 1ABC")
    assert read_typed("uabc defg") is None  # U is no letter of ours, and looks like none


@pytest.mark.parametrize("typed", ["", "H4NYPNH", "H4NYPNHKK", "H4NYPNH!", "签到签到签到签到", "x" * 10_000])
def test_what_cannot_be_a_code_is_not_read(typed: str) -> None:
    assert read_typed(typed) is None


@relaxed
@given(
    handle=st.text(ALPHABET, min_size=8, max_size=8),
    direction=st.sampled_from(["in", "out"]),
    slot=st.integers(0, 10**9),
    epoch=st.integers(1, 1000),
    later=st.integers(0, 119),
)
def test_what_is_shown_is_read_back(handle: str, direction: str, slot: int, epoch: int, later: int) -> None:
    code = read_typed(grouped(typed_text(handle=handle, epoch=epoch, direction=direction, slot=slot)).lower())
    assert code is not None
    now = slot_start(slot) + timedelta(seconds=later)
    # Once in eight million the other direction's would be the same.
    assert direction_of(code, handle=handle, epoch=epoch, now=now) is not None


def test_a_slot_lasts_a_minute() -> None:
    began = slot_start(SLOT)
    assert [slot_of(began + timedelta(seconds=second)) - SLOT for second in (-1, 0, 59, 60)] == [-1, 0, 0, 1]
