"""Opening a code: from the text in an address to a claim, or to why not. Reads, and writes nothing: a preview of the
link by a messenger, or a second look, consumes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from credit_app.attendance import kiosk_code
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
