"""What a device sends (docs/door.md): the shapes of its requests, checked before anything else looks at them.

Nothing in here is kept as it came: a card's text opens the sealed roster, so the digest of an item stands for it.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from credit_app.attendance.clock_bounds import DeviceClock, Sync
from credit_app.storage import compact_json

BATCH_ITEMS = 50
LATEST_MS = 4_102_444_800_000  # 2100: clocks beyond it are broken in another way than by being wrong
MOST_SEQ = 2**31 - 1


def _whole(value: Any) -> Any:
    """Browsers give fractions of a millisecond."""
    return round(value) if isinstance(value, float) and abs(value) < LATEST_MS else value


Milliseconds = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=LATEST_MS)]
Seq = Annotated[int, Field(ge=1, le=MOST_SEQ, strict=True)]
ClientUid = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$", description="22 characters of base64url, random")]
Text = Annotated[str, Field(max_length=200, pattern=r"^[ -~]*$")]


class _Sent(BaseModel):
    """A part of a request: what is not named here is left aside, so that newer devices can say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class SyncSent(_Sent):
    """The latest answer of the server in this run of the monotonic clock: that clock halfway through the round trip."""

    server_ms: Milliseconds
    mono_ms: Milliseconds
    rtt_ms: Milliseconds


class ClockSent(_Sent):
    """The clocks of the device at that moment."""

    wall_ms: Milliseconds
    mono_ms: Milliseconds
    boot: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    synced: SyncSent | None = None

    def as_clock(self) -> DeviceClock:
        sync = self.synced
        known = Sync(sync.server_ms, sync.mono_ms, sync.rtt_ms) if sync is not None else None
        return DeviceClock(self.wall_ms, self.mono_ms, known)


class UndoneSent(_Sent):
    """When a scan was taken back that had not been sent yet."""

    wall_ms: Milliseconds
    mono_ms: Milliseconds


class Item(_Sent):
    """One scan of a card."""

    client_uid: ClientUid
    seq: Seq
    occurrence: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$", description="the occurrence's handle")]
    direction: Literal["in", "out"]
    card: Text
    method: Literal["camera", "photo", "typed", "reader"]
    clock: ClockSent
    bundle: Text | None = None
    offline: Annotated[bool, Field(strict=True)] = False
    undone: UndoneSent | None = None


class Batch(_Sent):
    """What waited on the device, a part of it; `queued` counts all that waits, these items included."""

    seq: Annotated[int, Field(ge=0, le=MOST_SEQ, strict=True)]
    queued: Annotated[int, Field(ge=0, le=MOST_SEQ, strict=True)]
    items: Annotated[list[dict[str, Any]], Field(max_length=BATCH_ITEMS, description="each an Item")]


class Undo(_Sent):
    """A scan that was sent is taken back."""

    client_uid: ClientUid
    undoes: ClientUid
    clock: ClockSent


class Enrolment(_Sent):
    """A browser that wants to become a device."""

    code: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[ -~]*$")]
    public_key: Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_-]+$", description="P-256, raw point")]


class ItemKey(_Sent):
    """All that is needed to keep an item whose other parts are broken."""

    client_uid: ClientUid
    seq: Seq


def item_digest(item: Item) -> str:
    """What tells an item from another one under the same key. How it was sent is no part of it: a request that got no
    answer comes again from the queue."""
    return content_digest(item.model_dump(exclude={"offline"}))


def content_digest(content: Any) -> str:
    """The digest of any JSON value. ASCII escapes: a broken item may hold what no column can."""
    return hashlib.sha256(compact_json(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
