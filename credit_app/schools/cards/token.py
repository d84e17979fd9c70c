"""What the QR of a card says: which card, and that our key made it. Nothing in it tells who the pupil is.

``KX1:`` + Crockford's base 32 of 72 bytes: version, key id, card id (5 bytes), generation, and an Ed25519 signature
over ``kx-card-1`` and those eight. A device verifies it without the network; nothing is stored per token, since the
same card always gets the same signature.
"""

from __future__ import annotations

import base64
import hashlib
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from credit_app.keys import ALPHABET, key_for, random_text

PREFIX = "KX1:"
VERSION = 1
CARD_ID_CHARS = 8
GENERATIONS = range(1, 256)

_CONTEXT = b"kx-card-1"
_HEAD_BYTES, _TOKEN_BYTES = 8, 72
_TOKEN_CHARS = 116
_RFC_4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TO_RFC_4648, _FROM_RFC_4648 = str.maketrans(ALPHABET, _RFC_4648), str.maketrans(_RFC_4648, ALPHABET)
_KNOWN = frozenset(ALPHABET)


class CardName(NamedTuple):
    """Which card: the pupil's random id (8 characters), and which printing of it."""

    card_id: str
    generation: int


class Unread(StrEnum):
    """Why a text names no card."""

    MALFORMED = "malformed"  # it cannot be a card's text
    UNKNOWN_KEY = "unknown_key"  # made under another key than ours
    FORGED = "forged"  # the signature does not fit
    MISTYPED = "mistyped"  # the check characters of a typed number do not fit


def new_card_id() -> str:
    """A random card id, 40 bits: unique by the table's constraint, not by chance."""
    return random_text(CARD_ID_CHARS)


def card_token(card_id: str, generation: int) -> str:
    """The text that the card's QR says: 120 characters, all in QR's alphanumeric mode."""
    head = _head(card_id, generation)
    return PREFIX + _encode(head + card_signature(card_id, generation))


def card_signature(card_id: str, generation: int) -> bytes:
    """The 64 bytes of the token that only a holder of the card, or of our key, can know."""
    return _private_key(key_for("card")).sign(_CONTEXT + _head(card_id, generation))


def read_token(text: str) -> CardName | Unread:
    """The card that a QR names, if our key made it. Case, and space around the text, do not matter."""
    text = text.strip().upper()
    body = text.removeprefix(PREFIX)
    if body == text or len(body) != _TOKEN_CHARS or not _KNOWN.issuperset(body):
        return Unread.MALFORMED
    return _read(body, card_public_key())


# A scan reads its card twice, before it locks the pupil and after, and the same card comes again at the exit.
@lru_cache(maxsize=1024)
def _read(body: str, public_key: bytes) -> CardName | Unread:
    token = _decode(body)
    if token is None or token[0] != VERSION or token[7] not in GENERATIONS:
        return Unread.MALFORMED
    if token[1] != _key_id(public_key):
        return Unread.UNKNOWN_KEY
    head, signature = token[:_HEAD_BYTES], token[_HEAD_BYTES:]
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _CONTEXT + head)
    except InvalidSignature:
        return Unread.FORGED
    return CardName(_encode(head[2:7]), head[7])


def card_public_key() -> bytes:
    """What verifies a card: 32 bytes, for anyone."""
    return _public_key(key_for("card"))


def card_key_id() -> int:
    """The byte that tells our keys apart: the first of the SHA-256 of the public key."""
    return _key_id(card_public_key())


def card_bytes(card_id: str, generation: int) -> bytes:
    """Card id and generation as the six bytes of a token. Raises: ValueError for what no card can have."""
    if len(card_id) != CARD_ID_CHARS or not _KNOWN.issuperset(card_id) or generation not in GENERATIONS:
        raise ValueError("no such card can be")
    return base64.b32decode(card_id.translate(_TO_RFC_4648)) + bytes([generation])


def _head(card_id: str, generation: int) -> bytes:
    return bytes([VERSION, card_key_id()]) + card_bytes(card_id, generation)


def _key_id(public_key: bytes) -> int:
    return hashlib.sha256(public_key).digest()[0]


@lru_cache(maxsize=8)
def _public_key(seed: bytes) -> bytes:
    return _private_key(seed).public_key().public_bytes_raw()


@lru_cache(maxsize=8)
def _private_key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _encode(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").translate(_FROM_RFC_4648)


def _decode(body: str) -> bytes | None:
    """The 72 bytes; None when the four bits that they leave of 116 characters are not zero: a card has one text."""
    value = base64.b32decode(body.translate(_TO_RFC_4648) + "====")
    return value if len(value) == _TOKEN_BYTES and _encode(value) == body else None
