"""A roll-call as it is sent: by the page's form, or by its script when the network is there again; one way for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from credit_app import clock
from credit_app.activities.models import Occurrence
from credit_app.attendance.leading import occurrence_to_lead
from credit_app.attendance.roll_calls import Called, Mark, OtherContent, call_roll
from credit_app.errors import InvalidInput
from credit_app.extensions import db
from credit_app.faces.guards import entered_as, this_user
from credit_app.organisations.models import School
from credit_app.rules.calendar import LOCAL
from credit_app.schools.models import SchoolClass, Student
from credit_app.schools.queries import class_for, students_of_class

__all__ = ["MOST_MARKS", "OtherContent", "called_json", "calling_schools", "received", "to_call"]

MOST_MARKS = 120  # pupils of one call: they share a transaction, and on SQLite the door waits for it
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def calling_schools() -> list[School]:
    """The schools whose teacher or counselor the visitor is today."""
    schools = {role.school.id: role.school for role in entered_as("teacher", "science_counselor") if role.school}
    return list(schools.values())


def to_call(occurrence_id: str, class_id: str) -> tuple[Occurrence, SchoolClass, list[Student]]:
    """The occurrence, the class and its pupils on that day. Raises: NotFound when one of them is not the visitor's."""
    schools = [school.id for school in calling_schools()]
    occurrence = occurrence_to_lead(db.session, public_id=occurrence_id, school_ids=schools)
    school_class = class_for(db.session, user=this_user(), public_id=class_id, day=clock.today())
    students = students_of_class(db.session, school_class=school_class, day=occurrence.occurs_on)
    return occurrence, school_class, students


def received(
    occurrence: Occurrence,
    school_class: SchoolClass,
    students: Sequence[Student],
    *,
    moment: str,
    marks: Sequence[tuple[str, str, datetime | None]],
    called_at: datetime,
    client_uid: str,
) -> Called:
    """The call has been recorded and committed. Raises: InvalidInput for a pupil who is not of the class."""
    known = {student.public_id: student for student in students}
    if len(marks) > MOST_MARKS or any(public_id not in known for public_id, _mark, _at in marks):
        raise InvalidInput(_("名单已经变化，请刷新页面后重新点名。"))
    called = call_roll(
        db.session,
        occurrence=occurrence,
        school_class=school_class,
        moment=moment,
        marks=[Mark(known[public_id], mark, at) for public_id, mark, at in marks],
        called_by=this_user(),
        called_at=called_at,
        client_uid=client_uid,
        now=clock.now(),
    )
    db.session.commit()
    return called


def called_json(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What the script sent, as `received` takes it. Raises: InvalidInput when it cannot be a call."""
    try:
        marks = [(str(public_id), str(mark), _instant(at)) for public_id, mark, at in raw["marks"]]
        called_at = _instant(raw["called_ms"])
        if called_at is None:
            raise ValueError("a call has a time")
        return {
            "moment": str(raw["moment"]),
            "marks": marks,
            "called_at": called_at,
            "client_uid": str(raw["client_uid"]),
        }
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InvalidInput(_("这次点名的内容不完整，请重新点名。")) from None


def at_on(occurrence: Occurrence, written: str) -> datetime | None:
    """``13:20`` on the wall on the occurrence's day; None where nothing is written. Raises: InvalidInput."""
    if not written.strip():
        return None
    try:
        hour, minute = (int(part) for part in written.strip().split(":")[:2])
        wall = datetime.combine(occurrence.occurs_on, datetime.min.time(), LOCAL)
        return wall.replace(hour=hour, minute=minute).astimezone(UTC)
    except ValueError:
        raise InvalidInput(_("请把时间写成 13:20 这样。")) from None


def _instant(milliseconds: Any) -> datetime | None:
    return None if milliseconds is None else EPOCH + timedelta(milliseconds=int(milliseconds))
