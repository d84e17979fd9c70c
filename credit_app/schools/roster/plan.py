"""What an import would change: the rows to write, and what to tell about them.

A `Ref` is the id of a row that stands, or the sourcedId of one that the same plan creates.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from datetime import date
from typing import NamedTuple

from credit_app.schools.roster.problems import Problem
from credit_app.schools.roster.selecting import CourseKind

Ref = int | str
MOST_WITHOUT_ASKING = 5
"""One in five: above that share of removals somebody has to confirm them."""


class ClassRow(NamedTuple):
    source_id: str
    kind: str
    grade: int | None
    name: str
    course_source_id: str | None
    course_title: str
    is_active: bool


class UserRow(NamedTuple):
    source_id: str
    login_name: str
    display_name: str
    is_active: bool


class StudentRow(NamedTuple):
    source_id: str
    user: Ref | None
    name: str
    sort_name: str
    student_no: str
    registry_digest: str | None
    registry_last4: str


class PlaceRow(NamedTuple):
    student: Ref
    grade: int
    school_class: Ref | None
    joined_on: date
    starts_on: date


class PlaceEdit(NamedTuple):
    """A place that goes on, with this grade and class."""

    id: int
    grade: int
    school_class: Ref | None


class Ending(NamedTuple):
    id: int
    ends_on: date


class TeachingRow(NamedTuple):
    school_class: Ref
    user: Ref
    kind: str


@dataclass(slots=True, kw_only=True)
class Steps:
    """The rows to write, in the order in which they are written. `class_closings` are ids of classes that are gone."""

    school: tuple[str, str | None] | None = None
    """sourcedId of the school, and the course whose groups stand for the class; None when both stay."""
    new_classes: list[ClassRow] = field(default_factory=list)
    class_edits: list[tuple[int, ClassRow]] = field(default_factory=list)
    class_closings: list[int] = field(default_factory=list)
    user_edits: list[tuple[int, UserRow]] = field(default_factory=list)
    new_users: list[UserRow] = field(default_factory=list)
    role_endings: list[Ending] = field(default_factory=list)
    new_roles: list[tuple[Ref, str]] = field(default_factory=list)
    student_edits: list[tuple[int, StudentRow]] = field(default_factory=list)
    new_students: list[StudentRow] = field(default_factory=list)
    place_endings: list[Ending] = field(default_factory=list)
    place_edits: list[PlaceEdit] = field(default_factory=list)
    new_places: list[PlaceRow] = field(default_factory=list)
    member_endings: list[Ending] = field(default_factory=list)
    new_members: list[tuple[Ref, Ref]] = field(default_factory=list)
    teaching_endings: list[Ending] = field(default_factory=list)
    teaching_edits: list[tuple[int, str]] = field(default_factory=list)
    new_teachings: list[TeachingRow] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, step.name) for step in fields(self))


class Line(NamedTuple):
    """One thing of the preview. `changes` are (field, before, after)."""

    name: str
    detail: str
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass(slots=True, kw_only=True)
class Sorted:
    """The things of one sort: pupils, classes, staff. `back` are pupils who had left and return."""

    new: list[Line] = field(default_factory=list)
    changed: list[Line] = field(default_factory=list)
    back: list[Line] = field(default_factory=list)
    gone: list[Line] = field(default_factory=list)
    same: int = 0

    def counts(self) -> dict[str, int]:
        return {
            "new": len(self.new),
            "changed": len(self.changed),
            "back": len(self.back),
            "gone": len(self.gone),
            "same": self.same,
        }


@dataclass(frozen=True, slots=True)
class Removals:
    """How many of those who stand would be removed. `kind`: ``pupils`` leave, ``staff`` leave, pupils lose their
    ``class``."""

    kind: str
    removed: int
    standing: int

    @property
    def needs_asking(self) -> bool:
        return self.removed * MOST_WITHOUT_ASKING > self.standing

    @property
    def percent(self) -> int:
        return self.removed * 100 // self.standing if self.standing else 0


@dataclass(slots=True, kw_only=True)
class Plan:
    """All of it: `steps` to write, and what the reader is told."""

    academic_year: str
    today: date
    org_id: str
    org_name: str
    class_course: str | None
    has_homerooms: bool
    course_kinds: list[CourseKind]
    steps: Steps = field(default_factory=Steps)
    pupils: Sorted = field(default_factory=Sorted)
    classes: Sorted = field(default_factory=Sorted)
    staff: Sorted = field(default_factory=Sorted)
    left_out: list[Line] = field(default_factory=list)
    removals: list[Removals] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True when the school already is as the roster says."""
        return self.steps.is_empty

    @property
    def to_confirm(self) -> list[Removals]:
        """The removals above one in five, which somebody has to confirm."""
        return [removals for removals in self.removals if removals.needs_asking]

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.level == "error"]

    @property
    def notices(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.level == "notice"]

    def digest(self) -> str:
        """Equal for plans that write the same and show the same: what somebody has seen is what is applied."""
        shown = (self.pupils, self.classes, self.staff)
        return hashlib.sha256(repr((self.steps, shown)).encode()).hexdigest()
