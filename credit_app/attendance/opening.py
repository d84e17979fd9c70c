"""Opening a code: from the text in an address, or typed, to a claim, or to why not. Reads, and writes nothing: a
preview of the link by a messenger, or a second look, consumes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance import kiosk_code, typed_code
from credit_app.attendance.admission import LEAVES_UNTIL, OPENS_BEFORE
from credit_app.attendance.claim import Claim, new_claim
from credit_app.attendance.queries import kiosk_occurrence


@dataclass(frozen=True, slots=True)
class Opening:
    """`status` is ``ok`` with a fresh `claim`, or ``code_invalid`` (`malformed` when it cannot even be one),
    ``code_expired``, ``code_future``."""

    status: str
    claim: Claim | None = None
    malformed: bool = False


def open_code(session: Session, *, text: str, now: datetime) -> Opening:
    """What the code in `text` opens at `now`. An unknown occurrence looks like a forged code."""
    code = kiosk_code.read_code(text)
    if code is None:
        return Opening("code_invalid", malformed=True)
    occurrence = kiosk_occurrence(session, handle=code.handle)
    if occurrence is None:
        return Opening("code_invalid")
    status = kiosk_code.check(code, epoch=occurrence.code_epoch, now=now)
    if status != "ok":
        return Opening(status)
    return Opening("ok", new_claim(handle=code.handle, direction=code.direction, now=now))


def open_typed(session: Session, *, text: str, now: datetime) -> Opening:
    """What the short code in `text` opens at `now`: the same claim as the QR beside it. One statement.

    Only occurrences whose door is open at `now` are looked at. A code that two of them show by chance opens neither:
    the next one, a minute later, will tell them apart.
    """
    code = typed_code.read_typed(text)
    if code is None:
        return Opening("code_invalid", malformed=True)
    doors = _open_doors(session, handle_start=code.handle_start, now=now)
    found = [
        (handle, direction)
        for handle, epoch in doors
        if (direction := typed_code.direction_of(code, handle=handle, epoch=epoch, now=now)) is not None
    ]
    if len(found) == 1:
        ((handle, direction),) = found
        return Opening("ok", new_claim(handle=handle, direction=direction, now=now))
    expired = found or any(typed_code.has_expired(code, handle=handle, epoch=epoch, now=now) for handle, epoch in doors)
    return Opening("code_expired" if expired else "code_invalid")


def _open_doors(session: Session, *, handle_start: str, now: datetime) -> list[tuple[str, int]]:
    """(handle, epoch) of the occurrences that pupils may enter or leave at `now`, of those whose handle begins so: a
    stretch of the unique index of handles, of which a city has some three for each beginning."""
    rest = kiosk_code.HANDLE_CHARS - typed_code.HANDLE_CHARS
    rows = session.execute(
        select(Occurrence.handle, Occurrence.code_epoch)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .where(
            Occurrence.handle.between(handle_start + "0" * rest, handle_start + "Z" * rest),
            Occurrence.starts_at <= now + OPENS_BEFORE,
            Occurrence.ends_at >= now - LEAVES_UNTIL,
            Occurrence.status == "scheduled",
            Activity.status == "published",
        )
    )
    return [(row.handle, row.code_epoch) for row in rows]
