"""Questions answered: accepted or rejected by a person, one or several at once; and ends that a person confirms.

A hold's row is locked before it is decided, so that of two who decide at once the second is told. Whoever asks for a
hold gets it by ``questions.question``, which authorises; here it is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.admission import LEAVES_UNTIL
from credit_app.attendance.answers import Answer
from credit_app.attendance.decided import CONFIRM, HOLD, record_decided
from credit_app.attendance.facts import Happening
from credit_app.attendance.late_entries import checked_words
from credit_app.attendance.lists import Listed
from credit_app.attendance.models import Attendance, Hold
from credit_app.attendance.scans import HELD, Scan
from credit_app.attendance.voiding import void_row
from credit_app.errors import Conflict, InvalidInput
from credit_app.people.models import User
from credit_app.schools.merges import survivor_id

UNMOVED = ("not_checked_in", HELD)  # kept: the scan counts once its check-in is there, or its attendance is restored


def accept(session: Session, *, hold: Hold, words: str, decided_by: User, now: datetime) -> None:
    """The question is answered with yes: what waited counts, as scans whose key is the hold's; a signal is closed.

    Raises: Conflict when somebody has decided already, when the decider proposed it, or when the occurrence is not for
    the pupil; InvalidInput without a word where one is asked for.
    """
    words = checked_words(words) if hold.kind in ("late_entry", "headcount") else " ".join(words.split())
    _lock(session, hold)
    if hold.kind == "late_entry" and hold.raised_by_id == decided_by.id:
        raise Conflict(_("补签要由另一个人核实，不能由提出的人自己通过。"))
    for scan in _scans_of(hold):
        assert hold.student_id is not None
        answer = record_decided(session, student_id=hold.student_id, handle=hold.occurrence.handle, scan=scan, now=now)
        _must_count(answer)
    _decide(session, hold, "accepted", words, decided_by, now)


def reject(session: Session, *, hold: Hold, words: str, decided_by: User, now: datetime) -> None:
    """The question is answered with no, and the pupil reads why; a signal that is confirmed so takes the attendance
    out of account.

    Raises: Conflict when somebody has decided already, or the decider proposed it; InvalidInput without a word.
    """
    words = checked_words(words)
    _lock(session, hold)
    if hold.kind == "late_entry" and hold.raised_by_id == decided_by.id:
        raise Conflict(_("补签要由另一个人核实，不能由提出的人自己处理。"))
    if hold.kind == "signal":
        void_present(
            session, hold=hold, student_ids=[hold.student_id or 0], words=words, decided_by=decided_by, now=now
        )
    _decide(session, hold, "rejected", words, decided_by, now)


def name_excess(
    session: Session, *, hold: Hold, student_ids: Sequence[int], words: str, decided_by: User, now: datetime
) -> None:
    """Those whom the leader names were called and not there: their attendances are void, and the question is answered.

    Raises: Conflict when somebody has decided already; InvalidInput for nobody, more than the excess, or no word.
    """
    words = checked_words(words)
    _lock(session, hold)
    excess = hold.evidence["called"] - hold.evidence["counted"]
    if not 0 < len(student_ids) <= excess:
        raise InvalidInput(_("请勾选 1 到 %(excess)s 名没有到的学生。", excess=excess), field="pupils")
    void_present(session, hold=hold, student_ids=student_ids, words=words, decided_by=decided_by, now=now)
    _decide(session, hold, "rejected", words, decided_by, now)


def confirm_ends(
    session: Session,
    *,
    happening: Happening,
    closed_at: datetime | None,
    pupils: Sequence[Listed],
    at: datetime,
    now: datetime,
) -> int:
    """Each pupil whose end was assumed has left at `at`; who came only after it is left as they are.

    Returns: how many ends are confirmed. Raises: InvalidInput for a time that nobody was there at.
    """
    latest = min(closed_at or now, happening.ends_at + LEAVES_UNTIL, now)
    if at > latest:
        raise InvalidInput(_("离场时间不能晚于场次结束。"), field="at")
    confirmed = 0
    for pupil in sorted(pupils, key=lambda each: each.attendance_id):
        first_in_at = pupil.present.presence.first_in_at
        if not pupil.present.end_assumed or first_in_at is None or first_in_at >= at:
            continue
        student_id = session.scalar(select(Attendance.student_id).where(Attendance.id == pupil.attendance_id))
        assert student_id is not None
        # One end a participation: whoever confirms it a second time gets the first answer.
        scan = Scan(CONFIRM, pupil.participation, "out", "declared", at)
        answer = record_decided(session, student_id=student_id, handle=happening.handle, scan=scan, now=now)
        confirmed += answer.status == "checked_out" and answer.params["at"] == at.isoformat()
    return confirmed


def void_present(
    session: Session, *, hold: Hold, student_ids: Sequence[int], words: str, decided_by: User, now: datetime
) -> int:
    """Their attendances of the hold's occurrence are void, as "not there". Returns: how many there were."""
    taken = 0
    for student_id in sorted(survivor_id(session, student_id=each) for each in student_ids):
        attendance_id = session.scalar(
            select(Attendance.id).filter_by(student_id=student_id, occurrence_id=hold.occurrence_id, state="present")
        )
        if attendance_id is not None:
            void_row(
                session, attendance_id=attendance_id, reason="not_there", words=words, decided_by=decided_by, now=now
            )
            taken += 1
    return taken


def _lock(session: Session, hold: Hold) -> None:
    session.refresh(hold, ["state", "decided_by_id", "decided_at", "words"], with_for_update={"key_share": True})
    if hold.state != "open":
        raise Conflict(_("刚才已有人处理了这一条，请刷新后再看。"))


def _scans_of(hold: Hold) -> list[Scan]:
    """The scans that accepting it makes; none of a signal or a headcount, whose scans stand already."""
    if hold.kind == "scan":
        waited = hold.scan
        assert waited is not None
        key = f"{hold.public_id}.{waited.direction}"
        return [Scan(HOLD, key, waited.direction, waited.proof, waited.scanned_at)]
    if hold.kind == "late_entry":
        return [
            Scan(
                HOLD,
                f"{hold.public_id}.{direction}",
                direction,
                "declared",
                datetime.fromisoformat(hold.evidence[f"{direction}_at"]),
            )
            for direction in ("in", "out")
        ]
    return []


def _must_count(answer: Answer) -> None:
    if not (answer.good or answer.status in UNMOVED):
        raise Conflict(_("不能计入：%(why)s。请改为不通过，并写明原因。", why=answer.title))


def _decide(session: Session, hold: Hold, state: str, words: str, decided_by: User, now: datetime) -> None:
    who = decided_by.id  # read before: reading may flush, and half a decision is none
    hold.state, hold.words = state, words
    hold.decided_by_id, hold.decided_at = who, now
    session.flush()
