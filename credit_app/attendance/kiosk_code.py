"""The rotating code of a venue's screen: which occurrence, in or out, when, and that our key made it.

Text: handle (8 characters) + direction (``1`` in, ``0`` out) + time slot (7) + HMAC-SHA256 truncated to 80 bits (16),
all of Crockford's base 32, so that a QR of version 3 or 4 in alphanumeric mode carries the URL. Nothing is stored per
code: the key is derived per occurrence and epoch, and raising the epoch kills every code shown so far.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from credit_app.keys import ALPHABET, key_for

SLOT_SECONDS = 10
GRACE_SECONDS = 3  # beyond the slot before: a phone's camera and a slow network
HANDLE_CHARS, SLOT_CHARS, MAC_CHARS = 8, 7, 16
LENGTH = HANDLE_CHARS + 1 + SLOT_CHARS + MAC_CHARS

_DIRECTIONS = {"1": "in", "0": "out"}
_DIRECTION_CHARS = {direction: char for char, direction in _DIRECTIONS.items()}
_VALUES = {char: value for value, char in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class KioskCode:
    """A code taken apart; nothing in it is trusted before `check`."""

    handle: str
    direction: str  # "in" | "out"
    slot: int
    mac: str


def slot_of(instant: datetime) -> int:
    """The 10-second slot of an instant, counted from the Unix epoch."""
    return int(instant.timestamp()) // SLOT_SECONDS


def slot_start(slot: int) -> datetime:
    """The instant at which a slot begins."""
    return datetime.fromtimestamp(slot * SLOT_SECONDS, UTC)


def code_text(*, handle: str, epoch: int, direction: str, slot: int) -> str:
    """The code to show during `slot`."""
    body = handle + _DIRECTION_CHARS[direction] + _encode(slot, SLOT_CHARS)
    return body + _mac(handle, epoch, body)


def read_code(text: str) -> KioskCode | None:
    """The parts of a code, or None when the text cannot be one. Letter case does not matter."""
    text = text.strip().upper()
    if len(text) != LENGTH or any(char not in _VALUES for char in text):
        return None
    handle, direction = text[:HANDLE_CHARS], _DIRECTIONS.get(text[HANDLE_CHARS])
    if direction is None:
        return None
    slot = 0
    for char in text[HANDLE_CHARS + 1 : -MAC_CHARS]:
        slot = slot * 32 + _VALUES[char]
    return KioskCode(handle, direction, slot, text[-MAC_CHARS:])


def check(code: KioskCode, *, epoch: int, now: datetime) -> str:
    """``"ok"``, ``"code_invalid"`` (not made by our key for this occurrence and epoch), ``"code_future"`` or
    ``"code_expired"`` (older than the slot before the present one, plus 3 s; or of the epoch before this one, which an
    honest phone may have scanned just before its codes were killed)."""
    if not _made_by_us(code, epoch):
        return "code_expired" if epoch > 1 and _made_by_us(code, epoch - 1) else "code_invalid"
    if code.slot > slot_of(now):
        return "code_future"
    age = now.timestamp() - code.slot * SLOT_SECONDS
    return "ok" if age < 2 * SLOT_SECONDS + GRACE_SECONDS else "code_expired"


def _made_by_us(code: KioskCode, epoch: int) -> bool:
    body = code.handle + _DIRECTION_CHARS[code.direction] + _encode(code.slot, SLOT_CHARS)
    return hmac.compare_digest(code.mac, _mac(code.handle, epoch, body))


def _mac(handle: str, epoch: int, body: str) -> str:
    digest = hmac.new(key_for(f"kiosk|{handle}|{epoch}"), body.encode(), hashlib.sha256).digest()
    return _encode(int.from_bytes(digest[:10], "big"), MAC_CHARS)


def _encode(value: int, length: int) -> str:
    chars = []
    for _ in range(length):
        value, rest = divmod(value, 32)
        chars.append(ALPHABET[rest])
    if value:
        raise ValueError("the value does not fit")
    return "".join(reversed(chars))
