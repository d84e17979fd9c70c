"""Headcounts (清点): venue staff count heads, and what they counted is laid beside what the leaders called.

Equal is fine; fewer called than counted is told. More called than counted asks the leader about the excess only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from credit_app.activities.models import Occurrence
from credit_app.attendance.admission import OPENS_BEFORE
from credit_app.attendance.holding import raise_hold
from credit_app.attendance.marks import NewestMark, newest_marks
from credit_app.attendance.models import Attendance, Headcount, Hold
from credit_app.errors import InvalidInput
from credit_app.keys import new_public_id
from credit_app.organisations.models import School
from credit_app.people.models import User
from credit_app.schools.models import Student
from credit_app.storage import insert_into

MOST_HEADS = 5000
MOMENTS = ("arrival", "departure")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One count beside the calls of the same moment and group; `school` None: of everybody."""

    count: Headcount
    school: School | None
    called: int

    @property
    def excess(self) -> int:
        """How many more were called than counted; negative when fewer were."""
        return self.called - self.count.heads


def count_heads(
    session: Session,
    *,
    occurrence: Occurrence,
    school: School | None,
    moment: str,
    heads: int,
    counted_by: User,
    client_uid: str,
    now: datetime,
) -> None:
    """The count stands, and if the leaders called more the question is asked. The same form again changes nothing.

    Raises: InvalidInput for a number nobody can count, or before the doors open.
    """
    if moment not in MOMENTS or not client_uid:
        raise InvalidInput(_("请选择到场或离场。"), field="moment")
    if not 0 <= heads <= MOST_HEADS:
        raise InvalidInput(_("请填写 0 到 %(most)s 之间的人数。", most=MOST_HEADS), field="heads")
    if now < occurrence.starts_at - OPENS_BEFORE:
        raise InvalidInput(_("还没到签到时间，开始前 30 分钟起可以清点。"))
    values = {
        "public_id": new_public_id(),
        "occurrence_id": occurrence.id,
        "school_id": school.id if school else None,
        "moment": moment,
        "heads": heads,
        "counted_by_id": counted_by.id,
        "counted_at": now,
        "client_uid": client_uid,
    }
    connection = session.connection()
    insert = insert_into(connection.dialect.name)(Headcount.__table__).values(values)
    connection.execute(insert.on_conflict_do_nothing(index_elements=["counted_by_id", "client_uid"]))
    ask_about_excess(session, occurrence=occurrence, asked_by=counted_by, now=now)


def reconciled(session: Session, *, occurrence_id: int) -> list[Reconciled]:
    """The newest count of each moment and group, beside the calls as they hold now; arrivals first, everybody last."""
    counts = session.scalars(
        select(Headcount)
        .where(Headcount.occurrence_id == occurrence_id)
        .order_by(Headcount.counted_at, Headcount.id)
        .options(joinedload(Headcount.counted_by))
    ).all()
    if not counts:
        return []
    newest = {(count.moment, count.school_id): count for count in counts}
    called = _called(standing_marks(session, occurrence_id=occurrence_id))
    schools = {
        each.id: each for each in session.scalars(select(School).where(School.id.in_([key[1] for key in newest])))
    }
    found = [
        Reconciled(count, schools.get(school_id) if school_id else None, called[moment, school_id])
        for (moment, school_id), count in newest.items()
    ]
    return sorted(
        found, key=lambda each: (each.count.moment, each.school is None, each.school.name if each.school else "")
    )


def ask_about_excess(session: Session, *, occurrence: Occurrence, asked_by: User, now: datetime) -> None:
    """For each newest count that is exceeded by the calls the question stands; one that has become moot is closed.

    Asked after each count and after each call, so that it does not matter which of the two arrives first.
    """
    standing = reconciled(session, occurrence_id=occurrence.id)
    exceeded = {each.count.id for each in standing if each.excess > 0}
    # Nobody is called who was not: without a call there is nothing to ask about.
    for each in standing:
        if each.excess > 0:
            raise_hold(
                session,
                kind="headcount",
                key=f"headcount.{each.count.public_id}",
                reason="fewer_counted",
                occurrence_id=occurrence.id,
                headcount_id=each.count.id,
                evidence={
                    "called": each.called,
                    "counted": each.count.heads,
                    "moment": each.count.moment,
                    "school": each.school.public_id if each.school else None,
                },
                now=now,
            )
    moot = update(Hold).where(
        Hold.occurrence_id == occurrence.id,
        Hold.kind == "headcount",
        Hold.state == "open",
        Hold.headcount_id.not_in(exceeded),
    )
    words = _("点名与清点的人数已经一致。")
    session.execute(
        moot.values(state="accepted", decided_by_id=asked_by.id, decided_at=now, words=words).execution_options(
            synchronize_session=False
        )
    )


def standing_marks(session: Session, *, occurrence_id: int) -> list[NewestMark]:
    """The marks that hold, without those of pupils whose attendance has been taken out of account."""
    void = set(session.scalars(select(Attendance.student_id).filter_by(occurrence_id=occurrence_id, state="voided")))
    newest = newest_marks(session, occurrence_id=occurrence_id)
    return [each for each in newest.values() if each.student_id not in void]


def schools_at(session: Session, *, occurrence_id: int) -> list[School]:
    """The schools whose pupils have been called or have come, for counting a group."""
    called = {each.school_id for each in newest_marks(session, occurrence_id=occurrence_id).values()}
    came = select(Student.school_id).join(Attendance).where(Attendance.occurrence_id == occurrence_id)
    return list(
        session.scalars(select(School).where(School.id.in_(came) | School.id.in_(called)).order_by(School.name))
    )


def called_present(
    marks: Iterable[NewestMark], *, moment: str, school_id: int | None, class_ids: Collection[int] | None = None
) -> list[int]:
    """The ids of the pupils whom the calls of that moment and group found."""
    return [
        each.student_id
        for each in marks
        if (each.moment, each.mark) == (moment, "present")
        and school_id in (None, each.school_id)
        and (class_ids is None or each.class_id in class_ids)
    ]


def _called(marks: Iterable[NewestMark]) -> Counter[tuple[str, int | None]]:
    called: Counter[tuple[str, int | None]] = Counter()
    for each in marks:
        if each.mark == "present":
            called[each.moment, each.school_id] += 1
            called[each.moment, None] += 1
    return called
