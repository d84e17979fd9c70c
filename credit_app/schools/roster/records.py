"""The rows of a roster as typed values. `line` is where a row began in its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from credit_app.schools.roster.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class OrgRecord:
    source_id: str
    name: str
    type: str
    identifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRecord:
    source_id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRecord:
    source_id: str
    title: str
    grades: tuple[int, ...]
    course_id: str
    is_homeroom: bool
    school_id: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """A row of ``users.csv`` that is a pupil's or staff's. `grade` is the first one given, None when there is none."""

    source_id: str
    is_student: bool
    is_enabled: bool
    org_ids: tuple[str, ...]
    username: str
    name: str
    student_no: str
    registry_no: str
    grade: int | None
    line: int


class MembershipRecord(NamedTuple):
    """A row of ``enrollments.csv``: a pupil in a class, or a teacher of it."""

    class_id: str
    person_id: str
    school_id: str
    is_student: bool
    is_primary: bool
    begins_on: date | None
    ends_on: date | None
    line: int


@dataclass(slots=True, kw_only=True)
class Roster:
    """A roster as read. A table is None when the manifest calls it absent: then nothing is said about its things.

    `unread_people` and `unread_classes` are the sourcedIds of rows that could not be read: whoever they are, they are
    not gone. `dropped` are those whose row says that they are gone.
    """

    name: str
    orgs: list[OrgRecord] | None = None
    session_starts: frozenset[date] = frozenset()
    courses: list[CourseRecord] | None = None
    classes: list[ClassRecord] | None = None
    people: list[PersonRecord] = field(default_factory=list)
    memberships: list[MembershipRecord] | None = None
    problems: list[Problem] = field(default_factory=list)
    unread_people: set[str] = field(default_factory=set)
    unread_classes: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    other_people: set[str] = field(default_factory=set)
    """Guardians, parents and others whom the roster names and the school's lists do not."""
