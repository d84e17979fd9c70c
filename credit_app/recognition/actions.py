"""Deciding on worksheets: the write door of recognition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from credit_app.attendance.crediting import credit
from credit_app.attendance.facts import Happening
from credit_app.attendance.lists import Listed, locked_presence
from credit_app.attendance.models import Attendance
from credit_app.errors import InvalidInput
from credit_app.people.models import User
from credit_app.recognition.models import WorksheetReview

BATCH = 50  # pupils a transaction, so that a long list never holds the door
REMARK_LENGTH = 200
DECISIONS = ("approved", "returned", "refused")


@dataclass(frozen=True, slots=True)
class Decided:
    """What deciding did: how many worksheets changed, and what their pupils gained by it (less than 0: lost)."""

    changed: int = 0
    centicredits: int = 0

    def __add__(self, other: Decided) -> Decided:
        return Decided(self.changed + other.changed, self.centicredits + other.centicredits)


def decide_worksheets(
    session: Session,
    *,
    happening: Happening,
    pupils: Sequence[Listed],
    decision: str,
    remark: str,
    decided_by: User,
    now: datetime,
) -> Decided:
    """These worksheets are `decision` (``approved``, ``returned`` or ``refused``), and their pupils' credits follow.

    Those decided the same way before are left alone, so that a repeated click changes nothing; deciding otherwise takes
    back what had been posted. At most `BATCH` pupils in one call. Each pupil is decided on as they stand now, not as
    they stood when the list was read: attendances are locked in order of their id, then accounts in order of theirs, so
    that two leaders never wait for each other in a circle.
    Raises: InvalidInput when one is returned or refused without a word on what is wrong, or the remark is too long.
    """
    if decision not in DECISIONS:
        raise ValueError(f"unknown decision {decision!r}")
    if len(pupils) > BATCH:
        raise ValueError(f"at most {BATCH} pupils in one transaction")
    remark = _checked_remark(remark, decision)
    present = locked_presence(session, accounts={pupil.attendance_id: pupil.to.account_ref for pupil in pupils})
    changing = sorted(
        (
            replace(pupil, present=present[pupil.attendance_id])
            for pupil in pupils
            if pupil.attendance_id in present and present[pupil.attendance_id].worksheet != decision
        ),
        key=lambda pupil: pupil.to.account_ref,
    )
    if not changing:
        return Decided()
    _record(session, changing, decision, remark, decided_by, now)
    return Decided(
        len(changing), sum(_credit(session, happening, pupil, decision, decided_by, now) for pupil in changing)
    )


def _checked_remark(remark: str, decision: str) -> str:
    remark = " ".join(remark.split())
    if len(remark) > REMARK_LENGTH:
        raise InvalidInput(_("批注最多 %(most)s 个字。", most=REMARK_LENGTH), field="remark")
    if decision != "approved" and not remark:
        raise InvalidInput(_("请写一句退回的原因，学生才知道怎么改。"), field="remark")
    return remark


def _record(
    session: Session, changing: Sequence[Listed], decision: str, remark: str, decided_by: User, now: datetime
) -> None:
    session.execute(
        update(Attendance)
        .where(Attendance.id.in_([pupil.attendance_id for pupil in changing]))
        .values(worksheet=decision)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        insert(WorksheetReview),
        [
            {
                "attendance_id": pupil.attendance_id,
                "decision": decision,
                "remark": remark,
                "decided_by_id": decided_by.id,
                "decided_at": now,
            }
            for pupil in changing
        ],
    )


def _credit(
    session: Session, happening: Happening, pupil: Listed, decision: str, decided_by: User, now: datetime
) -> int:
    """What the pupil gained; nothing while the presence itself still waits to be confirmed, or no book holds."""
    if pupil.present.state != "present":
        return 0
    posting = credit(
        session,
        happening=happening,
        present=replace(pupil.present, worksheet=decision),
        to=pupil.to,
        now=now,
        recorded_by=decided_by.public_id,
    )
    return posting.gained_centicredits if posting else 0
