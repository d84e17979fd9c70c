"""Who was there, as those may see it who lead: venue staff, a class's teachers, a school's science counselor.

Each list is fetched for a `Reach`: what the person asking may see at all. Venue staff get no names: a pupil is a
short number, a grade and a school to them (see docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.crediting import OPEN_WORKSHEETS, Credited, Present, asks_for_worksheet
from credit_app.attendance.facts import Happening
from credit_app.attendance.models import Attendance, Headcount, RollCall
from credit_app.attendance.queries import HAPPENING_COLUMNS, happening_of
from credit_app.attendance.reach import Reach, within_reach
from credit_app.attendance.stays import Presence
from credit_app.errors import NoRuleSet, NotFound
from credit_app.organisations.models import School, Venue
from credit_app.rule_books.queries import book_for, latest_stamp
from credit_app.schools.merges import is_merged
from credit_app.schools.models import Enrolment, SchoolClass, Student
from credit_app.schools.queries import holds_on

PRESENT_COLUMNS = (
    Attendance.id,
    Attendance.public_id,
    Attendance.state,
    Attendance.grade,
    Attendance.proof,
    Attendance.worksheet,
    Attendance.end_assumed,
    Attendance.first_in_at,
    Attendance.open_since_at,
    Attendance.last_out_at,
    Attendance.stayed_seconds,
)


def present_of(row: Row[*tuple[Any, ...]]) -> Present:
    """The attendance in a row that holds `PRESENT_COLUMNS`."""
    presence = Presence(row.first_in_at, row.open_since_at, row.last_out_at, row.stayed_seconds, row.proof)
    return Present(row.id, row.public_id, row.state, row.grade, row.worksheet, row.end_assumed, presence)


@dataclass(frozen=True, slots=True)
class Listed:
    """One pupil in an occurrence. `name` is empty for venue staff; `number` is what the pupil's own screen shows.

    `asks_for_worksheet` says that by the book of the day no credit comes without an approved worksheet.
    """

    attendance_id: int
    student_public_id: str
    name: str
    student_no: str
    school_name: str
    class_name: str
    present: Present
    to: Credited
    asks_for_worksheet: bool

    @property
    def participation(self) -> str:
        return self.present.participation

    @property
    def number(self) -> str:
        return arrival_number(self.participation)

    @property
    def awaits_review(self) -> bool:
        """The worksheet counts, and nobody has looked at it yet."""
        return self.asks_for_worksheet and self.present.worksheet in OPEN_WORKSHEETS


def arrival_number(participation: str) -> str:
    """The short number (到场编号) under which venue staff know a pupil in one occurrence: four characters."""
    return participation[:4].upper()


@dataclass(frozen=True, slots=True)
class OccurrenceList:
    """An occurrence and those of its pupils whom the reach covers, in order of school, class, number and name; those
    whose attendance has been voided stand apart."""

    public_id: str
    happening: Happening
    activity_status: str
    place: str  # the venue, or the school that offers it
    named: bool
    pupils: list[Listed]
    voided: list[Listed]
    was_called: bool  # a class was called there
    was_counted: bool  # heads were counted there

    def pupil(self, participation: str, *, voided: bool = False) -> Listed:
        """The pupil of this participation. Raises: NotFound when it is none of the list's, or in the other state."""
        for pupil in self.voided if voided else self.pupils:
            if pupil.participation == participation:
                return pupil
        raise NotFound

    @property
    def asks_for_worksheets(self) -> bool:
        return any(pupil.asks_for_worksheet for pupil in self.pupils)

    @property
    def awaiting_review(self) -> list[Listed]:
        return [pupil for pupil in self.pupils if pupil.awaits_review]


