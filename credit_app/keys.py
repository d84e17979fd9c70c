"""Keys by purpose, derived from the one secret that the configuration holds.

A leaked kiosk key then says nothing about the ledger's, and adding a purpose needs no new setting. The ledger's
secret may be given apart (``LEDGER_SECRET``), so that it can live elsewhere than the sessions' secret.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

# Crockford's alphabet: no I, L, O, U, all inside QR's alphanumeric mode.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@lru_cache(maxsize=4096)
def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


def key_for(purpose: str) -> bytes:
    """The 32-byte key for `purpose`, e.g. ``"ledger"``, ``"ledger|root"`` or ``"kiosk|H4ND13|3"``."""
    of_ledger = purpose.partition("|")[0] == "ledger"
    secret = current_app.config["LEDGER_SECRET" if of_ledger else "SECRET_KEY"]
    return _derive(secret, purpose)


def keyed_digest(purpose: str, *, of: str) -> str:
    """A keyed SHA-256 of a text in hex: equal texts are found, and nobody without the key can try texts out."""
    return hmac.new(key_for(purpose), of.encode(), hashlib.sha256).hexdigest()


def random_text(length: int) -> str:
    """A random text of `length` characters of Crockford's base 32 (5 bits each)."""
    # 256 is a multiple of 32, so the lower five bits of a random byte are as random; a choice each would take 15 times
    # as long, and a roster needs fifteen thousand of these.
    return "".join(ALPHABET[byte & 31] for byte in secrets.token_bytes(length))


def new_public_id() -> str:
    """A random id for URLs and facts: 14 characters, 70 bits, so that a stranger cannot guess one."""
    return random_text(14).lower()
