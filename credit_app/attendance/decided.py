"""What a person has decided becomes scans, so that every fold, every audit and every order of arrival holds for it.

A roll-call, a confirmed end, an accepted question: each is a scan whose origin says who decided, and whose key says by
what. The door's hours and seats do not refuse it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from credit_app.attendance.actions import record_scan
from credit_app.attendance.admission import refusal_of_decided
from credit_app.attendance.answers import Answer
from credit_app.attendance.queries import ScanContext, student_context
from credit_app.attendance.scans import Scan, ScanRaced
from credit_app.errors import NotFound
from credit_app.schools.merges import survivor_id

ROLL_CALL, CONFIRM, HOLD = "roll_call", "confirm", "hold"
"""The origins of what a person has decided."""
TRIES = 3


def record_decided(session: Session, *, student_id: int, handle: str, scan: Scan, now: datetime) -> Answer:
    """The decided scan is stored with its answer; attendance and credits follow. Of a duplicate, it is the survivor's.

    Each try is a savepoint of its own: another request of the same pupil must not undo what a whole class was called.
    Raises: NotFound for a pupil who has been erased; ScanRaced when the third try met another request too.
    """
    student_id = survivor_id(session, student_id=student_id)
    for last in (False,) * (TRIES - 1) + (True,):
        context = student_context(
            session, student_id=student_id, handle=handle, origin=scan.origin, client_uid=scan.client_uid
        )
        if context is None:
            raise NotFound
        try:
            with session.begin_nested():
                return record_scan(session, context=_seated(context), scan=scan, now=now, refuse=refusal_of_decided)
        except ScanRaced:
            if last:
                raise
    raise AssertionError("the last try has returned or raised")


def _seated(context: ScanContext) -> ScanContext:
    """Seats are counted for those who come by themselves: a class that stands in the hall is in the hall."""
    return replace(context, happening=replace(context.happening, capacity=None))
