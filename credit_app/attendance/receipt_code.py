"""The receipt (回执) of a scan: sixteen characters that prove, to anybody who types them, that the scan is on record.

Nothing is stored for it. Text, of Crockford's base 32: the scan's id, masked (7 characters, 35 bits) + HMAC-SHA256
truncated to 45 bits (9), whose message is the id and the digest under which the scan's content is sealed. So a receipt
on paper also shows when the row that it was given for has been replaced or edited since. The mask is made from the
HMAC: ids count upward, and whoever compares two receipts must not learn how many scans a city has in between.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass

from credit_app.keys import ALPHABET, key_for

ID_CHARS, MAC_CHARS = 7, 9
LENGTH = ID_CHARS + MAC_CHARS
GROUP = 4

_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_VALUES = {char: value for value, char in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """A receipt taken apart; nothing in it is trusted before `is_of`."""

    scan_id: int
    mac: int

    def is_of(self, *, digest: str) -> bool:
        """Whether it was given for the scan of this id and with content of this digest."""
        said, right = _text(self.mac, MAC_CHARS), _text(_mac(self.scan_id, digest), MAC_CHARS)
        return hmac.compare_digest(said, right)


def receipt_text(*, scan_id: int, digest: str) -> str:
    """The receipt of a scan, in groups of four: ``7F3K-2M9Q-XW4T-01AB``."""
    mac = _mac(scan_id, digest)
    plain = _text(scan_id ^ _mask(mac), ID_CHARS) + _text(mac, MAC_CHARS)
    return "-".join(plain[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def read_receipt(text: str) -> ReceiptCode | None:
    """The parts of what was typed or scanned, or None when it cannot be a receipt. Case, spaces and dashes do not
    matter, and the letters that are taken for digits (O, I, L) are read as those."""
    typed = unicodedata.normalize("NFKC", text).upper().translate(_MISREAD)
    plain = "".join(char for char in typed if char.isalnum())
    if len(plain) != LENGTH or any(char not in _VALUES for char in plain):
        return None
    mac = _value(plain[ID_CHARS:])
    return ReceiptCode(_value(plain[:ID_CHARS]) ^ _mask(mac), mac)


def _mac(scan_id: int, digest: str) -> int:
    return _truncated("receipt", f"{scan_id}|{digest}", 5 * MAC_CHARS)


def _mask(mac: int) -> int:
    return _truncated("receipt|mask", str(mac), 5 * ID_CHARS)


def _truncated(purpose: str, said: str, bits: int) -> int:
    digest = hmac.new(key_for(purpose), said.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - bits)


def _text(value: int, length: int) -> str:
    if value >> 5 * length:
        raise ValueError("the value does not fit")
    return "".join(ALPHABET[value >> 5 * place & 31] for place in range(length - 1, -1, -1))


def _value(text: str) -> int:
    value = 0
    for char in text:
        value = value << 5 | _VALUES[char]
    return value
