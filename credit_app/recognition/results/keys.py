"""What two ways of writing the same name have in common."""

from __future__ import annotations

import hashlib
import unicodedata

DIGEST_CHARACTERS = 16


def name_key(name: str) -> str:
    """The name without spaces and punctuation, in lower case, letters and digits of one width."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def title_digest(title: str) -> str:
    """A short digest that stands for a title in the ledger: the rules need to tell two projects apart, not their names,
    and what is frozen there for ever must not tell who a pupil is."""
    return "t" + hashlib.sha256(name_key(title).encode()).hexdigest()[:DIGEST_CHARACTERS]
