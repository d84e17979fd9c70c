"""A school on one page: each pupil counted once, what is still to be set up named."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.people.models import User
from credit_app.progress.queries import school_overview
from credit_app.schools import actions as schools
from tests.cast import MADE_AT, TERM_BEGAN_ON, TODAY, YEAR, Cast, today_at
from tests.progress.year import newcomer
from tests.scenes import scan
from tests.statements import count_statements


def test_classes_side_by_side_and_only_of_this_school(db_session: Session, cast: Cast) -> None:
    second = schools.create_class(db_session, school=cast.school, academic_year=YEAR, grade=6, name="六(1)班")
    newcomer(db_session, second, "田野", "0601", grade=6)
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))

    overview = school_overview(db_session, school=cast.school, day=TODAY)

    assert [(line.school_class.name, line.counts.pupils, line.counts.never_took_part) for line in overview.classes] == [
        ("五(1)班", 2, 1),
        ("六(1)班", 1, 1),
    ]
    assert (overview.counts.pupils, overview.counts.near_target, overview.counts.never_took_part) == (3, 3, 2)
    assert [line.homeroom_teachers for line in overview.classes] == [["周老师"], []]
    assert [line.school_class.name for line in overview.classes_without_leader] == ["六(1)班"]


def test_pupils_without_a_class_stand_under_their_grade(db_session: Session, cast: Cast) -> None:
    for grade, name in ((3, "甘霖"), (3, "石磊"), (2, "米粒")):
        pupil = schools.create_student(db_session, school=cast.school, name=name, student_no="", now=MADE_AT)
        schools.enrol(
            db_session, student=pupil, grade=grade, academic_year=YEAR, school_class=None, starts_on=TERM_BEGAN_ON
        )

    overview = school_overview(db_session, school=cast.school, day=TODAY)

    assert [(line.grade, line.counts.pupils) for line in overview.without_class] == [(2, 1), (3, 2)]
    assert (overview.pupils_without_class, overview.counts.pupils) == (3, 5)


def test_a_teaching_group_is_listed_and_counted_nowhere(db_session: Session, cast: Cast) -> None:
    group = schools.create_class(
        db_session, school=cast.school, academic_year=YEAR, grade=5, name="科学课", kind="group"
    )
    for member in (cast.pupil, cast.classmate):
        schools.join_group(db_session, student=member, group=group, starts_on=TERM_BEGAN_ON)

    overview = school_overview(db_session, school=cast.school, day=TODAY)

    assert [(each.name, size) for each, size in overview.groups] == [("科学课", 2)]
    assert overview.counts.pupils == 2


def test_how_many_have_activated_their_account(db_session: Session, cast: Cast) -> None:
    newcomer(db_session, cast.school_class, "无账号", "0599")
    classmate = db_session.get_one(User, cast.classmate.user_id)
    classmate.password_hash = None

    overview = school_overview(db_session, school=cast.school, day=TODAY)

    assert (overview.activated, overview.activated_percent) == (1, 33)
    assert overview.classes[0].activated == 1


def test_a_school_without_pupils(db_session: Session, cast: Cast) -> None:
    for pupil in (cast.pupil, cast.classmate):
        schools.end_enrolment(db_session, student=pupil, ends_on=TERM_BEGAN_ON)

    overview = school_overview(db_session, school=cast.school, day=TODAY)

    assert (overview.counts.pupils, overview.activated_percent) == (0, 0)


def test_the_number_of_statements_does_not_grow_with_classes_and_pupils(
    app: Flask, db_session: Session, cast: Cast
) -> None:
    school_overview(db_session, school=cast.school, day=TODAY)  # the book is read once and kept
    with count_statements(db.engine) as few:
        school_overview(db_session, school=cast.school, day=TODAY)
    for number in range(6):
        another = schools.create_class(
            db_session, school=cast.school, academic_year=YEAR, grade=4, name=f"四({number})班"
        )
        for place in range(5):
            newcomer(db_session, another, f"同学{number}{place}", grade=4)
    with count_statements(db.engine) as many:
        overview = school_overview(db_session, school=cast.school, day=TODAY)

    assert len(overview.classes) == 7
    assert len(few) == len(many) == 7
