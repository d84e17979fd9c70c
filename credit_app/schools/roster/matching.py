"""Who and what of a roster stands in the school already. Pure.

By sourcedId first. What was entered by hand has none; it is taken for the same, and gets the sourcedId, only when it
plainly is: a class of the same kind, grade and name, a pupil of the same student number and name, a user of the same
user name and name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from credit_app.schools.roster.plan import Ref
from credit_app.schools.roster.present import PresentClass, PresentSchool, PresentStudent, PresentUser
from credit_app.schools.roster.selecting import WantedSchool

P = TypeVar("P", PresentClass, PresentStudent, PresentUser)
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Matches:
    """What stands already, by sourcedId of the roster."""

    classes: Mapping[str, PresentClass]
    students: Mapping[str, PresentStudent]
    users: Mapping[str, PresentUser]

    def school_class(self, source_id: str) -> Ref:
        found = self.classes.get(source_id)
        return found.id if found else source_id

    def student(self, source_id: str) -> Ref:
        found = self.students.get(source_id)
        return found.id if found else source_id

    def user(self, source_id: str) -> Ref:
        found = self.users.get(source_id)
        return found.id if found else source_id


def match(present: PresentSchool, wanted: WantedSchool) -> Matches:
    """What of `wanted` stands already in `present`."""
    of_year = [group for group in present.classes if group.academic_year == present.academic_year]
    classes = _matched(
        of_year,
        wanted.classes,
        by_hand=lambda group: (group.kind, group.grade, group.name) if group.is_active else None,
        same=lambda group: (group.kind, group.grade, group.name),
    )
    students = _matched(
        present.students,
        wanted.pupils,
        by_hand=lambda student: (student.student_no, student.name) if student.student_no else None,
        same=lambda pupil: (pupil.person.student_no, pupil.person.name),
    )
    people = {source_id: pupil.person for source_id, pupil in wanted.pupils.items()} | wanted.staff
    users = _matched(
        present.users,
        {source_id: person for source_id, person in people.items() if person.username},
        by_hand=lambda user: (user.login_name, user.display_name),
        same=lambda person: (person.username, person.name),
    )
    return Matches(classes, students, _with_users_of_pupils(users, students, present))


def _matched(
    present: Iterable[P],
    wanted: Mapping[str, W],
    *,
    by_hand: Callable[[P], Hashable | None],
    same: Callable[[W], Hashable],
) -> dict[str, P]:
    found = {}
    entered: dict[Hashable, list[P]] = defaultdict(list)
    for row in present:
        if row.source_id is not None:
            if row.source_id in wanted:
                found[row.source_id] = row
        elif (key := by_hand(row)) is not None:
            entered[key].append(row)
    for source_id in sorted(wanted.keys() - found.keys()):
        alike = entered.pop(same(wanted[source_id]), [])
        if len(alike) == 1:
            found[source_id] = alike[0]
    return found


def _with_users_of_pupils(
    users: dict[str, PresentUser], students: Mapping[str, PresentStudent], present: PresentSchool
) -> dict[str, PresentUser]:
    """A pupil who stands already has the account they have, whatever it is called."""
    by_id = {user.id: user for user in present.users}
    own = {source_id: by_id[student.user_id] for source_id, student in students.items() if student.user_id is not None}
    of_pupils = {student.user_id for student in present.students if student.user_id is not None}
    matched_ids = {user.id for user in own.values()}
    free = {
        source_id: user
        for source_id, user in users.items()
        if source_id not in own
        and user.id not in matched_ids
        and (source_id not in students or user.id not in of_pupils)
    }
    return free | own
