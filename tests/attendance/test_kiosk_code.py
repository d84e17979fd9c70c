"""The rotating code: made as the golden vectors say, good for its slot and the next one, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.attendance.kiosk_code import check, code_text, read_code, slot_of, slot_start
from credit_app.keys import ALPHABET
from tests.golden import DOOR_CODES

# A machine that is busy with something else says nothing about the code.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])

SLOT = 179512345
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def _secret() -> Iterator[None]:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = DOOR_CODES["secret"]
    with app.app_context():
        yield


def _checked(text: str, now: datetime, epoch: int = 1) -> str:
    code = read_code(text)
    return "unreadable" if code is None else check(code, epoch=epoch, now=now)


@pytest.mark.parametrize("golden", DOOR_CODES["kiosk"], ids=lambda golden: golden["text"])
def test_codes_are_those_of_the_golden_vectors(golden: dict[str, Any]) -> None:
    text = golden["text"]
    made_of = {name: golden[name] for name in ("handle", "epoch", "direction", "slot")}
    assert code_text(**made_of) == text
    assert _checked(text, slot_start(golden["slot"]), golden["epoch"]) == "ok"


def test_a_slot_lasts_ten_seconds() -> None:
    began = slot_start(SLOT)
    assert began.timestamp() == 1_795_123_450
    assert [slot_of(began + timedelta(seconds=second)) - SLOT for second in (-1, 0, 9, 10)] == [-1, 0, 0, 1]


@pytest.mark.parametrize(
    ("shown_for", "status"),
    [
        (-MILLISECOND, "code_future"),
        (timedelta(), "ok"),
        (timedelta(seconds=10), "ok"),
        (timedelta(seconds=23) - MILLISECOND, "ok"),
        (timedelta(seconds=23), "code_expired"),
        (timedelta(days=30), "code_expired"),
        (-timedelta(days=30), "code_future"),
    ],
)
def test_a_code_is_good_in_its_slot_and_the_next_and_three_seconds(shown_for: timedelta, status: str) -> None:
    text = code_text(handle="H4ND13XY", epoch=1, direction="in", slot=SLOT)
    assert _checked(text, slot_start(SLOT) + shown_for) == status


def test_every_flipped_bit_is_refused() -> None:
    """Each of the 160 bits of a code, in the handle and the time as in the signature."""
    text = code_text(handle="H4ND13XY", epoch=1, direction="in", slot=SLOT)
    accepted = []
    for place, character in enumerate(text):
        for bit in range(5):
            flipped = ALPHABET[ALPHABET.index(character) ^ (1 << bit)]
            status = _checked(text[:place] + flipped + text[place + 1 :], slot_start(SLOT))
            if status not in {"code_invalid", "unreadable"}:
                accepted.append((place, bit, status))
    assert accepted == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "K",
        "H4ND13XY105B690SCMS2J3E2M07KG6D",  # one short
        "H4ND13XY105B690SCMS2J3E2M07KG6DDD",  # one too many
        "H4ND13XY105B690SCMS2J3E2M07KG6DI",  # a letter the alphabet does not have
        "H4ND13XY205B690SCMS2J3E2M07KG6DD",  # neither in nor out
        "H4ND13XY105B690S/../../M07KG6DD?",
        "签到" * 16,
    ],
)
def test_what_cannot_be_a_code_is_not_read(text: str) -> None:
    assert read_code(text) is None


def test_the_case_of_letters_does_not_matter() -> None:
    assert _checked("h4nd13xy105b690scms2j3e2m07kg6dd", slot_start(SLOT)) == "ok"


def test_a_code_of_another_occurrence_is_no_code_of_this_one() -> None:
    text = code_text(handle="H4ND13XY", epoch=1, direction="in", slot=SLOT)
    assert _checked("0THER123" + text[8:], slot_start(SLOT)) == "code_invalid"


def test_a_check_in_code_is_no_check_out_code() -> None:
    text = code_text(handle="H4ND13XY", epoch=1, direction="in", slot=SLOT)
    assert _checked(text[:8] + "0" + text[9:], slot_start(SLOT)) == "code_invalid"


def test_raising_the_epoch_kills_the_codes_shown_so_far() -> None:
    """Who scanned one just before is told to scan again, not that it was forged; an older one is as good as forged."""
    text = code_text(handle="H4ND13XY", epoch=1, direction="in", slot=SLOT)
    assert [_checked(text, slot_start(SLOT), epoch) for epoch in (1, 2, 3)] == ["ok", "code_expired", "code_invalid"]


def test_a_code_of_a_later_epoch_is_forged() -> None:
    text = code_text(handle="H4ND13XY", epoch=2, direction="in", slot=SLOT)
    assert _checked(text, slot_start(SLOT), 1) == "code_invalid"


@relaxed
@given(
    handle=st.text(ALPHABET, min_size=8, max_size=8),
    direction=st.sampled_from(["in", "out"]),
    slot=st.integers(0, 32**7 - 1),
    epoch=st.integers(1, 1000),
)
def test_what_is_written_is_read_back(handle: str, direction: str, slot: int, epoch: int) -> None:
    code = read_code(code_text(handle=handle, epoch=epoch, direction=direction, slot=slot))
    assert code is not None
    assert (code.handle, code.direction, code.slot) == (handle, direction, slot)
