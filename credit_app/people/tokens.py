"""Secrets that a person or a browser holds, of which the database keeps only a keyed digest."""

from __future__ import annotations

import secrets
import unicodedata

from credit_app.keys import keyed_digest, random_text

ACTIVATION_CODE_LENGTH = 10
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_token() -> str:
    """A random token for the cookie of one sign-in: 256 bits."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """What the database keeps of a sign-in token."""
    return keyed_digest("sign-in", of=token)


def new_activation_code() -> str:
    """A random code to be printed and typed: ten characters in two groups, 50 bits."""
    text = random_text(ACTIVATION_CODE_LENGTH)
    return f"{text[:5]}-{text[5:]}"


def activation_digest(code: str) -> str:
    """What the database keeps of an activation code.

    Case, hyphens, spaces and full-width characters do not matter, and the letters that a child takes for digits
    (O, I, L: none is in the alphabet) are read as those digits.
    """
    return keyed_digest("activation", of=_as_printed(code))


def transfer_digest(code: str) -> str:
    """What the database keeps of a transfer code, which looks like an activation code and is typed like one."""
    return keyed_digest("transfer", of=_as_printed(code))


def _as_printed(code: str) -> str:
    typed = unicodedata.normalize("NFKC", code).upper().translate(_MISREAD)
    return "".join(character for character in typed if character.isalnum())
