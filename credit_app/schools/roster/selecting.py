"""What a roster says of one school: its classes, its pupils with grade and class, its staff and what they teach. Pure.

A roster has its own calendar, and credits have theirs. Dates in it serve for three things only: to tell memberships
that are over or still to come, to tell which of two classes is the present one, and to tell who joined late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from credit_app.rules.calendar import academic_year
from credit_app.schools.roster.cells import OUTSIDE
from credit_app.schools.roster.choices import Choices
from credit_app.schools.roster.memberships import FILE as ENROLLMENTS_FILE
from credit_app.schools.roster.memberships import Memberships, memberships_at
from credit_app.schools.roster.problems import Problem
from credit_app.schools.roster.records import ClassRecord, PersonRecord, Roster
from credit_app.schools.roster.sheets import Notes
from credit_app.schools.roster.which_school import KnownSchool, org_of


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedClass:
    """`grade` is None where the class is not of one grade; with `tells_grade` False it cannot be told this time, since
    the row of one of its pupils could not be read."""

    source_id: str
    name: str
    kind: str
    grade: int | None
    tells_grade: bool
    course_id: str
    course_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPupil:
    """`class_id` is the sourcedId of the class the pupil stands in, None for no class yet; `first_day` is the day they
    are known to have joined, None when the roster does not tell."""

    person: PersonRecord
    grade: int
    class_id: str | None
    group_ids: frozenset[str]
    first_day: date | None


@dataclass(frozen=True, slots=True)
class CourseKind:
    """A kind of teaching group that may stand for the class."""

    source_id: str
    title: str
    classes: int
    pupils: int


@dataclass(slots=True, kw_only=True)
class WantedSchool:
    """What it does not know (`knows_classes`, `knows_memberships`) or could not read (`unread_…`) is to stay."""

    org_id: str
    org_name: str
    class_course: str
    knows_classes: bool
    knows_memberships: bool
    classes: dict[str, WantedClass] = field(default_factory=dict)
    pupils: dict[str, WantedPupil] = field(default_factory=dict)
    staff: dict[str, PersonRecord] = field(default_factory=dict)
    teachings: dict[tuple[str, str], str] = field(default_factory=dict)
    """(class, person) → ``homeroom_teacher`` or ``teacher``."""
    has_homerooms: bool = False
    course_kinds: list[CourseKind] = field(default_factory=list)
    left_out: list[PersonRecord] = field(default_factory=list)
    """Pupils outside the grades asked for."""
    unread_people: set[str] = field(default_factory=set)
    unread_classes: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)


def select_school(roster: Roster, *, school: KnownSchool, choices: Choices, today: date) -> WantedSchool:
    """What `roster` says of `school`. Raises: WhichSchool when it does not tell which of its schools that is."""
    org = org_of(roster, school=school, chosen=choices.org)
    wanted = WantedSchool(
        org_id=org.source_id,
        org_name=org.name,
        class_course=school.class_course if choices.class_course is None else choices.class_course,
        knows_classes=roster.classes is not None,
        knows_memberships=roster.classes is not None and roster.memberships is not None,
        unread_people=set(roster.unread_people),
        unread_classes=set(roster.unread_classes),
        problems=list(roster.problems),
    )
    found = memberships_at(roster, org_id=wanted.org_id, today=today, problems=wanted.problems)
    classes = {group.source_id: group for group in roster.classes or [] if group.school_id == wanted.org_id}
    people = [person for person in roster.people if _is_here(person, wanted.org_id, found)]
    wanted.staff = {person.source_id: person for person in people if not person.is_student}
    homerooms = _homerooms(classes, found, wanted)
    for person in people:
        if person.is_student:
            _take_pupil(person, classes, homerooms, found, choices.grades, wanted)
    _take_classes(classes, homerooms, found, choices.grades, roster, wanted)
    _take_teachings(homerooms, found, wanted)
    _note_calendar(found, today, wanted)
    return wanted


def _is_here(person: PersonRecord, org_id: str, found: Memberships) -> bool:
    """Staff may be at several schools; a pupil with classes is where the classes are."""
    schools = found.schools.get(person.source_id, set())
    if org_id in schools:
        return True
    return org_id in person.org_ids and not (person.is_student and schools)


def _homerooms(classes: dict[str, ClassRecord], found: Memberships, wanted: WantedSchool) -> set[str]:
    """The ids of what stands for the class: the homerooms; where there are none, the groups of the chosen course."""
    homerooms = {class_id for class_id, group in classes.items() if group.is_homeroom}
    wanted.has_homerooms = any(found.pupils_of.get(class_id) for class_id in homerooms)
    if not wanted.class_course:
        return homerooms
    notes = Notes("classes.csv", wanted.problems)
    chosen = {class_id for class_id, group in classes.items() if group.course_id == wanted.class_course}
    if wanted.has_homerooms:
        notes.notice(
            "class_course_unused",
            _("名单里有行政班（homeroom），所以没有用课程 %(course)s 代替班级。", course=wanted.class_course),
            _("这是正常的；也可以在导入时不再指定课程。"),
        )
        return homerooms
    if wanted.knows_classes and not chosen:
        notes.error(
            "class_course_unknown",
            _("名单里没有课程 %(course)s 的教学班。", course=wanted.class_course),
            _("学生暂时没有班级；请另选一门课程代替班级。"),
            column="courseSourcedId",
        )
    return homerooms | chosen


def _take_pupil(
    person: PersonRecord,
    classes: dict[str, ClassRecord],
    homerooms: set[str],
    found: Memberships,
    grades: frozenset[int],
    wanted: WantedSchool,
) -> None:
    own = found.classes_of.get(person.source_id, {})
    # The class that began last; of two that began together, always the same one.
    standing = sorted((class_id for class_id in own if class_id in homerooms), key=lambda c: (-own[c].toordinal(), c))
    grade = person.grade if person.grade is not None else _grade_by_class([*standing, *sorted(own)], classes)
    if grade is None:
        Notes("users.csv", wanted.problems).error(
            "grade_missing",
            _("%(name)s 没有年级，班级也没有注明年级。", name=person.name),
            _("这名学生没有导入（已在校的保持不变）；请在 grades 列写 01 到 09。"),
            line=person.line,
            column="grades",
        )
        wanted.unread_people.add(person.source_id)
        return
    if grade not in grades:
        wanted.left_out.append(person)
        return
    if len(standing) > 1:
        names = _("、").join(classes[class_id].title for class_id in standing)
        Notes(ENROLLMENTS_FILE, wanted.problems).notice(
            "two_classes",
            _("%(name)s 同时在 %(classes)s。", name=person.name, classes=names),
            _("已归入 %(class)s；如不对，请在名单里结束另一个班。", **{"class": classes[standing[0]].title}),
        )
    wanted.pupils[person.source_id] = WantedPupil(
        person=person,
        grade=grade,
        class_id=standing[0] if standing else None,
        group_ids=frozenset(class_id for class_id in own if class_id not in homerooms),
        first_day=found.first_day_of.get(person.source_id),
    )


def _grade_by_class(class_ids: list[str], classes: dict[str, ClassRecord]) -> int | None:
    for class_id in class_ids:
        if len(classes[class_id].grades) == 1:
            return classes[class_id].grades[0]
    return None


def _take_classes(
    classes: dict[str, ClassRecord],
    homerooms: set[str],
    found: Memberships,
    grades: frozenset[int],
    roster: Roster,
    wanted: WantedSchool,
) -> None:
    titles = {course.source_id: course.title for course in roster.courses or []}
    kinds: dict[str, list[set[str]]] = {}
    for class_id, group in sorted(classes.items()):
        pupils = found.pupils_of.get(class_id, set()) & wanted.pupils.keys()
        if not pupils and group.grades and not grades.intersection(group.grades):
            continue
        if roster.courses is not None and group.course_id and group.course_id not in titles:
            _note_course(group, wanted)
        wanted.classes[class_id] = WantedClass(
            source_id=class_id,
            name=group.title,
            kind="homeroom" if class_id in homerooms else "group",
            grade=_grade_of_class(group, {wanted.pupils[pupil].grade for pupil in pupils}),
            tells_grade=len(group.grades) == 1 or not found.pupils_of.get(class_id, set()) & wanted.unread_people,
            course_id=group.course_id,
            course_title=titles.get(group.course_id, ""),
        )
        if group.course_id and not group.is_homeroom:
            kinds.setdefault(group.course_id, []).append(pupils)
    wanted.course_kinds = sorted(
        (
            CourseKind(course_id, titles.get(course_id) or course_id, len(groups), len(set().union(*groups)))
            for course_id, groups in kinds.items()
        ),
        key=lambda kind: (-kind.pupils, kind.source_id),
    )


def _grade_of_class(group: ClassRecord, grades_of_pupils: set[int]) -> int | None:
    """The one grade the class names; else the one its pupils are all in."""
    named = group.grades if len(group.grades) == 1 else tuple(grades_of_pupils)
    return named[0] if len(named) == 1 and named[0] != OUTSIDE else None


def _take_teachings(homerooms: set[str], found: Memberships, wanted: WantedSchool) -> None:
    for class_id in wanted.classes:
        teachers = found.teachers_of.get(class_id, {})
        leads = {who for who, primary in teachers.items() if primary}
        if not leads and len(teachers) == 1:
            leads = set(teachers)  # nobody is marked as the first, and there is only one
        for who in teachers.keys() & wanted.staff.keys():
            is_lead = class_id in homerooms and who in leads
            wanted.teachings[class_id, who] = "homeroom_teacher" if is_lead else "teacher"


def _note_course(group: ClassRecord, wanted: WantedSchool) -> None:
    Notes("classes.csv", wanted.problems).error(
        "dangling",
        _(
            "%(column)s 写的 %(value)s 在 %(file)s 里没有。",
            column="courseSourcedId",
            value=group.course_id,
            file="courses.csv",
        ),
        _("班级已导入，只是没有课程名称；请补上那门课程。"),
        line=group.line,
        column="courseSourcedId",
    )


def _note_calendar(found: Memberships, today: date, wanted: WantedSchool) -> None:
    day = found.living_on
    if day is None or academic_year(day) == academic_year(today):
        return
    if day > today:
        text = _("名单里最早的在班日期是 %(day)s，还没有到。", day=day.isoformat())
        remedy = _("现在导入会按本学年登记年级；建议到那一天以后再导入。")
    else:
        text = _("名单里最晚的在班日期是 %(day)s，早于本学年。", day=day.isoformat())
        remedy = _("已按那一天的班级、本学年 %(year)s 登记；请确认这是最新的名单。", year=academic_year(today))
    Notes(ENROLLMENTS_FILE, wanted.problems).notice("calendar", text, remedy, column="beginDate")
