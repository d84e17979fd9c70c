"""What a screen in a hall shows: the codes of the next minutes, who is in, and whether the door is open.

The page and the interface that feeds it say the same thing, from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _

from credit_app.activities.models import Occurrence
from credit_app.attendance.actions import LEAVES_UNTIL, OPENS_BEFORE
from credit_app.attendance.kiosk_code import SLOT_SECONDS, code_text, slot_of
from credit_app.faces.formatting import local_date, local_moment, local_time
from credit_app.faces.qr import Square, square

SLOTS_AHEAD = 12  # two minutes without the network


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


def screen_json(occurrence: Occurrence, direction: str, now: datetime, *, after: int, heads: tuple[int, int]) -> Any:
    """All that the page's script needs to go on for the next two minutes. Times are the server's."""
    door = door_of(occurrence, direction, now)
    codes = upcoming_codes(occurrence, direction, now, after=after) if door.state == "open" else []
    inside, came = heads
    server_ms = int(now.timestamp() * 1000)
    return {
        "server_time": now.isoformat(timespec="milliseconds"),
        "server_ms": server_ms,
        "slot_seconds": SLOT_SECONDS,
        "door": door.state,
        "notice": door.notice,
        "inside": inside,
        "came": came,
        "codes": [
            {
                "slot": code.slot,
                "starts_in_ms": code.slot * SLOT_SECONDS * 1000 - server_ms,
                "url": code.address,
                "rows": code.square.rows,
            }
            for code in codes
        ],
    }


def seconds_left(now: datetime) -> int:
    """Whole seconds until the next slot, at least 1."""
    return SLOT_SECONDS - int(now.timestamp()) % SLOT_SECONDS


def usual_direction(occurrence: Occurrence, now: datetime) -> str:
    """What a screen shows when nobody says which: check-in, and check-out from ten minutes before the end."""
    return "out" if now > occurrence.ends_at - timedelta(minutes=10) else "in"


def _address(occurrence: Occurrence, direction: str, slot: int) -> str:
    # Upper case keeps the code in QR's alphanumeric mode, with a third fewer dots. Host and scheme have no case; a path
    # that somebody put before the program has, and is left as it is.
    text = code_text(handle=occurrence.handle, epoch=occurrence.code_epoch, direction=direction, slot=slot)
    scheme = "https" if current_app.config["SETTINGS"].https else request.scheme
    return f"{scheme}://{request.host}".upper() + f"{request.script_root}/K/{text}"
