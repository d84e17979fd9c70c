"""The held queue (待核实), as those see it who may answer: what waits, about whom, since when and until when.

Fetched for a `Reach`. Venue staff see a number, a grade and a school; teachers and counselors their own pupils.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.lists import arrival_number, enrolled_on
from credit_app.attendance.models import Attendance, Headcount, Hold, RollCall
from credit_app.attendance.reach import Reach, classes_within, pupils_within, within_reach
from credit_app.errors import NotFound
from credit_app.organisations.models import School, Venue
from credit_app.schools.models import Enrolment, SchoolClass, Student, StudentMerge

DECIDED_SHOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Question:
    """One hold with what the asker may see of its pupil; of a headcount there is none."""

    hold: Hold
    title: str
    place: str
    name: str
    student_no: str
    class_name: str
    grade: int | None
    school_name: str
    number: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class AssumedEnds:
    """An occurrence, and how many pupils within the reach have an end that nobody has confirmed."""

    public_id: str
    title: str
    place: str
    occurs_on: date
    pupils: int


def questions(
    session: Session, *, reach: Reach, limit: int, offset: int = 0, occurrence_id: int | None = None
) -> list[Question]:
    """Open questions that the reach may answer, by the day they want an answer: overdue ones stand first."""
    query = _questions(reach).where(Hold.state == "open").order_by(Hold.due_on, Hold.kind, Hold.id)
    if occurrence_id is not None:
        query = query.where(Hold.occurrence_id == occurrence_id)
    return [_question(row, reach) for row in session.execute(query.limit(limit).offset(offset))]


def question(session: Session, *, public_id: str, reach: Reach) -> Question:
    """The question, open or decided. Raises: NotFound when it is not the reach's to answer."""
    row = session.execute(_questions(reach).where(Hold.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound
    return _question(row, reach)


def open_questions(session: Session, *, reach: Reach) -> tuple[int, int]:
    """(how many wait, how many of them are overdue)."""
    asked = {
        "day": reach.day,
        "venue_ids": list(reach.venue_ids),
        "school_ids": list(reach.school_ids),
        "teacher_id": reach.teacher_id or 0,
    }
    row = session.connection().execute(_open_questions(), asked).one()
    return row[0], row[1]


@cache
def _open_questions() -> Any:
    # Built once: it stands in the navigation of every page, and composing it costs five times what it does to ask it.
    anybody: Any = {
        "day": bindparam("day", type_=Hold.due_on.type),
        "venue_ids": bindparam("venue_ids", expanding=True),
        "school_ids": bindparam("school_ids", expanding=True),
        "teacher_id": bindparam("teacher_id"),
    }
    reach = Reach(**anybody)
    return (
        select(func.count(), func.count().filter(Hold.due_on < reach.day))
        .select_from(Hold)
        .join(Occurrence, Occurrence.id == Hold.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .where(Hold.state == "open", _may_answer(reach))
    )


def assumed_ends(session: Session, *, reach: Reach, since: date, limit: int = 50) -> list[AssumedEnds]:
    """Occurrences from `since` on with ends that were assumed at closing, oldest first: they have waited longest."""
    organiser = aliased(School)
    rows = session.execute(
        select(
            Occurrence.public_id,
            Activity.title,
            func.coalesce(Venue.name, organiser.name),
            Occurrence.occurs_on,
            func.count(),
        )
        .select_from(Attendance)
        .join(Occurrence, Occurrence.id == Attendance.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .outerjoin(organiser, organiser.id == Activity.school_id)
        .where(
            Attendance.end_assumed,
            Attendance.state == "present",
            Attendance.attended_on >= since,
            or_(Activity.venue_id.in_(reach.venue_ids), within_reach(reach)),
        )
        .group_by(Occurrence.id, Activity.title, Venue.name, organiser.name)
        .order_by(Occurrence.occurs_on, Occurrence.id)
        .limit(limit)
    )
    return [AssumedEnds(*row) for row in rows]


def questions_of_pupil(session: Session, *, student_id: int, day: date) -> Sequence[Hold]:
    """What waits for a person about this pupil, and what was decided in the last thirty days; newest first.

    A signal is not among it: nothing of the pupil's waits for its answer, and it asks others.
    """
    return session.scalars(
        select(Hold)
        .where(
            Hold.student_id == student_id,
            Hold.kind.in_(("scan", "late_entry")),
            or_(Hold.state == "open", Hold.due_on >= day - DECIDED_SHOWN),
        )
        .options(joinedload(Hold.occurrence).joinedload(Occurrence.activity))
        .order_by(Hold.id.desc())
        .limit(20)
    ).all()


def _questions(reach: Reach) -> Any:
    organiser, own = aliased(School), aliased(School)
    return (
        select(
            Hold,
            Activity.title,
            func.coalesce(Venue.name, organiser.name).label("place"),
            Student.name,
            Student.student_no,
            SchoolClass.name.label("class_name"),
            Enrolment.grade,
            own.name.label("school_name"),
            Attendance.public_id.label("participation"),
        )
        .select_from(Hold)
        .join(Occurrence, Occurrence.id == Hold.occurrence_id)
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .outerjoin(organiser, organiser.id == Activity.school_id)
        .outerjoin(Headcount, Headcount.id == Hold.headcount_id)
        .outerjoin(Student, Student.id == Hold.student_id)
        .outerjoin(Enrolment, enrolled_on(Occurrence.occurs_on))
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .outerjoin(own, own.id == func.coalesce(Enrolment.school_id, Student.school_id, Headcount.school_id))
        .outerjoin(
            Attendance,
            and_(Attendance.student_id == Hold.student_id, Attendance.occurrence_id == Hold.occurrence_id),
        )
        .where(_may_answer(reach))
        .options(
            joinedload(Hold.occurrence), joinedload(Hold.scan), joinedload(Hold.raised_by), joinedload(Hold.decided_by)
        )
    )


def _may_answer(reach: Reach) -> ColumnElement[bool]:
    """A venue's staff, for what took place there; a pupil's teachers and counselor; of a headcount those whose classes
    were called. Of a duplicate that has been merged, and of an erased pupil, there is nothing to ask any more."""
    asks_leaders = and_(Hold.kind == "headcount", _called_classes(reach))
    pupil = aliased(Student)  # of its own: the statement around it may read pupils too
    merged = exists().where(StudentMerge.from_student_id == pupil.id)
    living = exists().where(pupil.id == Hold.student_id, pupil.account_ref.is_not(None), ~merged)
    of_venue = and_(Hold.kind != "headcount", Activity.venue_id.in_(reach.venue_ids), living)
    return or_(of_venue, and_(Hold.student_id.in_(pupils_within(reach)), living), asks_leaders)


def _called_classes(reach: Reach) -> ColumnElement[bool]:
    count, called = aliased(Headcount), aliased(SchoolClass)
    return exists().where(
        RollCall.occurrence_id == Hold.occurrence_id,
        RollCall.class_id.in_(classes_within(reach)),
        called.id == RollCall.class_id,
        count.id == Hold.headcount_id,
        or_(count.school_id.is_(None), count.school_id == called.school_id),
    )


def _question(row: Any, reach: Reach) -> Question:
    hold: Hold = row[0]
    named = not reach.venue_ids and hold.student_id is not None
    return Question(
        hold=hold,
        title=row.title,
        place=row.place,
        name=row.name if named else "",
        student_no=row.student_no if named else "",
        class_name=(row.class_name or "") if named else "",
        grade=row.grade,
        school_name=row.school_name or "",
        number=arrival_number(row.participation) if row.participation else "",
        overdue=hold.state == "open" and hold.due_on < reach.day,
    )
