"""Roll-calls (点名): a leader calls a class at arrival and again at departure; who was found is in, or out, as scanned.

A call is append-only, and a correction is another call: of one moment the newest call that names a pupil holds. Whom
the newest arrival call does not find, and nothing but roll-calls ever found, is taken out by the existing voiding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from credit_app.activities.models import Occurrence
from credit_app.attendance.admission import LEAVES_UNTIL, OPENS_BEFORE
from credit_app.attendance.answers import Answer
from credit_app.attendance.decided import ROLL_CALL, record_decided
from credit_app.attendance.headcounts import ask_about_excess
from credit_app.attendance.marks import take_back_uncalled
from credit_app.attendance.models import RollCall, RollCallMark
from credit_app.attendance.scans import Scan
from credit_app.errors import DomainError, InvalidInput
from credit_app.keys import new_public_id
from credit_app.people.models import User
from credit_app.schools.models import SchoolClass, Student
from credit_app.storage import insert_into

DIRECTIONS = {"arrival": "in", "departure": "out"}
CLOCK_SLACK = timedelta(minutes=5)
"""By how much a telephone's estimate of our clock may run ahead of it; beyond that the call has not happened yet."""
KEY_LENGTH = 64


class OtherContent(DomainError):
    """The same key was sent before, with another content: nobody can say which of the two was meant."""

    code, status = "conflict", 422


@dataclass(frozen=True, slots=True)
class Mark:
    """What the call found of one pupil; `at` where it is not the call's own instant."""

    student: Student
    mark: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Called:
    """What a call came to: the answers to those who were present, by student id; `again` when it was here before."""

    call: RollCall
    answers: dict[int, Answer]
    again: bool = False

    @property
    def refused(self) -> dict[int, Answer]:
        """Those of the present who could not be counted as being there, and why."""
        return {key: answer for key, answer in self.answers.items() if not (answer.good or _kept(answer))}


def call_roll(
    session: Session,
    *,
    occurrence: Occurrence,
    school_class: SchoolClass,
    moment: str,
    marks: Sequence[Mark],
    called_by: User,
    called_at: datetime,
    client_uid: str,
    now: datetime,
) -> Called:
    """The call stands with a mark for each pupil, and each of the present is in (or out) since their own instant.

    The same call again changes nothing. The caller has seen to it that the class is the leader's, and the pupils its.
    Raises: InvalidInput for a time outside of the occurrence or to come, or nobody to call; OtherContent for a key that
    was used for another call.
    """
    called_at = min(called_at, now) if called_at <= now + CLOCK_SLACK else called_at
    _check(occurrence, moment, marks, called_at, client_uid, now)
    known = _store(session, occurrence, school_class, moment, called_by, called_at, client_uid, now)
    if known is not None:
        if not _is_same(known, occurrence, school_class, moment, marks, called_at):
            raise OtherContent(_("这次点名已经用同一个编号上传过，内容不同。请重新点名。"))
        return Called(known, {}, again=True)
    call = session.scalars(select(RollCall).filter_by(called_by_id=called_by.id, client_uid=client_uid)).one()
    # Accounts are locked in the order of their ids, as whoever locks several of them does.
    ordered = sorted(marks, key=lambda mark: (mark.student.account_ref or "", mark.student.id))
    session.add_all(
        RollCallMark(roll_call_id=call.id, student_id=mark.student.id, mark=mark.mark, at=mark.at) for mark in ordered
    )
    session.flush()
    answers = {}
    for mark in ordered:
        if mark.mark == "present":
            scan = Scan(
                ROLL_CALL,
                f"{call.public_id}.{mark.student.public_id}",
                DIRECTIONS[moment],
                "roll_call",
                mark.at or called_at,
            )
            answers[mark.student.id] = record_decided(
                session, student_id=mark.student.id, handle=occurrence.handle, scan=scan, now=now
            )
    students = {mark.student.id for mark in ordered}
    take_back_uncalled(session, occurrence=occurrence, student_ids=students, decided_by=called_by, now=now)
    ask_about_excess(session, occurrence=occurrence, asked_by=called_by, now=now)
    return Called(call, answers)


def _kept(answer: Answer) -> bool:
    """A departure that arrived before its arrival, or one of somebody void, counts once the other is there."""
    return answer.status == "not_checked_in" or answer.status == "held"


def _check(
    occurrence: Occurrence, moment: str, marks: Sequence[Mark], called_at: datetime, client_uid: str, now: datetime
) -> None:
    if moment not in DIRECTIONS or not 0 < len(client_uid) <= KEY_LENGTH:
        raise InvalidInput(_("请刷新页面后重新点名。"))
    if not marks or len({mark.student.id for mark in marks}) != len(marks):
        raise InvalidInput(_("请选择要点名的学生。"))
    if any(mark.mark not in ("present", "absent") for mark in marks):
        raise InvalidInput(_("请为每名学生选择“到”或“未到”。"))
    opens_at, leaves_at = occurrence.starts_at - OPENS_BEFORE, occurrence.ends_at + LEAVES_UNTIL
    for at in (called_at, *(mark.at for mark in marks if mark.at is not None)):
        if at > now:
            raise InvalidInput(_("点名时间还没到，请检查手机的时间。"))
        if not opens_at <= at <= leaves_at:
            raise InvalidInput(_("点名时间要在开始前 30 分钟到结束后 60 分钟之间。"))


def _store(
    session: Session,
    occurrence: Occurrence,
    school_class: SchoolClass,
    moment: str,
    called_by: User,
    called_at: datetime,
    client_uid: str,
    now: datetime,
) -> RollCall | None:
    """None when the call is new and now stored; else the one that has its key."""
    values = {
        "public_id": new_public_id(),
        "occurrence_id": occurrence.id,
        "class_id": school_class.id,
        "moment": moment,
        "called_by_id": called_by.id,
        "called_at": called_at,
        "received_at": now,
        "client_uid": client_uid,
    }
    connection = session.connection()
    insert = insert_into(connection.dialect.name)(RollCall.__table__).values(values)
    insert = insert.on_conflict_do_nothing(index_elements=["called_by_id", "client_uid"])
    if connection.scalar(insert.returning(RollCall.__table__.c.id)) is not None:
        return None
    key = {"called_by_id": called_by.id, "client_uid": client_uid}
    return session.scalars(select(RollCall).filter_by(**key).options(selectinload(RollCall.marks))).one()


def _is_same(
    known: RollCall,
    occurrence: Occurrence,
    school_class: SchoolClass,
    moment: str,
    marks: Sequence[Mark],
    called_at: datetime,
) -> bool:
    if (known.occurrence_id, known.class_id, known.moment) != (occurrence.id, school_class.id, moment):
        return False
    # A time that ran ahead of our clock was cut to the moment it arrived, so it may only be later the second time.
    if known.called_at != called_at and known.called_at != known.received_at:
        return False
    kept = {mark.student_id: (mark.mark, mark.at) for mark in known.marks}
    return kept == {mark.student.id: (mark.mark, mark.at) for mark in marks}
