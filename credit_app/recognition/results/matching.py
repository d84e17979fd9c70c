"""Which pupil is meant by a number and a name: found in the school's register of the day, or told why not."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager

from credit_app.organisations.models import School
from credit_app.schools.models import Enrolment, Student


@dataclass(frozen=True, slots=True)
class Place:
    """A pupil's place in a school on the day of the result."""

    student: Student
    school: School
    grade: int


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why nobody, or nobody certain, is meant: the field it is about, what is so, what to do."""

    field: str  # number | name | occurred_on
    text: str
    remedy: str


class Register:
    """The pupils of a school who may be meant, with all their places there; read once, asked for each line."""

    def __init__(self, school: School, places: Collection[Enrolment]) -> None:
        self.school = school
        self._by_number: dict[str, list[Enrolment]] = {}
        self._by_bare_number: dict[str, list[Enrolment]] = {}
        self._by_name: dict[str, list[Enrolment]] = {}
        for place in places:
            number = place.student.student_no
            self._by_number.setdefault(number, []).append(place)
            self._by_bare_number.setdefault(number.lstrip("0"), []).append(place)
            self._by_name.setdefault(same_person_key(place.student.name), []).append(place)

    def find(self, *, number: str, name: str, day: date) -> Place | Unmatched:
        """The one pupil of this number and name who was at the school on `day`."""
        if not name:
            return Unmatched("name", _("没有填写姓名。"), _("请填写姓名，用来核对学号。"))
        if not number:
            return self._only(self._by_name.get(same_person_key(name), []), name=name, day=day)
        # A spreadsheet drops the zeros in front of 0501; the name still has to match.
        found = self._by_number.get(number) or self._by_bare_number.get(number.lstrip("0"), [])
        if not found:
            return Unmatched(
                "number",
                _("本校没有学号为 %(number)s 的学生。", number=number),
                _("请核对学号；如果是刚转来的学生，请先导入名单。"),
            )
        meant = [place for place in found if same_person_key(place.student.name) == same_person_key(name)]
        if not meant:
            return Unmatched(
                "name",
                _("学号 %(number)s 的学生不叫“%(name)s”。", number=number, name=name),
                _("请核对这一行的学号和姓名。"),
            )
        return self._only(meant, name=name, day=day)

    def _only(self, places: Collection[Enrolment], *, name: str, day: date) -> Place | Unmatched:
        if not places:
            return Unmatched("name", _("本校没有叫“%(name)s”的学生。", name=name), _("请核对姓名，并填写学号。"))
        here = [place for place in places if place.starts_on <= day and (place.ends_on is None or day <= place.ends_on)]
        if not here:
            return Unmatched(
                "occurred_on",
                _("“%(name)s”在这一天不是本校的学生。", name=name),
                _("请核对日期；在别的学校取得的成果由那所学校登记。"),
            )
        if len({place.student_id for place in here}) > 1:
            return Unmatched("number", _("本校有几名叫“%(name)s”的学生。", name=name), _("请填写学号。"))
        return Place(here[-1].student, self.school, here[-1].grade)


def place_of(session: Session, *, student: Student, school: School, day: date) -> Place | Unmatched:
    """The pupil's place in this school on `day`, for who is known already; one statement."""
    places = session.scalars(
        select(Enrolment).where(Enrolment.student_id == student.id, Enrolment.school_id == school.id)
    )
    here = [place for place in places if place.starts_on <= day and (place.ends_on is None or day <= place.ends_on)]
    if here:
        return Place(student, school, here[-1].grade)
    return Unmatched(
        "occurred_on",
        _("“%(name)s”在这一天不是本校的学生。", name=student.name),
        _("请核对日期；在别的学校取得的成果由那所学校登记。"),
    )


def register_for(session: Session, *, school: School, numbers: Collection[str], names: Collection[str]) -> Register:
    """Everybody of the school, past and present, who has one of these numbers or names; one statement."""
    bare = {number.lstrip("0") for number in numbers if number}
    places = session.scalars(
        select(Enrolment)
        .join(Enrolment.student)
        .where(
            Enrolment.school_id == school.id,
            or_(func.ltrim(Student.student_no, "0").in_(bare), Student.name.in_(set(names))),
        )
        .options(contains_eager(Enrolment.student))
        .order_by(Enrolment.starts_on, Enrolment.id)
    )
    return Register(school, places.all())


def same_person_key(name: str) -> str:
    """A name as two people type it: spaces, dots and the width of letters do not tell people apart."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if not character.isspace() and character not in "·•・.")
