"""Which rows of ``enrollments.csv`` hold at one school, as of which day. Pure.

A roster is often read on a day its own dates do not cover: in the holidays between two terms, or years later as a
sample. So it is read as of its last living day: the latest day up to today on which a pupil was in a class.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from credit_app.schools.roster.problems import Problem
from credit_app.schools.roster.records import MembershipRecord, PersonRecord, Roster
from credit_app.schools.roster.sheets import Notes
from credit_app.schools.roster.tables import ENROLLMENTS

FILE = ENROLLMENTS.file


@dataclass(slots=True, kw_only=True)
class Memberships:
    """By pupil: their classes with the day each began, and the first day the roster tells. By class: its teachers.

    `schools` are all the schools somebody has classes at, dates apart.
    """

    classes_of: dict[str, dict[str, date]] = field(default_factory=lambda: defaultdict(dict))
    pupils_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    teachers_of: dict[str, dict[str, bool]] = field(default_factory=lambda: defaultdict(dict))
    first_day_of: dict[str, date] = field(default_factory=dict)
    schools: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    living_on: date | None = None


def memberships_at(roster: Roster, *, org_id: str, today: date, problems: list[Problem]) -> Memberships:
    """The memberships of the classes of the school `org_id`; rows that point nowhere are added to `problems`."""
    school_of_class = {group.source_id: group.school_id for group in roster.classes or []}
    people = {person.source_id: person for person in roster.people}
    found = Memberships()
    here: list[MembershipRecord] = []
    notes = Notes(FILE, problems)
    for membership in roster.memberships or []:
        school_id = school_of_class.get(membership.class_id, membership.school_id)
        found.schools[membership.person_id].add(school_id)
        if school_id == org_id and _points_somewhere(membership, school_of_class, people, roster, notes):
            here.append(membership)
    found.living_on = living_day((membership for membership in here if membership.is_student), today)
    for membership in here:
        _add(membership, found, found.living_on or today)
    _first_days(here, roster.session_starts, found)
    return found


def living_day(memberships: Iterable[MembershipRecord], today: date) -> date | None:
    """The latest day up to `today` on which one of `memberships` held; the first to come when none has yet; or None."""
    past, to_come = [], []
    for membership in memberships:
        if membership.begins_on is not None and membership.begins_on > today:
            to_come.append(membership.begins_on)
        else:
            past.append(min(membership.ends_on or today, today))
    return max(past) if past else min(to_come, default=None)


def _add(membership: MembershipRecord, found: Memberships, day: date) -> None:
    begins_on = membership.begins_on or date.min
    if not begins_on <= day <= (membership.ends_on or date.max):
        return
    if membership.is_student:
        classes = found.classes_of[membership.person_id]
        classes[membership.class_id] = max(begins_on, classes.get(membership.class_id, date.min))
        found.pupils_of[membership.class_id].add(membership.person_id)
    else:
        teachers = found.teachers_of[membership.class_id]
        teachers[membership.person_id] = teachers.get(membership.person_id, False) or membership.is_primary


def _first_days(here: Iterable[MembershipRecord], session_starts: frozenset[date], found: Memberships) -> None:
    """The first day of each pupil, unless it is the first day of a term: that says nothing about the pupil."""
    for membership in here:
        if membership.is_student and membership.begins_on is not None:
            known = found.first_day_of.get(membership.person_id, date.max)
            found.first_day_of[membership.person_id] = min(known, membership.begins_on)
    for person_id, first_day in list(found.first_day_of.items()):
        if first_day in session_starts:
            del found.first_day_of[person_id]


def _points_somewhere(
    membership: MembershipRecord,
    school_of_class: dict[str, str],
    people: dict[str, PersonRecord],
    roster: Roster,
    notes: Notes,
) -> bool:
    person = people.get(membership.person_id)
    if membership.class_id not in school_of_class:
        if membership.class_id not in roster.unread_classes | roster.dropped:
            _note_dangling(notes, membership, "classSourcedId", "classes.csv", membership.class_id)
        return False
    if person is None:
        if membership.person_id in roster.unread_people:
            return True  # somebody is there, though nobody can say who: a class of two teachers has not one
        if membership.person_id not in roster.dropped | roster.other_people:
            _note_dangling(notes, membership, "userSourcedId", "users.csv", membership.person_id)
        return False
    if person.is_student != membership.is_student:
        notes.error(
            "role_differs",
            _("%(name)s 在 users.csv 和这里的 role 不一致。", name=person.name),
            _("这一行没有导入；请让两处的 role 一致。"),
            line=membership.line,
            column="role",
        )
        return False
    return True


def _note_dangling(notes: Notes, membership: MembershipRecord, column: str, file: str, value: str) -> None:
    notes.error(
        "dangling",
        _("%(column)s 写的 %(value)s 在 %(file)s 里没有。", column=column, value=value, file=file),
        _("这一行没有导入，其余照常；请补上那一行，或删去这一行。"),
        line=membership.line,
        column=column,
    )
