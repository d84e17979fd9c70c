"""An attendance taken out of account (到场作废), and back into it (恢复): each by a person, with a reason.

The scans stay as they are. What an attendance had earned is reversed, and later participations are judged again; a
restored one is judged anew from its scans, those included that came in while it was void.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from credit_app.attendance.crediting import Credited, Present, credit
from credit_app.attendance.facts import Happening
from credit_app.attendance.lists import PRESENT_COLUMNS, Listed, present_of
from credit_app.attendance.models import Attendance, AttendanceDecision
from credit_app.attendance.scans import folded_scans, last_scan
from credit_app.attendance.stays import presence_of
from credit_app.errors import Conflict, InvalidInput
from credit_app.ledger import actions as ledger
from credit_app.people.models import User
from credit_app.schools.models import Student

WORDS_LENGTH = 200
VOIDED, RESTORED = "attendance_voided", "attendance_restored"  # reasons of entries

REASONS: Mapping[str, LazyString] = {
    "not_there": _l("本人没有到场"),
    "someone_else": _l("由别人代签"),
    "left_early": _l("签到后没有参加"),
    "mistake": _l("记录有误"),
    "duplicate": _l("重复的学生记录已合并"),
    "other": _l("其他原因"),
}
VOIDING_REASONS = ("not_there", "someone_else", "left_early", "mistake", "other")
"""Those a person may give; the others are the program's own."""


@dataclass(frozen=True, slots=True)
class _Row:
    """An attendance as it stands now, locked, and whose it is."""

    present: Present
    student_id: int
    account_ref: str | None


def void_attendance(
    session: Session,
    *,
    pupil: Listed,
    reason: str,
    words: str,
    decided_by: User,
    now: datetime,
) -> int:
    """The attendance counts no more, and the decision stands with who, when and why; what it had earned is taken back.

    Returns: the centicredits taken back from it.
    Raises: InvalidInput without a known reason and a word on it; Conflict when it is void already.
    """
    return void_row(
        session, attendance_id=pupil.attendance_id, reason=reason, words=words, decided_by=decided_by, now=now
    )


def void_row(session: Session, *, attendance_id: int, reason: str, words: str, decided_by: User, now: datetime) -> int:
    """As `void_attendance`, of a row that the caller has found to be the decider's to void."""
    if reason not in VOIDING_REASONS:
        raise InvalidInput(_("请选择作废的原因。"), field="reason")
    words = _checked(words)
    if not words:
        raise InvalidInput(_("请写一句说明，学生会看到。"), field="words")
    row = _locked(session, attendance_id)
    if row.present.state == "voided":
        raise Conflict(_("这条到场记录已经作废。"))
    set_void(session, attendance_id=row.present.id, reason=reason, words=words, decided_by=decided_by, now=now)
    return _take_back(session, row, decided_by, now)


def restore_attendance(
    session: Session, *, happening: Happening, pupil: Listed, words: str, decided_by: User, now: datetime
) -> int:
    """The attendance counts again, with the scans that came in meanwhile, and is judged anew.

    Returns: the centicredits that it has gained (0 while it is undecided).
    Raises: InvalidInput when the words are too long; Conflict when it is not void.
    """
    words = _checked(words)
    row = _locked(session, pupil.attendance_id)
    if row.present.state != "voided":
        raise Conflict(_("这条到场记录没有作废，不需要恢复。"))
    session.add(
        AttendanceDecision(
            attendance_id=row.present.id,
            decision="restored",
            reason="mistake",
            words=words,
            decided_by_id=decided_by.id,
            decided_at=now,
            scans_through=last_scan(session, student_id=row.student_id, occurrence_id=happening.occurrence_id),
        )
    )
    session.flush()
    present = _as_scanned(session, happening, row)
    presence = present.presence
    session.execute(
        update(Attendance)
        .where(Attendance.id == present.id)
        .values(
            state="present",
            proof=presence.proof,
            first_in_at=presence.first_in_at,
            open_since_at=presence.open_since_at,
            last_out_at=presence.last_out_at,
            stayed_seconds=presence.stayed_seconds,
            end_assumed=present.end_assumed,
        )
        .execution_options(synchronize_session=False)
    )
    if row.account_ref is None:
        return 0
    posting = credit(
        session,
        happening=happening,
        present=present,
        to=Credited(row.account_ref, pupil.to.district_id, pupil.to.book_stamp),
        now=now,
        recorded_by=decided_by.public_id,
        decided_before=True,
        reason=RESTORED,
    )
    return posting.gained_centicredits if posting else 0


def set_void(session: Session, *, attendance_id: int, reason: str, words: str, decided_by: User, now: datetime) -> None:
    """The row is void, and the decision says so; the ledger is the caller's affair."""
    session.add(
        AttendanceDecision(
            attendance_id=attendance_id,
            decision="voided",
            reason=reason,
            words=words,
            decided_by_id=decided_by.id,
            decided_at=now,
        )
    )
    session.execute(
        update(Attendance)
        .where(Attendance.id == attendance_id)
        .values(state="voided")
        .execution_options(synchronize_session=False)
    )
    session.flush()


def latest_decisions(session: Session, *, attendance_ids: Collection[int]) -> dict[int, AttendanceDecision]:
    """attendance id → the newest decision on it, with who decided; who was never decided on is not in it."""
    newest = (
        select(func.max(AttendanceDecision.id))
        .where(AttendanceDecision.attendance_id.in_(attendance_ids))
        .group_by(AttendanceDecision.attendance_id)
    )
    decisions = session.scalars(
        select(AttendanceDecision)
        .where(AttendanceDecision.id.in_(newest))
        .options(joinedload(AttendanceDecision.decided_by))
    )
    return {decision.attendance_id: decision for decision in decisions}


def _checked(words: str) -> str:
    words = " ".join(words.split())
    if len(words) > WORDS_LENGTH:
        raise InvalidInput(_("说明最多 %(most)s 个字。", most=WORDS_LENGTH), field="words")
    return words


def _locked(session: Session, attendance_id: int) -> _Row:
    row = session.execute(
        select(*PRESENT_COLUMNS, Attendance.student_id, Student.account_ref)
        .join(Student, Student.id == Attendance.student_id)
        .where(Attendance.id == attendance_id)
        .with_for_update(key_share=True, of=Attendance)
    ).one()
    return _Row(present_of(row), row.student_id, row.account_ref)


def _take_back(session: Session, row: _Row, decided_by: User, now: datetime) -> int:
    if row.account_ref is None:
        return 0
    return ledger.reverse(
        session,
        account_ref=row.account_ref,
        participation=row.present.participation,
        reason=VOIDED,
        now=now,
        recorded_by=decided_by.public_id,
    )


def _as_scanned(session: Session, happening: Happening, row: _Row) -> Present:
    """The attendance as all its scans make it, those held while it was void included."""
    scans = folded_scans(session, student_id=row.student_id, occurrence_id=happening.occurrence_id)
    presence = presence_of(scans) if scans else row.present.presence
    if happening.status == "closed":
        presence = replace(presence, open_since_at=None)
    end_assumed = row.present.end_assumed and presence.last_out_at is None
    return replace(row.present, state="present", presence=presence, end_assumed=end_assumed)
