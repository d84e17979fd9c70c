"""The fixed cast: who and what every test may meet, made through the program's own actions.

Two districts; in the first two schools and two venues. The names say how each stands to the pupil: `colleague` is a
teacher of the pupil's school who does not lead the pupil's class, `other_…` is one who must see nothing of it.
It is the autumn of 2026; the programme takes place on `TODAY`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

import credit_app.rules
from credit_app.activities import actions as activities
from credit_app.activities.models import Activity, Occurrence
from credit_app.extensions import db
from credit_app.organisations import actions as organisations
from credit_app.organisations.models import District, School, Venue
from credit_app.people import actions as people
from credit_app.people.models import User
from credit_app.rule_books import actions as rule_books
from credit_app.rules.calendar import LOCAL
from credit_app.schools import actions as schools
from credit_app.schools.models import SchoolClass, Student

PASSWORD = "tidal-lantern-83"
YEAR = "2026-2027"
TODAY = date(2026, 10, 17)
TERM_BEGAN_ON = date(2026, 9, 1)
MADE_AT = datetime(2026, 9, 1, 0, 30, tzinfo=UTC)
SAMPLE_BOOK = Path(credit_app.rules.__file__).parent / "books" / "sample-2026.yaml"


def today_at(hour: int, minute: int = 0) -> datetime:
    """That time of `TODAY` on the wall of the venue."""
    return datetime.combine(TODAY, time(hour, minute), LOCAL)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Everybody, as rows of the test's own session."""

    district: District
    other_district: District
    school: School
    other_school: School
    venue: Venue
    other_venue: Venue
    school_class: SchoolClass
    other_class: SchoolClass
    pupil: Student
    classmate: Student
    other_pupil: Student
    homeroom_teacher: User
    colleague: User
    counselor: User
    other_teacher: User
    other_counselor: User
    venue_staff: User
    other_venue_staff: User
    officer: User
    second_officer: User
    other_officer: User
    # Published, on TODAY: a lecture 9:00–10:30, an inquiry course 10:00–12:00, a visit 13:00–16:00.
    lecture: Occurrence
    course: Occurrence
    visit: Occurrence

    def users(self) -> dict[str, User]:
        """Everybody who can sign in, by the part they play; the anonymous visitor is the one who is missing."""
        players = {name: getattr(self, name) for name in self.__dataclass_fields__}
        people_in_it = {name: one.user if isinstance(one, Student) else one for name, one in players.items()}
        return {name: one for name, one in people_in_it.items() if isinstance(one, User)}


def build(app: Flask) -> None:
    """The cast stands in the app's database."""
    with app.app_context():
        session = db.session()
        rule_books.publish_book(session, text=SAMPLE_BOOK.read_text(encoding="utf-8"), now=MADE_AT)
        _build_places(session)
        _build_school_life(session)
        _build_programme(session)
        session.commit()


def _build_places(session: Session) -> None:
    district = organisations.create_district(session, code="nanshan", name="南山区")
    other_district = organisations.create_district(session, code="futian", name="福田区")
    organisations.create_school(session, district=district, code="haitian", name="海天学校")
    organisations.create_school(session, district=district, code="qinglan", name="青蓝学校")
    venue = organisations.create_venue(
        session, district=district, name="海湾科技馆", kind="science_museum", tier="lead", address="海湾路 1 号"
    )
    other_venue = organisations.create_venue(
        session, district=district, name="山谷植物园", kind="botanical", tier="backbone"
    )
    for login_name, name, place in (("venue.chen", "陈馆员", venue), ("venue.luo", "罗馆员", other_venue)):
        user = _user(session, login_name, name)
        people.grant_role(session, user=user, kind="venue_staff", venue=place, starts_on=TERM_BEGAN_ON)
    for login_name, name, bureau in (
        ("bureau.song", "宋科长", district),
        ("bureau.he", "何科长", district),
        ("bureau.xu", "徐科长", other_district),
    ):
        user = _user(session, login_name, name)
        people.grant_role(session, user=user, kind="bureau_officer", district=bureau, starts_on=TERM_BEGAN_ON)


