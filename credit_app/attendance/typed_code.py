"""The short code beside the QR, for a pupil whose camera fails: eight characters that are typed at ``/k``.

Text: the first three characters of the occurrence's handle + HMAC-SHA256 truncated to 25 bits (5), of Crockford's
base 32. What the HMAC is of: handle, epoch, direction and a slot of 60 s. It is good in its slot and the next one. So
at any moment four of 33,554,432 endings are good for an open door (in and out, two slots), and who guesses must be
slowed down: see `faces.pupil.typing`. Of the future nothing is told, not even that: whoever hit the code of the next
minute by chance would only have to wait for it.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from credit_app.keys import ALPHABET, key_for

SLOT_SECONDS = 60
HANDLE_CHARS, MAC_CHARS = 3, 5
LENGTH = HANDLE_CHARS + MAC_CHARS
EXPIRED_SLOTS = 10  # that many older ones are told as expired rather than wrong

# Letters that a child takes for digits: none of them is in the alphabet.
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IGNORED = frozenset(" -_.·–—")


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A typed code taken apart; nothing in it is trusted before `direction_of`."""

    handle_start: str
    mac: str


def slot_of(instant: datetime) -> int:
    """The 60-second slot of an instant, counted from the Unix epoch."""
    return int(instant.timestamp()) // SLOT_SECONDS


def slot_start(slot: int) -> datetime:
    """The instant at which a slot begins."""
    return datetime.fromtimestamp(slot * SLOT_SECONDS, UTC)


def typed_text(*, handle: str, epoch: int, direction: str, slot: int) -> str:
    """The code to show during `slot`, without the gap that `grouped` puts into it."""
    return handle[:HANDLE_CHARS] + _mac(handle, epoch, direction, slot)


def grouped(text: str) -> str:
    """``7F3K2M9Q`` → ``7F3K 2M9Q``: four characters at a time are what one keeps in mind between screen and phone."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def as_shown(typed: str) -> str:
    """What was typed, as the screen shows it: upper case, without spaces and dashes, O read as 0, I and L as 1."""
    plain = unicodedata.normalize("NFKC", typed).upper().translate(_MISREAD)
    return "".join(char for char in plain if char not in _IGNORED and not char.isspace())


def read_typed(text: str) -> TypedCode | None:
    """The parts of what was typed, or None when it cannot be a code."""
    plain = as_shown(text)
    if len(plain) != LENGTH or any(char not in ALPHABET for char in plain):
        return None
    return TypedCode(plain[:HANDLE_CHARS], plain[HANDLE_CHARS:])


def direction_of(code: TypedCode, *, handle: str, epoch: int, now: datetime) -> str | None:
    """``"in"`` or ``"out"`` when the occurrence's screen shows this code now or showed it a slot ago, else None."""
    present = slot_of(now)
    good = [
        direction
        for slot in (present, present - 1)
        for direction in ("in", "out")
        if hmac.compare_digest(code.mac, _mac(handle, epoch, direction, slot))
    ]
    return good[0] if good else None


def has_expired(code: TypedCode, *, handle: str, epoch: int, now: datetime) -> bool:
    """The occurrence's screen showed this code a while ago, or before its codes were killed: typed too late, not wrong.

    Telling so gives nothing away: a code that is over is never good again.
    """
    present = slot_of(now)
    past = [(epoch, present - age) for age in range(2, 2 + EXPIRED_SLOTS)]
    killed = [(epoch - 1, present - age) for age in (0, 1)] if epoch > 1 else []
    return any(
        hmac.compare_digest(code.mac, _mac(handle, of_epoch, direction, slot))
        for of_epoch, slot in past + killed
        for direction in ("in", "out")
    )


def _mac(handle: str, epoch: int, direction: str, slot: int) -> str:
    said = f"{handle}|{epoch}|{direction}|{slot}"
    digest = hmac.new(key_for(f"typed|{handle}|{epoch}"), said.encode(), hashlib.sha256).digest()
    value = int.from_bytes(digest[:4], "big") >> 7
    return "".join(ALPHABET[value >> shift & 31] for shift in range(20, -1, -5))
