"""What changes in a school by hand, and who then finds what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.extensions import db
from credit_app.people.actions import end_role
from credit_app.people.models import Role, User
from credit_app.schools import actions, queries
from credit_app.schools.intake import NewPupil, create_pupils
from credit_app.schools.models import Enrolment, SchoolClass, Student
from credit_app.schools.sort_names import sort_name
from tests.cast import MADE_AT, TERM_BEGAN_ON, TODAY, YEAR, Cast
from tests.statements import count_statements

YESTERDAY = TODAY - timedelta(days=1)


def second_class(session: Session, cast: Cast, kind: str = "homeroom") -> SchoolClass:
    return actions.create_class(session, school=cast.school, academic_year=YEAR, grade=5, name="五(9)班", kind=kind)


def names(students: list[Student]) -> list[str]:
    return [student.name for student in students]


# Pupils and their places.


def test_a_change_of_class_keeps_the_day_of_joining(db_session: Session, cast: Cast) -> None:
    other = second_class(db_session, cast)
    moved = actions.move_to_class(db_session, student=cast.pupil, school_class=other, moved_on=TODAY)
    assert (moved.class_id, moved.joined_on, moved.starts_on) == (other.id, TERM_BEGAN_ON, TODAY)
    assert names(queries.students_of_class(db_session, school_class=cast.school_class, day=YESTERDAY)) == [
        "林晓雨",
        "孙浩",
    ]
    assert names(queries.students_of_class(db_session, school_class=cast.school_class, day=TODAY)) == ["孙浩"]
    assert names(queries.students_of_class(db_session, school_class=other, day=TODAY)) == ["林晓雨"]
    assert names(queries.students_of_class(db_session, school_class=other, day=YESTERDAY)) == []


def test_a_second_change_on_one_day_edits_the_first(db_session: Session, cast: Cast) -> None:
    other = second_class(db_session, cast)
    actions.move_to_class(db_session, student=cast.pupil, school_class=other, moved_on=TODAY)
    actions.move_to_class(db_session, student=cast.pupil, school_class=None, moved_on=TODAY)
    places = db_session.scalars(select(Enrolment).filter_by(student_id=cast.pupil.id).order_by(Enrolment.starts_on))
    assert [(place.class_id, place.ends_on) for place in places] == [(cast.school_class.id, YESTERDAY), (None, None)]
    assert [
        place.student.name for place in queries.pupils_without_class(db_session, school=cast.school, day=TODAY)
    ] == ["林晓雨"]


def test_moving_to_the_same_class_changes_nothing(db_session: Session, cast: Cast) -> None:
    before = queries.enrolment_on(db_session, student=cast.pupil, day=TODAY)
    assert (
        actions.move_to_class(db_session, student=cast.pupil, school_class=cast.school_class, moved_on=TODAY) == before
    )


def test_who_has_left_has_a_last_day_and_no_groups(db_session: Session, cast: Cast) -> None:
    group = second_class(db_session, cast, kind="group")
    actions.join_group(db_session, student=cast.pupil, group=group, starts_on=TERM_BEGAN_ON)
    actions.end_enrolment(db_session, student=cast.pupil, ends_on=TODAY)
    assert queries.enrolment_on(db_session, student=cast.pupil, day=TODAY) is not None
    assert queries.enrolment_on(db_session, student=cast.pupil, day=TODAY + timedelta(days=1)) is None
    assert names(queries.students_of_class(db_session, school_class=group, day=TODAY + timedelta(days=1))) == []
    with pytest.raises(Conflict):
        actions.end_enrolment(db_session, student=cast.pupil, ends_on=TODAY)


@pytest.mark.sqlite_only
def test_a_pupil_stands_in_one_place_at_a_time(db_session: Session, cast: Cast) -> None:
    with pytest.raises(Conflict):
        actions.enrol(db_session, student=cast.pupil, grade=5, academic_year=YEAR, school_class=None, starts_on=TODAY)


@pytest.mark.sqlite_only
def test_places_that_do_not_fit(db_session: Session, cast: Cast) -> None:
    pupil = actions.create_student(db_session, school=cast.school, name="新 生", student_no="", now=MADE_AT)
    group = second_class(db_session, cast, kind="group")
    for school_class, grade, starts_on in (
        (cast.other_class, 5, TODAY),
        (group, 5, TODAY),
        (None, 0, TODAY),
        (None, 13, TODAY),
        (None, 5, date(2026, 8, 31)),
        (None, 5, date(2027, 9, 1)),
    ):
        with pytest.raises(InvalidInput):
            actions.enrol(
                db_session,
                student=pupil,
                grade=grade,
                academic_year=YEAR,
                school_class=school_class,
                starts_on=starts_on,
            )


@pytest.mark.sqlite_only
def test_of_a_registry_number_a_digest_and_four_characters_are_kept(db_session: Session, cast: Cast) -> None:
    number = "g440305201501011234"
    one = actions.create_student(
        db_session, school=cast.school, name="王 一", student_no="", registry_no=number, now=MADE_AT
    )
    two = actions.create_student(
        db_session, school=cast.other_school, name="王 一", student_no="", registry_no=number.upper(), now=MADE_AT
    )
    assert one.registry_last4 == "1234"
    assert one.registry_digest == two.registry_digest
    assert one.registry_digest is not None
    assert "4403" not in one.registry_digest


def test_many_pupils_in_a_few_statements(db_session: Session, cast: Cast) -> None:
    pupils = [
        NewPupil(name=f"李{number}", student_no=f"{number:03}", grade=5, login_name=f"li{number}")
        for number in range(40)
    ]
    with count_statements(db.engine) as seen:
        made = create_pupils(
            db_session, school=cast.school, pupils=pupils, academic_year=YEAR, starts_on=TERM_BEGAN_ON, now=MADE_AT
        )
    assert len(seen) <= 12
    assert names(made) == [pupil.name for pupil in pupils]
    users = db_session.scalars(select(User).where(User.login_name.like("li%"), User.school_id == cast.school.id))
    assert all(
        user.password_hash is None and user.roles[0].kind == "pupil" for user in users if user.login_name[2:3].isdigit()
    )
    assert queries.enrolment_on(db_session, student=made[0], day=TODAY) is not None
    with pytest.raises(Conflict):
        create_pupils(
            db_session, school=cast.school, pupils=pupils[:1], academic_year=YEAR, starts_on=TERM_BEGAN_ON, now=MADE_AT
        )


# Who finds what.


def test_a_teacher_finds_the_own_class_and_pupils_and_no_others(db_session: Session, cast: Cast) -> None:
    for known in (cast.homeroom_teacher, cast.counselor):
        assert queries.class_for(db_session, user=known, public_id=cast.school_class.public_id, day=TODAY).id
        assert queries.student_for_staff(db_session, user=known, public_id=cast.pupil.public_id, day=TODAY).id
    players = cast.users()
    for name in ("colleague", "other_teacher", "other_counselor", "venue_staff", "officer", "pupil", "classmate"):
        who = players[name]
        with pytest.raises(NotFound):
            queries.class_for(db_session, user=who, public_id=cast.school_class.public_id, day=TODAY)
        with pytest.raises(NotFound):
            queries.student_for_staff(db_session, user=who, public_id=cast.pupil.public_id, day=TODAY)
    stranger = cast.other_pupil.public_id
    with pytest.raises(NotFound):
        queries.student_for_staff(db_session, user=cast.homeroom_teacher, public_id=stranger, day=TODAY)


def test_the_teacher_of_a_group_finds_its_members_and_not_their_classmates(db_session: Session, cast: Cast) -> None:
    group = second_class(db_session, cast, kind="group")
    actions.assign_teacher(db_session, school_class=group, user=cast.colleague, kind="teacher", starts_on=TERM_BEGAN_ON)
    actions.join_group(db_session, student=cast.pupil, group=group, starts_on=TERM_BEGAN_ON)
    found = queries.student_for_staff(db_session, user=cast.colleague, public_id=cast.pupil.public_id, day=TODAY)
    assert found.name == "林晓雨"
    with pytest.raises(NotFound):
        queries.student_for_staff(db_session, user=cast.colleague, public_id=cast.classmate.public_id, day=TODAY)
    # A teacher of a subject hands out no sign-ins.
    with pytest.raises(NotFound):
        queries.led_class_for(db_session, user=cast.colleague, public_id=group.public_id, day=TODAY)


def test_who_no_longer_teaches_finds_nothing(db_session: Session, cast: Cast) -> None:
    teaching = cast.school_class.teachings[0]
    actions.end_teaching(db_session, teaching=teaching, ends_on=YESTERDAY)
    assert queries.classes_of(db_session, user=cast.homeroom_teacher, day=YESTERDAY) == [cast.school_class]
    assert queries.classes_of(db_session, user=cast.homeroom_teacher, day=TODAY) == []
    with pytest.raises(NotFound):
        queries.class_for(db_session, user=cast.homeroom_teacher, public_id=cast.school_class.public_id, day=TODAY)


def test_whose_role_has_ended_finds_nothing_though_the_class_still_names_them(db_session: Session, cast: Cast) -> None:
    role = db_session.scalars(select(Role).filter_by(user_id=cast.homeroom_teacher.id)).one()
    end_role(db_session, role=role, ends_on=YESTERDAY)
    with pytest.raises(NotFound):
        queries.class_for(db_session, user=cast.homeroom_teacher, public_id=cast.school_class.public_id, day=TODAY)
    counselor = db_session.scalars(select(Role).filter_by(user_id=cast.counselor.id)).one()
    end_role(db_session, role=counselor, ends_on=YESTERDAY)
    with pytest.raises(NotFound):
        queries.school_for_counselor(db_session, user=cast.counselor, day=TODAY)


def test_a_pupil_who_has_moved_is_found_by_the_new_teacher_only(db_session: Session, cast: Cast) -> None:
    other = second_class(db_session, cast)
    actions.assign_teacher(
        db_session, school_class=other, user=cast.colleague, kind="homeroom_teacher", starts_on=TERM_BEGAN_ON
    )
    actions.move_to_class(db_session, student=cast.pupil, school_class=other, moved_on=TODAY)
    found = queries.student_for_staff(db_session, user=cast.colleague, public_id=cast.pupil.public_id, day=TODAY)
    assert found.id == cast.pupil.id
    with pytest.raises(NotFound):
        queries.student_for_staff(db_session, user=cast.homeroom_teacher, public_id=cast.pupil.public_id, day=TODAY)


@pytest.mark.sqlite_only
def test_teachers_of_other_schools_cannot_be_assigned(db_session: Session, cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        actions.assign_teacher(
            db_session, school_class=cast.school_class, user=cast.other_teacher, kind="teacher", starts_on=TODAY
        )
    group = second_class(db_session, cast, kind="group")
    with pytest.raises(InvalidInput):
        actions.assign_teacher(
            db_session, school_class=group, user=cast.colleague, kind="homeroom_teacher", starts_on=TODAY
        )


def test_the_class_list_is_in_the_order_of_numbers_then_of_pinyin(db_session: Session, cast: Cast) -> None:
    school_class = second_class(db_session, cast)
    pupils = [("单文", "2"), ("欧阳明", ""), ("安娜", ""), ("曾小雨", "1"), ("Peter Nash", "")]
    create_pupils(
        db_session,
        school=cast.school,
        pupils=[NewPupil(name=n, student_no=no, grade=5, school_class=school_class) for n, no in pupils],
        academic_year=YEAR,
        starts_on=TERM_BEGAN_ON,
        now=MADE_AT,
    )
    assert names(queries.students_of_class(db_session, school_class=school_class, day=TODAY)) == [
        "安娜", "欧阳明", "Peter Nash", "曾小雨", "单文",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("曾小雨", "zeng xiao yu"),
        ("单文", "shan wen"),
        ("单于夫", "chan yu fu"),
        ("欧阳明", "ou yang ming"),
        ("吕布", "lv bu"),
        ("Peter Nash", "peter nash"),
        ("阿依古丽·买买提", "a yi gu li mai mai ti"),
        ("\U0003106c", "\U0003106c"),
    ],
)
def test_names_sort_by_pinyin_and_rare_characters_stop_nobody(name: str, pinyin: str) -> None:
    assert sort_name(name) == pinyin
