"""A pupil changes schools in mid-year: under a code that works once, with credits, target and account going along."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.activities.actions import add_occurrence
from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.ledger.models import LedgerEntry
from credit_app.organisations import actions as organisations
from credit_app.organisations.models import School
from credit_app.people import actions as people
from credit_app.people.models import Role, User
from credit_app.progress.queries import pupil_progress, school_overview
from credit_app.rule_books.actions import publish_book
from credit_app.schools import actions as schools
from credit_app.schools.models import Enrolment, GroupMember, Student, Transfer
from credit_app.schools.queries import student_for_staff
from credit_app.schools.transfers import Received, cancel_transfer, receive_student, release_student, usable
from credit_app.verification import verify
from tests.attendance.doorway import entries
from tests.cast import MADE_AT, SAMPLE_BOOK, TERM_BEGAN_ON, TODAY, YEAR, Cast, today_at
from tests.scenes import stay

RELEASED_AT = today_at(18)
RECEIVED_AT = RELEASED_AT + timedelta(days=10)
STARTS_ON = TODAY + timedelta(days=9)


@pytest.fixture
def away(db_session: Session, cast: Cast) -> School:
    """A school in the other district, whose own book gives 0.7 for a visit."""
    school = organisations.create_school(db_session, district=cast.other_district, code="fuhua", name="福华学校")
    text = SAMPLE_BOOK.read_text(encoding="utf-8").replace("id: sample-2026", "id: futian-2026")
    text = text.replace("credits: 0.5\n    text: 每次参观计 0.5", "credits: 0.7\n    text: 每次参观计 0.7")
    publish_book(db_session, text=text, now=MADE_AT, district=cast.other_district)
    db_session.commit()
    return school


@pytest.fixture
def receiver(db_session: Session, away: School) -> User:
    user = people.create_user(db_session, login_name="qian", display_name="钱老师", school=away, now=MADE_AT)
    people.grant_role(db_session, user=user, kind="science_counselor", school=away, starts_on=TERM_BEGAN_ON)
    return user


def release(session: Session, cast: Cast, student: Student, *, now: datetime = RELEASED_AT) -> tuple[Transfer, str]:
    return release_student(session, student=student, released_by=cast.counselor, now=now)


def move(session: Session, cast: Cast, away: School, receiver: User, *, code: str | None = None) -> Received:
    code = code or release(session, cast, cast.pupil)[1]
    transfer = usable(session, code=code, school=away, now=RECEIVED_AT)
    received = receive_student(
        session,
        transfer=transfer,
        school=away,
        school_class=None,
        student_no="7001",
        starts_on=STARTS_ON,
        received_by=receiver,
        now=RECEIVED_AT,
    )
    session.commit()
    return received


def test_credits_stand_and_the_new_districts_book_counts_on(
    db_session: Session, cast: Cast, away: School, receiver: User
) -> None:
    """Two visits a venue and year: one at the old school, one at the new by its own book; the third earns nothing."""
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    move(db_session, cast, away, receiver)
    run = cast.visit
    for later in (10, 11):
        shift = timedelta(days=later)
        again = add_occurrence(
            db_session, activity=run.activity, starts_at=run.starts_at + shift, ends_at=run.ends_at + shift
        )
        db_session.commit()
        stay(db_session, cast.pupil, again, today_at(13) + shift, today_at(14) + shift)

    assert entries(db_session, cast.pupil) == [("award", 50), ("award", 70), ("award", 0)]
    books = db_session.scalars(select(LedgerEntry.rule_set).order_by(LedgerEntry.seq)).all()
    assert books == ["sample-2026", "futian-2026", "futian-2026"]
    assert not list(verify(db_session))


def test_the_target_is_not_halved_for_a_child_who_merely_moved(
    db_session: Session, cast: Cast, away: School, receiver: User
) -> None:
    before = pupil_progress(db_session, student=cast.pupil, day=TODAY).target
    received = move(db_session, cast, away, receiver)
    after = pupil_progress(db_session, student=cast.pupil, day=STARTS_ON).target
    assert received.enrolment.joined_on == TERM_BEGAN_ON
    assert before is not None
    assert after is not None
    assert after.centicredits == before.centicredits


def test_the_old_schools_figures_remain_and_it_sees_nothing_new(
    db_session: Session, cast: Cast, away: School, receiver: User
) -> None:
    group = schools.create_class(
        db_session, school=cast.school, academic_year=YEAR, grade=5, name="机器人", kind="group"
    )
    schools.join_group(db_session, student=cast.pupil, group=group, starts_on=TERM_BEGAN_ON)
    pupils = school_overview(db_session, school=cast.school, day=TODAY).counts.pupils

    move(db_session, cast, away, receiver)

    assert school_overview(db_session, school=cast.school, day=TODAY).counts.pupils == pupils
    assert school_overview(db_session, school=cast.school, day=STARTS_ON).counts.pupils == pupils - 1
    assert school_overview(db_session, school=away, day=STARTS_ON).counts.pupils == 1
    last_day = STARTS_ON - timedelta(days=1)
    assert db_session.scalars(select(GroupMember.ends_on)).all() == [last_day]
    places = db_session.scalars(
        select(Enrolment).filter_by(student_id=cast.pupil.id).order_by(Enrolment.starts_on)
    ).all()
    assert [(place.school_id, place.starts_on, place.ends_on) for place in places] == [
        (cast.school.id, TERM_BEGAN_ON, last_day),
        (away.id, STARTS_ON, None),
    ]
    for user in (cast.counselor, cast.homeroom_teacher):
        with pytest.raises(NotFound):
            student_for_staff(db_session, user=user, public_id=cast.pupil.public_id, day=STARTS_ON)
    assert student_for_staff(db_session, user=receiver, public_id=cast.pupil.public_id, day=STARTS_ON) is cast.pupil


def test_the_account_goes_along_under_a_name_that_is_free_there(
    db_session: Session, cast: Cast, away: School, receiver: User
) -> None:
    people.create_user(db_session, login_name="linxiaoyu", display_name="林小宇", school=away, now=MADE_AT)
    received = move(db_session, cast, away, receiver)
    user = cast.pupil.user
    assert user is not None
    assert (received.old_login_name, received.login_name, user.login_name) == (
        "linxiaoyu",
        "linxiaoyu-2",
        "linxiaoyu-2",
    )
    assert user.school_id == away.id
    roles = db_session.scalars(select(Role).filter_by(user_id=user.id).order_by(Role.starts_on)).all()
    assert [(role.school_id, role.ends_on) for role in roles] == [
        (cast.school.id, STARTS_ON - timedelta(days=1)),
        (away.id, None),
    ]


def test_a_code_works_once_for_thirty_days_and_until_it_is_cancelled(
    db_session: Session, cast: Cast, away: School, receiver: User
) -> None:
    first, old_code = release(db_session, cast, cast.pupil)
    transfer, code = release(db_session, cast, cast.pupil)
    assert first.cancelled_at is not None or db_session.get_one(Transfer, first.id, populate_existing=True).cancelled_at
    assert code not in transfer.code_digest
    for wrong, school, now in (
        ("AAAAA-AAAAA", away, RECEIVED_AT),
        (old_code, away, RECEIVED_AT),
        (code, cast.school, RECEIVED_AT),
        (code, away, RELEASED_AT + timedelta(days=31)),
    ):
        with pytest.raises(InvalidInput):
            usable(db_session, code=wrong, school=school, now=now)
    move(db_session, cast, away, receiver, code=code.lower().replace("-", " "))
    with pytest.raises(InvalidInput):
        usable(db_session, code=code, school=cast.other_school, now=RECEIVED_AT)
    with pytest.raises(Conflict):
        cancel_transfer(db_session, transfer=transfer, cancelled_by=cast.counselor, now=RECEIVED_AT)


def test_a_cancelled_code_receives_nobody(db_session: Session, cast: Cast, away: School) -> None:
    transfer, code = release(db_session, cast, cast.pupil)
    cancel_transfer(db_session, transfer=transfer, cancelled_by=cast.counselor, now=RECEIVED_AT)
    with pytest.raises(InvalidInput):
        usable(db_session, code=code, school=away, now=RECEIVED_AT)


@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY + timedelta(days=11)])
def test_the_day_lies_between_release_and_today(
    db_session: Session, cast: Cast, away: School, receiver: User, day: object
) -> None:
    transfer, _code = release(db_session, cast, cast.pupil)
    with pytest.raises(InvalidInput):
        receive_student(
            db_session,
            transfer=transfer,
            school=away,
            school_class=None,
            student_no="",
            starts_on=day,  # type: ignore[arg-type]
            received_by=receiver,
            now=RECEIVED_AT,
        )


def test_the_table_wants_two_people(db_session: Session, cast: Cast, away: School) -> None:
    transfer, _code = release(db_session, cast, cast.pupil)
    with pytest.raises(IntegrityError):
        receive_student(
            db_session,
            transfer=transfer,
            school=away,
            school_class=None,
            student_no="",
            starts_on=STARTS_ON,
            received_by=cast.counselor,
            now=RECEIVED_AT,
        )
