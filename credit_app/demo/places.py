"""Districts, schools, venues and the people in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from credit_app.demo import names
from credit_app.organisations.actions import create_district, create_school, create_venue
from credit_app.organisations.models import District, School, Venue
from credit_app.people.actions import create_user, grant_role
from credit_app.people.models import User
from credit_app.rules.calendar import academic_year, academic_year_bounds
from credit_app.schools.actions import assign_teacher, create_class
from credit_app.schools.intake import NewPupil, create_pupils, move_up
from credit_app.schools.models import SchoolClass

PASSWORD = "demo-kexue-2026"  # stands in the README: these accounts exist in the demonstration only


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil as the history needs one, as plain values: rows of a session would be read again after each commit."""

    user_id: int
    public_id: str
    grade: int  # in the present academic year
    here_last_year: bool
    school: str
    district: str


@dataclass
class City:
    """What has been built so far, for the steps that follow."""

    random: Random
    now: datetime
    began_on: date  # first day of the history
    years: list[str]
    districts: dict[str, District] = field(default_factory=dict)
    schools: dict[str, School] = field(default_factory=dict)
    venues: dict[str, Venue] = field(default_factory=dict)
    officers: dict[str, User] = field(default_factory=dict)  # by district code
    staff: dict[str, User] = field(default_factory=dict)  # by venue name
    counselors: dict[str, User] = field(default_factory=dict)  # by school code
    pupils: list[Pupil] = field(default_factory=list)

    @property
    def made_at(self) -> datetime:
        """When everything was set up: the day before the history begins."""
        return self.now - timedelta(days=(self.now.date() - self.began_on).days + 1)

    @property
    def year(self) -> str:
        return self.years[-1]


def build_places(session: Session, city: City) -> None:
    """Districts, venues and schools stand, each with its people; the cast's accounts have passwords, no others."""
    for code, name in names.DISTRICTS:
        city.districts[code] = create_district(session, code=code, name=name)
        city.officers[code] = _staff_user(
            session, city, "demo-officer" if code == "jiangwan" else f"officer-{code}", district=city.districts[code]
        )
    # A second officer of the first district: what counts like money takes two people.
    _staff_user(session, city, "demo-officer-2", district=city.districts["jiangwan"])
    for number, plan in enumerate(names.VENUES, start=1):
        venue = create_venue(
            session,
            district=city.districts[plan.district],
            name=plan.name,
            kind=plan.kind,
            tier=plan.tier,
            address=plan.address,
            parent_venue=city.venues[plan.head] if plan.head else None,
        )
        city.venues[plan.name] = venue
        login_name = "demo-venue" if plan.name == names.DEMO_VENUE else f"venue-{number:02d}"
        city.staff[plan.name] = _staff_user(session, city, login_name, venue=venue)
    for school_plan in names.SCHOOLS:
        _build_school(session, city, school_plan)


def _build_school(session: Session, city: City, plan: names.SchoolPlan) -> None:
    school = create_school(session, district=city.districts[plan.district], code=plan.code, name=plan.name)
    city.schools[plan.code] = school
    demo = plan.code == names.DEMO_SCHOOL
    city.counselors[plan.code] = _school_user(
        session, city, school, "demo-counselor" if demo else "counselor", "science_counselor", password=demo
    )
    classes = _build_classes(session, city, school, plan)
    for grade in plan.grades:
        for number in range(1, plan.classes_a_grade + 1):
            leads_demo = demo and grade == names.DEMO_GRADE
            # The last class of the last school has no homeroom teacher, so that the page for it can be seen.
            if plan is names.SCHOOLS[-1] and (grade, number) == (plan.grades[-1], plan.classes_a_grade):
                continue
            login_name = "demo-teacher" if leads_demo else f"teacher-{grade}{number}"
            teacher = _school_user(session, city, school, login_name, "teacher", password=leads_demo)
            assign_teacher(
                session,
                school_class=classes[city.year, grade, number],
                user=teacher,
                kind="homeroom_teacher",
                starts_on=max(city.began_on, academic_year_bounds(city.year)[0]),
            )
    _build_pupils(session, city, school, plan, classes)


def _build_classes(
    session: Session, city: City, school: School, plan: names.SchoolPlan
) -> dict[tuple[str, int, int], SchoolClass]:
    return {
        (year, grade, number): create_class(
            session, school=school, academic_year=year, grade=grade, name=names.class_name(grade, number)
        )
        for year in city.years
        for grade in plan.grades
        for number in range(1, plan.classes_a_grade + 1)
    }


def _build_pupils(
    session: Session,
    city: City,
    school: School,
    plan: names.SchoolPlan,
    classes: dict[tuple[str, int, int], SchoolClass],
) -> None:
    for grade in plan.grades:
        # Who was here last year enters in last year's class and moves up; the first grade of the school is new.
        year = city.years[0] if grade > plan.grades[0] else city.year
        grade_then = grade if year == city.year else grade - 1
        new = []
        for number in range(1, plan.classes_a_grade + 1):
            for seat in range(1, plan.pupils_a_class + 1):
                student_no = f"{grade:02d}{number:02d}{seat:02d}"
                is_demo = plan.code == names.DEMO_SCHOOL and (grade, number, seat) == (names.DEMO_GRADE, 1, 1)
                new.append(
                    NewPupil(
                        name="林晓雨" if is_demo else names.person_name(city.random),
                        student_no=student_no,
                        grade=grade_then,
                        school_class=classes[year, grade_then, number],
                        login_name=None if is_demo else f"s{student_no}",
                    )
                )
        first_day = academic_year_bounds(year)[0]
        students = create_pupils(
            session, school=school, pupils=new, academic_year=year, starts_on=first_day, now=city.made_at
        )
        for pupil, student in zip(new, students, strict=True):
            if pupil.login_name is None:
                student.user = _school_user(
                    session, city, school, "demo-pupil", "pupil", password=True, display_name=student.name
                )
        session.flush()
        if year != city.year:
            new_classes = [classes[city.year, grade, int(pupil.student_no[2:4])] for pupil in new]
            move_up(
                session,
                pupils=list(zip(students, new_classes, strict=True)),
                academic_year=city.year,
                starts_on=academic_year_bounds(city.year)[0],
            )
        for student in students:
            assert student.user_id is not None
            here_last_year = year != city.year
            city.pupils.append(
                Pupil(student.user_id, student.public_id, grade, here_last_year, plan.code, plan.district)
            )


def _school_user(
    session: Session,
    city: City,
    school: School,
    login_name: str,
    kind: str,
    *,
    password: bool,
    display_name: str | None = None,
) -> User:
    user = create_user(
        session,
        login_name=login_name,
        display_name=display_name or names.person_name(city.random),
        now=city.made_at,
        school=school,
        password=PASSWORD if password else None,
    )
    grant_role(session, user=user, kind=kind, school=school, starts_on=city.began_on)
    return user


def _staff_user(
    session: Session, city: City, login_name: str, *, district: District | None = None, venue: Venue | None = None
) -> User:
    user = create_user(
        session,
        login_name=login_name,
        display_name=names.person_name(city.random),
        now=city.made_at,
        password=PASSWORD if login_name.startswith("demo-") else None,
    )
    kind = "bureau_officer" if district else "venue_staff"
    grant_role(session, user=user, kind=kind, district=district, venue=venue, starts_on=city.began_on)
    return user


def years_between(began_on: date, today: date) -> list[str]:
    """The academic years that the history touches, in order: one or two."""
    return sorted({academic_year(began_on), academic_year(today)})
