"""Leading a class through an occurrence: where it may be called, whom to call, and what the calls have found so far."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.marks import NewestMark, newest_marks
from credit_app.attendance.models import Attendance, RollCall
from credit_app.attendance.reach import Reach, classes_within
from credit_app.errors import NotFound
from credit_app.organisations.models import School
from credit_app.schools.models import SchoolClass, Student

NEAR = timedelta(hours=12)
LISTED = 40


@dataclass(frozen=True, slots=True)
class Callee:
    """One pupil to call: what the newest calls found, and the pupil's attendance, if a scan or a call made one."""

    student: Student
    marks: dict[str, NewestMark]  # by moment
    attendance: Attendance | None

    @property
    def counts(self) -> bool:
        return self.attendance is not None and self.attendance.state == "present"

    @property
    def is_inside(self) -> bool:
        return self.counts and self.attendance is not None and self.attendance.open_since_at is not None

    @property
    def is_absent(self) -> bool:
        """Called at arrival and not there, and nothing else has found the pupil: 未到."""
        mark = self.marks.get("arrival")
        return mark is not None and mark.mark == "absent" and not self.counts


@dataclass(frozen=True, slots=True)
class ClassCalled:
    """How a class stands at an occurrence where it was called; `absent` are the no-shows, in list order."""

    school_class: SchoolClass
    called_at: dict[str, datetime]  # by moment, of the newest call
    present: dict[str, int]
    absent: list[Student]


def occurrences_to_call(session: Session, *, schools: Sequence[School], now: datetime) -> list[Occurrence]:
    """Published occurrences of around `now` that pupils of these schools may go to: their own, and those of venues of
    their districts; those that are on come first."""
    found = session.scalars(
        select(Occurrence)
        .join(Occurrence.activity)
        .where(
            Occurrence.starts_at < now + NEAR,
            Occurrence.ends_at > now - NEAR,
            Occurrence.status != "cancelled",
            Activity.status == "published",
            _open_to([school.id for school in schools]),
            Activity.district_id.in_([school.district_id for school in schools]),
        )
        .options(contains_eager(Occurrence.activity).joinedload(Activity.venue))
        .order_by(Occurrence.starts_at, Occurrence.id)
        .limit(LISTED)
    ).all()
    return sorted(found, key=lambda each: not each.starts_at - timedelta(hours=1) <= now <= each.ends_at)


def occurrence_to_lead(session: Session, *, public_id: str, school_ids: Collection[int]) -> Occurrence:
    """The occurrence, of a venue or of one of these schools. Raises: NotFound when it was never published to them."""
    found = session.scalar(
        select(Occurrence)
        .join(Occurrence.activity)
        .where(
            Occurrence.public_id == public_id,
            Activity.status.in_(("published", "withdrawn")),
            _open_to(school_ids),
        )
        .options(
            contains_eager(Occurrence.activity).joinedload(Activity.venue),
            contains_eager(Occurrence.activity).joinedload(Activity.school),
        )
    )
    if found is None:
        raise NotFound
    return found


def callees(session: Session, *, occurrence: Occurrence, students: Sequence[Student]) -> list[Callee]:
    """These pupils with what is known of them there, in the order given; two statements."""
    ids = [student.id for student in students]
    marks = newest_marks(session, occurrence_id=occurrence.id, student_ids=ids)
    query = select(Attendance).where(Attendance.occurrence_id == occurrence.id, Attendance.student_id.in_(ids))
    attendances = {each.student_id: each for each in session.scalars(query)}
    return [
        Callee(
            student,
            {moment: marks[student.id, moment] for moment in ("arrival", "departure") if (student.id, moment) in marks},
            attendances.get(student.id),
        )
        for student in students
    ]


def classes_called(session: Session, *, occurrence_id: int, reach: Reach | None) -> list[ClassCalled]:
    """The classes that were called there, those within `reach` (None: all of them), in order of school and name."""
    query = (
        select(RollCall)
        .where(RollCall.occurrence_id == occurrence_id)
        .order_by(RollCall.called_at, RollCall.id)
        .options(joinedload(RollCall.school_class).joinedload(SchoolClass.school))
    )
    if reach is not None:
        query = query.where(RollCall.class_id.in_(classes_within(reach)))
    calls = session.scalars(query).all()
    if not calls:
        return []
    marks = newest_marks(session, occurrence_id=occurrence_id).values()
    present = set(
        session.scalars(select(Attendance.student_id).filter_by(occurrence_id=occurrence_id, state="present"))
    )
    gone = {each.student_id for each in marks if (each.moment, each.mark) == ("arrival", "absent")} - present
    students = {each.id: each for each in session.scalars(select(Student).where(Student.id.in_(gone)))}
    found: dict[int, ClassCalled] = {}
    for call in calls:
        line = found.setdefault(call.class_id, ClassCalled(call.school_class, {}, {}, []))
        line.called_at[call.moment] = call.called_at
    for each in marks:
        called = found.get(each.class_id)
        if called is not None and each.mark == "present":
            called.present[each.moment] = called.present.get(each.moment, 0) + 1
        elif called is not None and each.moment == "arrival" and each.student_id in students:
            called.absent.append(students[each.student_id])
    for line in found.values():
        line.absent.sort(key=lambda student: (student.student_no, student.sort_name, student.id))
    return sorted(found.values(), key=lambda line: (line.school_class.school.name, line.school_class.name))


def _open_to(school_ids: Collection[int]) -> ColumnElement[bool]:
    return or_(Activity.venue_id.is_not(None), Activity.school_id.in_(school_ids))
