"""The typed number: read as a person types it, and no slip of one or two characters is taken for another card."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_app.keys import ALPHABET
from credit_app.schools.cards.number import card_number, grouped, read_number
from credit_app.schools.cards.token import Unread
from tests.schools.card_vectors import VECTORS

ids = st.text(ALPHABET, min_size=8, max_size=8)
generations = st.integers(1, 255)
numbers = st.builds(card_number, ids, generations)


@pytest.mark.parametrize("card", VECTORS["cards"], ids=lambda card: card["number"])
def test_a_card_has_the_number_of_the_vectors(card: dict[str, Any]) -> None:
    assert card_number(card["card_id"], card["generation"]) == card["number"]
    assert read_number(card["number"]) == (card["card_id"], card["generation"])


@pytest.mark.parametrize("typed", VECTORS["typed_numbers"], ids=lambda typed: typed["what"])
def test_a_number_is_read_as_people_type_it(typed: dict[str, Any]) -> None:
    assert read_number(typed["text"]) == read_number(typed["number"])
    assert not isinstance(read_number(typed["text"]), Unread)


@pytest.mark.parametrize("broken", VECTORS["broken_numbers"], ids=lambda broken: broken["what"])
def test_a_broken_number_is_refused_for_the_right_reason(broken: dict[str, Any]) -> None:
    assert read_number(broken["text"]) == Unread(broken["why"])


@settings(deadline=None, max_examples=25)
@given(numbers)
def test_every_single_wrong_character_is_caught(number: str) -> None:
    for place in range(12):
        for other in ALPHABET.replace(number[place], ""):
            assert read_number(number[:place] + other + number[place + 1 :]) == Unread.MISTYPED


@given(numbers)
def test_every_swap_of_neighbours_is_caught(number: str) -> None:
    for place in range(11):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assert swapped == number or read_number(swapped) == Unread.MISTYPED


@given(numbers, st.integers(0, 11), st.integers(0, 11), st.sampled_from(ALPHABET), st.sampled_from(ALPHABET))
def test_any_two_wrong_characters_are_caught(number: str, one: int, other: int, char: str, letter: str) -> None:
    typed = list(number)
    typed[one], typed[other] = char, letter
    assert "".join(typed) == number or read_number("".join(typed)) == Unread.MISTYPED


@given(ids, generations, st.sampled_from(["{} {} {}", "{}-{}-{}", " {}{}　{} ", "{} – {} — {}"]))
def test_what_was_made_is_read_however_it_is_set_apart(card_id: str, generation: int, form: str) -> None:
    printed = grouped(card_number(card_id, generation))
    assert len(printed) == 14
    assert read_number(form.format(*printed.split()).lower()) == (card_id, generation)


@given(st.text(max_size=20))
def test_any_text_is_answered(text: str) -> None:
    read = read_number(text)
    assert isinstance(read, Unread) or read_number(card_number(*read)) == read
