"""Importing made-up rosters into a school, and looking at what then stands there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from credit_app.organisations.actions import create_district, create_school
from credit_app.organisations.models import School
from credit_app.people.models import User
from credit_app.schools.models import Enrolment, GroupMember, RosterImport, SchoolClass, Student, Teaching
from credit_app.schools.roster.choices import Choices
from credit_app.schools.roster.plan import Plan
from credit_app.schools.roster.previewing import Preview, apply_preview, preview
from credit_app.schools.roster.source import open_bytes
from tests.schools.roster_set import RosterSet
from tests.statements import count_statements

AUTUMN = datetime(2026, 10, 17, 1, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)

_numbers = count(1)


def new_school(session: Session, code: str = "haitian", name: str = "海天学校") -> School:
    district = create_district(session, code=f"d{next(_numbers)}", name="南山区")
    school = create_school(session, district=district, code=code, name=name)
    session.commit()
    return school


def look(session: Session, school: School, roster: RosterSet, *, now: datetime = AUTUMN, **choices: Any) -> Preview:
    files = open_bytes(roster.zip(), name="roster.zip")
    return preview(session, school_id=school.id, files=files, choices=Choices(**choices), now=now)


def bring(
    session: Session,
    school: School,
    roster: RosterSet,
    *,
    now: datetime = AUTUMN,
    confirmed: bool = False,
    **choices: Any,
) -> Plan:
    """The roster is imported; the plan that was carried out."""
    now += timedelta(microseconds=next(_numbers))  # no two imports are at one instant
    found = look(session, school, roster, now=now, **choices)
    apply_preview(session, preview=found, applied_by_id=None, removals_confirmed=confirmed, now=now)
    session.commit()
    return found.plan


def student(session: Session, source_id: str) -> Student:
    return session.scalars(select(Student).filter_by(source_id=source_id)).one()


def user(session: Session, source_id: str) -> User:
    return session.scalars(select(User).filter_by(source_id=source_id)).one()


def class_named(session: Session, source_id: str) -> SchoolClass:
    return session.scalars(select(SchoolClass).filter_by(source_id=source_id)).one()


def imports(session: Session) -> list[RosterImport]:
    return list(session.scalars(select(RosterImport).order_by(RosterImport.id)))


@dataclass(frozen=True)
class Place:
    """A place as a person would say it."""

    grade: int
    school_class: str | None
    joined_on: str
    starts_on: str
    ends_on: str | None


def places(session: Session, source_id: str) -> list[Place]:
    """The places of a pupil, in the order of time."""
    rows = session.execute(
        select(Enrolment, SchoolClass.name)
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Enrolment.student_id == student(session, source_id).id)
        .order_by(Enrolment.starts_on)
    )
    return [
        Place(e.grade, name, str(e.joined_on), str(e.starts_on), str(e.ends_on) if e.ends_on else None)
        for e, name in rows
    ]


def standing(session: Session, school: School) -> dict[str, tuple[int, str | None, frozenset[str]]]:
    """By pupil's sourcedId: grade, class and teaching groups of today."""
    groups: dict[int, set[str]] = {}
    for student_id, name in session.execute(
        select(GroupMember.student_id, SchoolClass.name)
        .join(SchoolClass, SchoolClass.id == GroupMember.class_id)
        .where(GroupMember.ends_on.is_(None))
    ):
        groups.setdefault(student_id, set()).add(name)
    rows = session.execute(
        select(Student.id, Student.source_id, Enrolment.grade, SchoolClass.name)
        .join(Enrolment, Enrolment.student_id == Student.id)
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(Student.school_id == school.id, Enrolment.ends_on.is_(None))
    )
    return {
        source_id or "": (grade, name, frozenset(groups.get(student_id, ())))
        for student_id, source_id, grade, name in rows
    }


def teaching(session: Session) -> set[tuple[str, str, str]]:
    """(class, teacher, kind) of today."""
    rows = session.execute(
        select(SchoolClass.name, User.display_name, Teaching.kind)
        .join(SchoolClass, SchoolClass.id == Teaching.class_id)
        .join(User, User.id == Teaching.user_id)
        .where(Teaching.ends_on.is_(None))
    )
    return {(name, who, kind) for name, who, kind in rows}


@contextmanager
def no_writes(engine: Engine) -> Iterator[None]:
    """Within the block nothing is inserted, updated or deleted."""
    with count_statements(engine) as seen:
        yield
    assert [statement for statement in seen if not statement.lstrip().upper().startswith("SELECT")] == []
