"""The number beside the QR (卡号), for a camera that fails: card id (8), generation (2), check characters (2).

The check characters are those of a Reed–Solomon code over GF(32), shortened to 12 characters: two numbers differ in at
least three places, so any two wrong characters are caught, and with them every single one and every swap of neighbours.
A number is not signed: it counts only online, by the card's row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from credit_app.keys import ALPHABET
from credit_app.schools.cards.token import CARD_ID_CHARS, GENERATIONS, CardName, Unread, card_bytes

NUMBER_CHARS = 12
GROUP = 4

_VALUES = {char: value for value, char in enumerate(ALPHABET)}
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IGNORED = re.compile(r"[\s\-\u2010-\u2014\u2212]")
# The powers of 2 in GF(32) with x^5 + x^2 + 1; the 31 of them are all its elements but zero.
_POWERS = [1]
while len(_POWERS) < 31:
    _POWERS.append((_POWERS[-1] << 1) ^ (0x25 if _POWERS[-1] & 16 else 0))
_LOGS = {power: exponent for exponent, power in enumerate(_POWERS)}


def card_number(card_id: str, generation: int) -> str:
    """The twelve characters of a card. Raises: ValueError for what no card can have."""
    card_bytes(card_id, generation)  # refuses what no card can have
    high, low = divmod(generation, 32)
    values = [*(_VALUES[char] for char in card_id), high, low]
    return "".join(ALPHABET[value] for value in [*values, *_check(values)])


def grouped(number: str) -> str:
    """The number as it is printed: three groups of four."""
    return " ".join(number[at : at + GROUP] for at in range(0, NUMBER_CHARS, GROUP))


def read_number(text: str) -> CardName | Unread:
    """The card that a typed number names. Case, spaces, dashes and full-width forms do not matter; I and L are read as
    1, O as 0."""
    typed = _IGNORED.sub("", unicodedata.normalize("NFKC", text)).upper().translate(_MISREAD)
    if len(typed) != NUMBER_CHARS or any(char not in _VALUES for char in typed):
        return Unread.MALFORMED
    values = [_VALUES[char] for char in typed]
    if any(_syndromes(values)):
        return Unread.MISTYPED
    generation = values[CARD_ID_CHARS] * 32 + values[CARD_ID_CHARS + 1]
    if generation not in GENERATIONS:
        return Unread.MALFORMED
    return CardName(typed[:CARD_ID_CHARS], generation)


def _check(values: Sequence[int]) -> tuple[int, int]:
    """The two characters that make both syndromes zero: ax + b = first, a(x^2) + b = second, in GF(32)."""
    first, second = _syndromes([*values, 0, 0])
    # The last place weighs 1 in both sums; the one before it 2 in the first, 4 in the second.
    before_last = _times(first ^ second, _inverse(2 ^ 4))
    return before_last, first ^ _times(before_last, 2)


def _syndromes(values: Sequence[int]) -> tuple[int, int]:
    """The polynomial whose coefficients are `values`, at 2 and at 4: both zero for a number that we made."""
    sums = [0, 0]
    for value in values:
        sums = [_times(sums[0], 2) ^ value, _times(sums[1], 4) ^ value]
    return sums[0], sums[1]


def _times(one: int, other: int) -> int:
    return _POWERS[(_LOGS[one] + _LOGS[other]) % 31] if one and other else 0


def _inverse(one: int) -> int:
    return _POWERS[-_LOGS[one] % 31]
