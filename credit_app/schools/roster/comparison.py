"""What the parts of a comparison share: both sides, who matches whom, the day, and the plan that grows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from credit_app.schools.roster.matching import Matches
from credit_app.schools.roster.places import ONE_DAY, ImportDay
from credit_app.schools.roster.plan import Plan, Ref
from credit_app.schools.roster.present import PresentClass, PresentPlace, PresentSchool, PresentStudent, PresentUser
from credit_app.schools.roster.selecting import WantedSchool


@dataclass(slots=True)
class Comparison:
    """`gone_students` and `gone_users` are ids of those whom the roster no longer has: what they belong to ends too."""

    present: PresentSchool
    wanted: WantedSchool
    matches: Matches
    on: ImportDay
    plan: Plan
    gone_students: set[int] = field(default_factory=set)
    gone_users: set[int] = field(default_factory=set)
    class_by_id: dict[int, PresentClass] = field(init=False)
    student_by_id: dict[int, PresentStudent] = field(init=False)
    user_by_id: dict[int, PresentUser] = field(init=False)
    places_of: dict[int, list[PresentPlace]] = field(init=False)
    told_classes: set[int] = field(init=False)
    """Ids of the classes whose members the roster tells: not those entered by hand, of other years, or unread."""
    told_students: set[int] = field(init=False)
    told_users: set[int] = field(init=False)
    """Ids of those of whom the roster tells: not those entered by hand, nor those whose row could not be read."""

    def __post_init__(self) -> None:
        self.class_by_id = {group.id: group for group in self.present.classes}
        self.student_by_id = {student.id: student for student in self.present.students}
        self.user_by_id = {user.id: user for user in self.present.users}
        self.places_of = defaultdict(list)
        for place in self.present.places:
            self.places_of[place.student_id].append(place)
        unread = self.wanted.unread_people
        self.told_students = {student.id for student in self.matches.students.values()} | {
            student.id for student in self.present.students if student.source_id is not None
        } - {student.id for student in self.present.students if student.source_id in unread}
        self.told_users = {user.id for user in self.matches.users.values()} | {
            user.id for user in self.present.users if user.source_id is not None
        } - {user.id for user in self.present.users if user.source_id in unread}
        adopted = {group.id for group in self.matches.classes.values()}
        self.told_classes = {
            group.id
            for group in self.present.classes
            if self.wanted.knows_memberships
            and group.academic_year == self.on.academic_year
            and (group.source_id is not None or group.id in adopted)
            and group.source_id not in self.wanted.unread_classes
        }

    def open_place(self, student_id: int) -> PresentPlace | None:
        return next((place for place in self.places_of.get(student_id, ()) if place.ends_on is None), None)

    def class_name(self, ref: Ref | None) -> str:
        """The name of a class as it will be called; blank for no class."""
        group = self.class_by_id.get(ref) if isinstance(ref, int) else None
        source_id = group.source_id if group else ref
        if isinstance(source_id, str) and source_id in self.wanted.classes:
            return self.wanted.classes[source_id].name
        return group.name if group else ""

    def end_of(self, class_id: int, starts_on: date) -> date:
        """The last day of a membership or teaching that ends: of an earlier year's class, that year's last day."""
        if self.class_by_id[class_id].academic_year < self.on.academic_year:
            return max(self.on.year_starts_on - ONE_DAY, starts_on)
        return self.on.end_of(starts_on)

    def is_over(self, class_id: int) -> bool:
        """Whether the class was one of an earlier academic year."""
        return self.class_by_id[class_id].academic_year < self.on.academic_year
