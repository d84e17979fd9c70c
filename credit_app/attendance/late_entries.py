"""Late entries (补签): one person says that a pupil was there, another with the right to it must agree.

Accepted, it becomes a check-in and a check-out of the weakest proof, ``declared``.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.admission import LEAVES_UNTIL, OPENS_BEFORE
from credit_app.attendance.holding import raise_hold
from credit_app.attendance.models import Hold
from credit_app.errors import Conflict, InvalidInput
from credit_app.people.models import User
from credit_app.schools.models import Student

REASONS = ("forgot", "no_device", "door_failed", "other")
"""Those of `holding.REASONS` that a person may give."""
WORDS_LENGTH = 200


def propose_late_entry(
    session: Session,
    *,
    occurrence: Occurrence,
    student: Student,
    in_at: datetime,
    out_at: datetime,
    reason: str,
    words: str,
    proposed_by: User,
    now: datetime,
) -> str:
    """The proposal waits for a second person. Returns: its public id.

    Raises: InvalidInput for times outside of the occurrence, or without reason and words; Conflict while another
    proposal for the pupil waits.
    """
    words = checked_words(words)
    if reason not in REASONS:
        raise InvalidInput(_("请选择补签的原因。"), field="reason")
    _check_times(occurrence, in_at, out_at, now)
    if occurrence.status == "cancelled":
        raise Conflict(_("这场活动已经取消，不能补签。"))
    of_pupil = (
        Hold.kind == "late_entry",
        Hold.occurrence_id == occurrence.id,
        Hold.student_id == student.id,
    )
    earlier, waiting = session.execute(
        select(func.count(), func.count().filter(Hold.state == "open")).where(*of_pupil)
    ).one()
    # The number in the key lets one of two at the same moment through.
    public_id = None
    if not waiting:
        public_id = raise_hold(
            session,
            kind="late_entry",
            key=f"late_entry.{occurrence.public_id}.{student.public_id}.{earlier + 1}",
            reason=reason,
            occurrence_id=occurrence.id,
            student_id=student.id,
            evidence={"in_at": in_at.isoformat(), "out_at": out_at.isoformat(), "words": words},
            raised_by_id=proposed_by.id,
            now=now,
        )
    if public_id is None:
        raise Conflict(_("这名学生已有一条补签在等待核实。"))
    return public_id


def checked_words(words: str) -> str:
    """The words on one line. Raises: InvalidInput when there are none, or too many."""
    words = " ".join(words.split())
    if not words:
        raise InvalidInput(_("请写一句说明，学生会看到。"), field="words")
    if len(words) > WORDS_LENGTH:
        raise InvalidInput(_("说明最多 %(most)s 个字。", most=WORDS_LENGTH), field="words")
    return words


def _check_times(occurrence: Occurrence, in_at: datetime, out_at: datetime, now: datetime) -> None:
    if not in_at < out_at:
        raise InvalidInput(_("离场时间要晚于到场时间。"), field="out_at")
    if in_at < occurrence.starts_at - OPENS_BEFORE or in_at > occurrence.ends_at:
        raise InvalidInput(_("到场时间要在开始前 30 分钟到结束之间。"), field="in_at")
    if out_at > occurrence.ends_at + LEAVES_UNTIL:
        raise InvalidInput(_("离场时间最晚为结束后 60 分钟。"), field="out_at")
    if out_at > now:
        raise InvalidInput(_("离场时间还没到。"), field="out_at")