def occurrence_list(session: Session, *, public_id: str, reach: Reach) -> OccurrenceList:
    """The list of one occurrence within `reach`, in two statements.

    Raises: NotFound when the occurrence is neither the asker's own nor attended by a pupil of theirs.
    """
    head = session.execute(
        occurrences_with_place()
        .add_columns(
            Activity.status.label("activity_status"),
            Activity.venue_id,
            Activity.school_id,
            exists().where(RollCall.occurrence_id == Occurrence.id).label("was_called"),
            exists().where(Headcount.occurrence_id == Occurrence.id).label("was_counted"),
            latest_stamp(),
        )
        .where(Occurrence.public_id == public_id)
    ).one_or_none()
    if head is None:
        raise NotFound
    as_venue = head.venue_id is not None and head.venue_id in reach.venue_ids
    own = as_venue or (head.school_id is not None and head.school_id in reach.school_ids)
    happening = happening_of(head)
    query = _listing(happening)
    if not as_venue:
        query = query.where(within_reach(reach))
    rows = session.execute(query).all()
    if not rows and not own:
        raise NotFound
    stamp: int = head[-1]
    asking = districts_asking_for_worksheet(session, {row.district_id for row in rows}, happening, stamp)
    listed = [_listed(row, named=not as_venue, stamp=stamp, asking=row.district_id in asking) for row in rows]
    return OccurrenceList(
        public_id=public_id,
        happening=happening,
        activity_status=head.activity_status,
        place=head.place,
        named=not as_venue,
        pupils=[pupil for pupil in listed if pupil.present.state != "voided"],
        voided=[pupil for pupil in listed if pupil.present.state == "voided"],
        was_called=bool(head.was_called),
        was_counted=bool(head.was_counted),
    )


def locked_presence(session: Session, *, accounts: Mapping[int, str]) -> dict[int, Present]:
    """Attendance id → how it stands now, each locked until the transaction ends, in order of id.

    `accounts` names them, and says for each whose account it was seen under.

    A list was read some time ago: since then the pupil may have checked out, or another leader may have decided. One
    that a merge has moved to another pupil is left out.
    """
    rows = session.execute(
        select(*PRESENT_COLUMNS, Student.account_ref)
        .join(Student, Student.id == Attendance.student_id)
        .where(Attendance.id.in_(accounts))
        .order_by(Attendance.id)
        .with_for_update(key_share=True, of=Attendance)
    )
    return {row.id: present_of(row) for row in rows if row.account_ref == accounts[row.id]}


def districts_asking_for_worksheet(
    session: Session, district_ids: Iterable[int], happening: Happening, stamp: int
) -> set[int]:
    """Of these districts, those whose book of the day asks for a worksheet."""
    asking = set()
    for district_id in district_ids:
        try:
            book = book_for(session, district_id=district_id, day=happening.occurs_on, stamp=stamp)
        except NoRuleSet:
            continue
        if asks_for_worksheet(book, happening):
            asking.add(district_id)
    return asking


def occurrences_with_place() -> Select[*tuple[Any, ...]]:
    """`HAPPENING_COLUMNS`, and as ``place`` the name of the venue or of the school that offers it."""
    organiser = School.__table__.alias("organiser")
    return (
        select(*HAPPENING_COLUMNS, func.coalesce(Venue.name, organiser.c.name).label("place"))
        .join(Activity, Activity.id == Occurrence.activity_id)
        .outerjoin(Venue, Venue.id == Activity.venue_id)
        .outerjoin(organiser, organiser.c.id == Activity.school_id)
    )


def _listing(happening: Happening) -> Select[*tuple[Any, ...]]:
    return (
        select(
            *PRESENT_COLUMNS,
            Student.public_id.label("student_public_id"),
            Student.name,
            Student.student_no,
            Student.account_ref,
            School.name.label("school_name"),
            School.district_id,
            func.coalesce(SchoolClass.name, "").label("class_name"),
        )
        .select_from(Attendance)
        .join(Student, Student.id == Attendance.student_id)
        .outerjoin(Enrolment, enrolled_on(happening.occurs_on))
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .join(School, School.id == func.coalesce(Enrolment.school_id, Student.school_id))
        .where(
            Attendance.occurrence_id == happening.occurrence_id,
            ~is_merged(),  # whose attendances have moved, or were left behind void for good
            Student.account_ref.is_not(None),  # of an erased person only the ledger's pseudonym is left
        )
        .order_by(School.name, Attendance.grade, SchoolClass.name, Student.student_no, Student.sort_name, Student.id)
    )


def enrolled_on(day: Any) -> ColumnElement[bool]:
    """The `Enrolment` is the place that the `Student` had on that day."""
    return and_(Enrolment.student_id == Student.id, holds_on(Enrolment, day))


def _listed(row: Any, *, named: bool, stamp: int, asking: bool) -> Listed:
    return Listed(
        attendance_id=row.id,
        student_public_id=row.student_public_id if named else "",
        name=row.name if named else "",
        student_no=row.student_no if named else "",
        school_name=row.school_name,
        class_name=row.class_name if named else "",
        present=present_of(row),
        to=Credited(row.account_ref, row.district_id, stamp),
        asks_for_worksheet=asking,
    )
