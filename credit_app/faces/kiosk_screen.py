"""What a screen in a hall shows: the codes of the next minutes, who is in, and whether the door is open.

The page and the interface that feeds it say the same thing, from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from credit_app.activities.models import Occurrence
from credit_app.attendance import typed_code
from credit_app.attendance.actions import LEAVES_UNTIL, OPENS_BEFORE
from credit_app.attendance.kiosk_code import SLOT_SECONDS, code_text, slot_of
from credit_app.faces.addresses import address_for_qr
from credit_app.faces.formatting import local_date, local_moment, local_time
from credit_app.faces.qr import Square, square

SLOTS_AHEAD = 12  # two minutes without the network
TYPED_SLOTS_AHEAD = 3  # the same two minutes, of a minute each
DIRECTIONS = ("in", "out")


@dataclass(frozen=True, slots=True)
class ScreenCode:
    """The code of one slot, as the address that a phone opens."""

    slot: int
    address: str

    @property
    def square(self) -> Square:
        return square(self.address)


@dataclass(frozen=True, slots=True)
class Door:
    """Whether codes are shown now: ``open``, ``not_yet`` or ``over``, with the words for the screen."""

    state: str
    notice: str = ""


def door_of(occurrence: Occurrence, direction: str, now: datetime) -> Door:
    """The door as the next scan would find it: see `attendance.admission`."""
    opens_at = occurrence.starts_at - OPENS_BEFORE
    if occurrence.activity.status == "withdrawn" or occurrence.status == "cancelled":
        return Door("over", _("这场活动已经取消。"))
    if occurrence.activity.status != "published":
        return Door("not_yet", _("这个活动还没有通过审核，发布后这里会显示签到码。"))
    if occurrence.status == "closed" or now > occurrence.ends_at + LEAVES_UNTIL:
        return Door("over", _("这场活动已经结束，签到和签退都已关闭。"))
    if now < opens_at:
        today = local_date(opens_at) == local_date(now)
        shown = local_time(opens_at) if today else local_moment(opens_at)
        return Door("not_yet", _("%(time)s 开始签到，到时这里会自动显示签到码。", time=shown))
    if direction == "in" and now > occurrence.ends_at:
        return Door("over", _("签到时间已过，请切换到签退。"))
    return Door("open")


def upcoming_codes(occurrence: Occurrence, direction: str, now: datetime, *, after: int = 0) -> list[ScreenCode]:
    """The codes from the present slot on, without those up to the slot `after`, which the screen has already."""
    first = slot_of(now)
    return [
        ScreenCode(slot, _address(occurrence, direction, slot))
        for slot in range(max(first, after + 1), first + SLOTS_AHEAD)
    ]


@dataclass(frozen=True, slots=True)
class Side:
    """One direction as the page shows it at first: its door, and while that is open the codes of this moment."""

    direction: str
    door: Door
    code: ScreenCode | None
    typed: str


def side_of(occurrence: Occurrence, direction: str, now: datetime) -> Side:
    """What the screen shows of `direction` at `now`."""
    door = door_of(occurrence, direction, now)
    if door.state != "open":
        return Side(direction, door, None, "")
    typed = _typed(occurrence, direction, typed_code.slot_of(now))
    return Side(direction, door, upcoming_codes(occurrence, direction, now)[0], typed)


def screen_json(occurrence: Occurrence, direction: str, now: datetime, *, after: int, heads: tuple[int, int]) -> Any:
    """All that the page's script needs to go on for the next two minutes. Times are the server's.

    `direction` ``both``: ``sides`` holds for each direction what otherwise stands beside the time.
    """
    inside, came = heads
    told: dict[str, Any] = {
        "server_time": now.isoformat(timespec="milliseconds"),
        "server_ms": int(now.timestamp() * 1000),
        "slot_seconds": SLOT_SECONDS,
        "typed_slot_seconds": typed_code.SLOT_SECONDS,
        "inside": inside,
        "came": came,
    }
    if direction == "both":
        return told | {"sides": {each: _side_json(occurrence, each, now, after) for each in DIRECTIONS}}
    return told | _side_json(occurrence, direction, now, after)


def _side_json(occurrence: Occurrence, direction: str, now: datetime, after: int) -> dict[str, Any]:
    door = door_of(occurrence, direction, now)
    is_open = door.state == "open"
    codes = upcoming_codes(occurrence, direction, now, after=after) if is_open else []
    server_ms = int(now.timestamp() * 1000)
    first = typed_code.slot_of(now)
    typed_slots = range(first, first + TYPED_SLOTS_AHEAD) if is_open else ()
    return {
        "door": door.state,
        "notice": door.notice,
        "codes": [
            {
                "slot": code.slot,
                "starts_in_ms": code.slot * SLOT_SECONDS * 1000 - server_ms,
                "url": code.address,
                "rows": code.square.rows,
            }
            for code in codes
        ],
        "typed": [{"slot": slot, "text": _typed(occurrence, direction, slot)} for slot in typed_slots],
    }


def seconds_left(now: datetime) -> int:
    """Whole seconds until the next slot, at least 1."""
    return SLOT_SECONDS - int(now.timestamp()) % SLOT_SECONDS


def usual_direction(occurrence: Occurrence, now: datetime) -> str:
    """What a screen shows when nobody says which: check-in, and check-out from ten minutes before the end."""
    return "out" if now > occurrence.ends_at - timedelta(minutes=10) else "in"


def _address(occurrence: Occurrence, direction: str, slot: int) -> str:
    text = code_text(handle=occurrence.handle, epoch=occurrence.code_epoch, direction=direction, slot=slot)
    return address_for_qr(f"/K/{text}")


def _typed(occurrence: Occurrence, direction: str, slot: int) -> str:
    text = typed_code.typed_text(handle=occurrence.handle, epoch=occurrence.code_epoch, direction=direction, slot=slot)
    return typed_code.grouped(text)
