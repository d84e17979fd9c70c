"""How the roster on a device hides who a card belongs to, until that card is shown: docs/door.md, "The roster".

Each person is sealed under a key that follows from the signature on their own card, so a stolen device holds nothing
that could be read or searched, and two bundles have no text in common.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from credit_app.schools.cards.token import card_bytes, card_signature
from credit_app.storage import compact_json

SALT_BYTES = 16
_NONCE = bytes(12)  # each key seals one text


class Seal(NamedTuple):
    """Under which name a person stands in the roster, and the key that opens what stands there."""

    name: str
    key: bytes


def seal_of(signature: bytes, salt: bytes) -> Seal:
    """The seal that the card with this signature has in the bundle of this salt."""
    derived = HKDF(algorithm=SHA256(), length=48, salt=salt, info=b"kx-roster").derive(signature)
    return Seal(base64url(derived[:16]), derived[16:])


def sealed_person(
    card_id: str, generation: int, *, salt: bytes, name: str, class_name: str, school_name: str
) -> tuple[str, str]:
    """The entry of `people` for this card: its name there, and the sealed text."""
    seal = seal_of(card_signature(card_id, generation), salt)
    text = compact_json({"n": name, "c": class_name, "s": school_name})
    return seal.name, base64url(AESGCM(seal.key).encrypt(_NONCE, text.encode(), None))


def revoked_mark(salt: bytes, card_id: str, generation: int) -> str:
    """What `revoked` of the bundle holds for a card that no longer counts."""
    return base64url(hashlib.sha256(salt + card_bytes(card_id, generation)).digest()[:12])


def base64url(content: bytes) -> str:
    """Bytes for JSON and URLs, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