def _build_school_life(session: Session) -> None:
    school, other_school = _school(session, "haitian"), _school(session, "qinglan")
    for place, kind, login_name, name in (
        (school, "teacher", "zhou", "周老师"),
        (school, "teacher", "wu", "吴老师"),
        (school, "science_counselor", "zheng", "郑老师"),
        (other_school, "teacher", "feng", "冯老师"),
        (other_school, "science_counselor", "jiang", "蒋老师"),
    ):
        user = _user(session, login_name, name, place)
        people.grant_role(session, user=user, kind=kind, school=place, starts_on=TERM_BEGAN_ON)
    school_class = schools.create_class(session, school=school, academic_year=YEAR, grade=5, name="五(1)班")
    other_class = schools.create_class(session, school=other_school, academic_year=YEAR, grade=5, name="五(2)班")
    for led, leader in ((school_class, "zhou"), (other_class, "feng")):
        teacher = _named(session, leader)
        schools.assign_teacher(
            session, school_class=led, user=teacher, kind="homeroom_teacher", starts_on=TERM_BEGAN_ON
        )
    for place, home, login_name, name, number in (
        (school, school_class, "linxiaoyu", "林晓雨", "0501"),
        (school, school_class, "sunhao", "孙浩", "0502"),
        (other_school, other_class, "hejing", "何静", "0503"),
    ):
        user = _user(session, login_name, name, place)
        people.grant_role(session, user=user, kind="pupil", school=place, starts_on=TERM_BEGAN_ON)
        student = schools.create_student(session, school=place, name=name, student_no=number, user=user, now=MADE_AT)
        schools.enrol(session, student=student, grade=5, academic_year=YEAR, school_class=home, starts_on=TERM_BEGAN_ON)


def _build_programme(session: Session) -> None:
    venue = session.scalars(select(Venue).filter_by(name="海湾科技馆")).one()
    staff, officer = _named(session, "venue.chen"), _named(session, "bureau.song")
    for title, category, starts_at, ends_at in (
        ("海洋为什么是蓝的", "lecture", today_at(9), today_at(10, 30)),
        ("动手做一台净水器", "inquiry_course", today_at(10), today_at(12)),
        ("周末参观", "venue_visit", today_at(13), today_at(16)),
    ):
        activity = activities.create_activity(
            session,
            outline=activities.Outline(title=title, category=category),
            venue=venue,
            created_by=staff,
            now=MADE_AT,
        )
        activities.add_occurrence(session, activity=activity, starts_at=starts_at, ends_at=ends_at, capacity=40)
        activities.submit_activity(session, activity=activity, now=MADE_AT)
        activities.decide_on_activity(
            session, activity=activity, decision="approved", remark="", decided_by=officer, now=MADE_AT
        )


def _user(session: Session, login_name: str, name: str, school: School | None = None) -> User:
    return people.create_user(
        session, login_name=login_name, display_name=name, school=school, password=PASSWORD, now=MADE_AT
    )


def _named(session: Session, login_name: str) -> User:
    return session.scalars(select(User).filter_by(login_name=login_name)).one()


def _school(session: Session, code: str) -> School:
    return session.scalars(select(School).filter_by(code=code)).one()


def find(session: Session) -> Cast:
    """The cast that `build` made, as rows of `session`."""
    districts = {district.code: district for district in session.scalars(select(District))}
    school_rows = {school.code: school for school in session.scalars(select(School))}
    venues = {venue.name: venue for venue in session.scalars(select(Venue))}
    classes = {school_class.name: school_class for school_class in session.scalars(select(SchoolClass))}
    students = {student.name: student for student in session.scalars(select(Student))}
    users = {user.login_name: user for user in session.scalars(select(User))}
    runs = {run.activity.category: run for run in session.scalars(select(Occurrence).join(Activity))}
    return Cast(
        district=districts["nanshan"],
        other_district=districts["futian"],
        school=school_rows["haitian"],
        other_school=school_rows["qinglan"],
        venue=venues["海湾科技馆"],
        other_venue=venues["山谷植物园"],
        school_class=classes["五(1)班"],
        other_class=classes["五(2)班"],
        pupil=students["林晓雨"],
        classmate=students["孙浩"],
        other_pupil=students["何静"],
        homeroom_teacher=users["zhou"],
        colleague=users["wu"],
        counselor=users["zheng"],
        other_teacher=users["feng"],
        other_counselor=users["jiang"],
        venue_staff=users["venue.chen"],
        other_venue_staff=users["venue.luo"],
        officer=users["bureau.song"],
        second_officer=users["bureau.he"],
        other_officer=users["bureau.xu"],
        lecture=runs["lecture"],
        course=runs["inquiry_course"],
        visit=runs["venue_visit"],
    )
