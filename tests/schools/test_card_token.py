"""What a card's QR says, and how the roster is sealed under it: as in the golden vectors, and nothing else passes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_app.keys import ALPHABET
from credit_app.schools.cards.sealing import revoked_mark, seal_of, sealed_person
from credit_app.schools.cards.token import (
    CardName,
    Unread,
    card_key_id,
    card_public_key,
    card_signature,
    card_token,
    new_card_id,
    read_token,
)
from tests.schools.card_vectors import VECTORS, app_of_vectors, from_base64url

ids = st.text(ALPHABET, min_size=8, max_size=8)
generations = st.integers(1, 255)
SALT = from_base64url(VECTORS["roster"]["salt"])


@pytest.fixture(autouse=True, scope="module")
def _secret() -> Iterator[None]:
    with app_of_vectors().app_context():
        yield


def _label(vector: dict[str, Any]) -> str:
    return str(vector["what"])


def test_the_key_is_that_of_the_vectors() -> None:
    assert card_public_key() == from_base64url(VECTORS["key"]["key"])
    assert card_key_id() == VECTORS["key"]["id"]


@pytest.mark.parametrize("card", VECTORS["cards"], ids=lambda card: card["number"])
def test_a_card_has_the_text_of_the_vectors(card: dict[str, Any]) -> None:
    name = CardName(card["card_id"], card["generation"])
    assert card_token(*name) == card["token"]
    assert card_signature(*name) == from_base64url(card["signature"])
    assert read_token(card["token"]) == name
    assert re.fullmatch(r"KX1:[0-9A-Z]{116}", card["token"])


@pytest.mark.parametrize("broken", VECTORS["broken_tokens"], ids=_label)
def test_a_broken_token_is_refused_for_the_right_reason(broken: dict[str, Any]) -> None:
    assert read_token(broken["text"]) == Unread(broken["why"])


def test_every_bit_flipped_is_refused() -> None:
    token = VECTORS["cards"][2]["token"]
    for place in range(4, len(token)):
        for bit in range(5):
            other = ALPHABET[ALPHABET.index(token[place]) ^ 1 << bit]
            read = read_token(token[:place] + other + token[place + 1 :])
            assert isinstance(read, Unread), f"character {place}, bit {bit}"


@settings(deadline=None)
@given(ids, generations)
def test_what_was_made_is_read_whatever_the_case_and_the_space_around_it(card_id: str, generation: int) -> None:
    text = card_token(card_id, generation)
    assert read_token(f" {text.lower()}\r\n") == (card_id, generation)


@given(st.text(max_size=200) | st.text(ALPHABET, min_size=116, max_size=116).map("KX1:{}".format))
def test_any_text_is_refused_and_none_is_an_accident(text: str) -> None:
    assert isinstance(read_token(text), Unread)


@pytest.mark.parametrize("name", [("7H3KQ0D", 1), ("7H3KQ0DU", 1), ("7H3KQ0DX", 0), ("7H3KQ0DX", 256)])
def test_no_text_is_made_for_what_no_card_can_have(name: tuple[str, int]) -> None:
    with pytest.raises(ValueError, match="no such card"):
        card_token(*name)


def test_new_card_ids_can_be_on_a_card() -> None:
    made = {new_card_id() for _ in range(200)}
    assert len(made) == 200
    assert all(read_token(card_token(card_id, 1)) == (card_id, 1) for card_id in made)


@pytest.mark.parametrize("sealed", VECTORS["roster"]["people"], ids=lambda sealed: sealed["card_id"])
def test_the_roster_is_sealed_as_in_the_vectors(sealed: dict[str, Any]) -> None:
    name, generation, person = sealed["card_id"], sealed["generation"], sealed["person"]
    seal = seal_of(card_signature(name, generation), SALT)
    assert (seal.name, seal.key) == (sealed["name"], from_base64url(sealed["key"]))
    assert AESGCM(seal.key).decrypt(bytes(12), from_base64url(sealed["sealed"]), None)
    made = sealed_person(name, generation, salt=SALT, name=person["n"], class_name=person["c"], school_name=person["s"])
    assert made == (sealed["name"], sealed["sealed"])


@pytest.mark.parametrize("revoked", VECTORS["roster"]["revoked"], ids=lambda revoked: revoked["card_id"])
def test_a_revoked_card_is_marked_as_in_the_vectors(revoked: dict[str, Any]) -> None:
    assert revoked_mark(SALT, revoked["card_id"], revoked["generation"]) == revoked["mark"]
