"""A class at a glance: who has earned what, who is near and who at risk, who was never anywhere."""

from __future__ import annotations

from datetime import date

from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.progress.queries import class_counts, class_progress
from credit_app.progress.wording import gap_texts
from credit_app.rule_books.models import RuleBook
from credit_app.schools import actions as schools
from tests.cast import TERM_BEGAN_ON, TODAY, YEAR, Cast, today_at
from tests.progress.year import earns, earns_eight_in_three_categories, newcomer
from tests.scenes import scan, stay
from tests.statements import count_statements

WINTER = date(2026, 12, 1)


def test_credits_by_category_last_activity_and_what_is_missing(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))

    progress = class_progress(db_session, school_class=cast.school_class, day=TODAY)

    pupil, classmate = progress.rows
    assert (pupil.name, pupil.number, pupil.grade) == ("林晓雨", "0501", 5)
    assert pupil.by_category == {"lecture": 30, "venue_visit": 50}
    assert pupil.total == 80
    assert pupil.target is not None
    assert (pupil.target.centicredits, pupil.target.categories, pupil.target.venue_attendances) == (800, 3, 2)
    assert (pupil.tally.last_on, pupil.tally.last_title) == (TODAY, "周末参观")
    assert (pupil.tally.participations, pupil.tally.venue_attendances, pupil.tally.pending) == (2, 2, 0)
    assert gap_texts(pupil.standing) == ["7.2 学分", "1 个类别"]
    assert not classmate.took_part
    assert gap_texts(classmate.standing) == ["8 学分", "3 个类别", "2 次场馆活动"]
    assert progress.never_took_part == [classmate]


def test_on_target_near_and_at_risk(db_session: Session, cast: Cast) -> None:
    """On 1 December 91 of 365 days are gone; 60 % of that share of 8.0 is 1.197: 1.2 is near, 1.1 at risk."""
    near = newcomer(db_session, cast.school_class, "马跃", "0503")
    risk = newcomer(db_session, cast.school_class, "牛小凡", "0504")
    earns_eight_in_three_categories(db_session, cast.pupil)
    for occurrence, came_at in ((cast.lecture, today_at(9)), (cast.visit, today_at(13))):
        scan(db_session, cast.pupil, occurrence, "in", came_at)
    for category in ("club_festival", "club_festival", "online_learning"):
        earns(db_session, near, category)
    for category in ("club_festival", "lecture", "lecture"):
        earns(db_session, risk, category)

    progress = class_progress(db_session, school_class=cast.school_class, day=WINTER)

    assert [(row.name, row.total, row.state) for row in progress.rows] == [
        ("林晓雨", 830, "on_target"),
        ("孙浩", 0, "at_risk"),
        ("马跃", 120, "near_target"),
        ("牛小凡", 110, "at_risk"),
    ]
    counts = progress.counts
    assert (counts.on_target, counts.near_target, counts.at_risk, counts.never_took_part) == (1, 1, 2, 1)


def test_credits_enough_but_never_at_a_venue_is_not_on_target(db_session: Session, cast: Cast) -> None:
    earns_eight_in_three_categories(db_session, cast.pupil)

    row = class_progress(db_session, school_class=cast.school_class, day=WINTER).rows[0]

    assert (row.total, row.state) == (800, "near_target")
    assert gap_texts(row.standing) == ["2 次场馆活动"]


def test_who_joins_in_the_second_semester_has_half_the_target(db_session: Session, cast: Cast) -> None:
    newcomer(db_session, cast.school_class, "韩雪", "0509", starts_on=date(2027, 2, 1))

    row = class_progress(db_session, school_class=cast.school_class, day=date(2027, 3, 1)).rows[-1]

    assert row.target is not None
    assert (row.target.centicredits, row.target.categories, row.target.venue_attendances) == (400, 2, 1)


def test_a_visit_still_inside_is_pending_and_counts_as_taken_part(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))

    row = class_progress(db_session, school_class=cast.school_class, day=TODAY).rows[0]

    assert (row.took_part, row.total, row.tally.pending) == (True, 0, 1)


def test_the_order_is_number_then_pinyin_whatever_was_earned(db_session: Session, cast: Cast) -> None:
    for name, number in (("张弛", "0500"), ("赵一", ""), ("安然", ""), ("Émile Zhou", ""), ("𠮷田阳", "")):
        newcomer(db_session, cast.school_class, name, number)
    earns(db_session, cast.classmate, "research_project", level="excellent")

    rows = class_progress(db_session, school_class=cast.school_class, day=TODAY).rows

    assert [row.name for row in rows] == ["安然", "赵一", "Émile Zhou", "𠮷田阳", "张弛", "林晓雨", "孙浩"]


def test_a_teaching_group_shows_its_members_of_any_class_with_their_own_targets(
    db_session: Session, cast: Cast
) -> None:
    group = schools.create_class(
        db_session, school=cast.school, academic_year=YEAR, grade=None, name="机器人社", kind="group"
    )
    seventh = schools.create_class(db_session, school=cast.school, academic_year=YEAR, grade=7, name="七(1)班")
    elder = newcomer(db_session, seventh, "白露", "0701", grade=7)
    for member in (cast.classmate, elder):
        schools.join_group(db_session, student=member, group=group, starts_on=TERM_BEGAN_ON)

    rows = class_progress(db_session, school_class=group, day=TODAY).rows

    assert [(row.name, row.grade, row.target.centicredits if row.target else None) for row in rows] == [
        ("孙浩", 5, 800),
        ("白露", 7, 1000),
    ]


def test_who_has_left_is_no_longer_listed_and_who_comes_later_not_yet(db_session: Session, cast: Cast) -> None:
    newcomer(db_session, cast.school_class, "后来", "0510", starts_on=date(2026, 11, 2))
    schools.end_enrolment(db_session, student=cast.classmate, ends_on=date(2026, 10, 16))

    listed = {
        day: [row.name for row in class_progress(db_session, school_class=cast.school_class, day=day).rows]
        for day in (date(2026, 10, 16), TODAY, date(2026, 11, 2))
    }

    assert listed == {
        date(2026, 10, 16): ["林晓雨", "孙浩"],
        TODAY: ["林晓雨"],
        date(2026, 11, 2): ["林晓雨", "后来"],
    }


def test_a_class_of_a_past_year_is_shown_as_on_its_last_day(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))

    progress = class_progress(db_session, school_class=cast.school_class, day=date(2027, 11, 1))

    assert (progress.year, progress.day) == ("2026-2027", date(2027, 8, 31))
    assert progress.rows[0].total == 30


def test_a_grade_that_the_book_does_not_know_has_no_target(db_session: Session, cast: Cast) -> None:
    upper = schools.create_class(db_session, school=cast.school, academic_year=YEAR, grade=10, name="高一(1)班")
    newcomer(db_session, upper, "高远", "1001", grade=10)

    progress = class_progress(db_session, school_class=upper, day=TODAY)

    assert (progress.rows[0].standing, progress.rows[0].state) == (None, None)
    assert progress.counts.without_target == 1


def test_without_a_rule_set_credits_stand_and_nothing_is_asked(db_session: Session, cast: Cast) -> None:
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    db_session.execute(delete(RuleBook))

    progress = class_progress(db_session, school_class=cast.school_class, day=TODAY)

    assert progress.book is None
    assert progress.categories == ["lecture"]
    assert [(row.total, row.standing) for row in progress.rows] == [(30, None), (0, None)]


def test_an_empty_class(db_session: Session, cast: Cast) -> None:
    empty = schools.create_class(db_session, school=cast.school, academic_year=YEAR, grade=6, name="六(9)班")

    progress = class_progress(db_session, school_class=empty, day=TODAY)

    assert (progress.rows, progress.counts.pupils) == ([], 0)


def test_the_number_of_statements_does_not_grow_with_the_class(app: Flask, db_session: Session, cast: Cast) -> None:
    class_progress(db_session, school_class=cast.school_class, day=TODAY)  # the book is read once and kept
    with count_statements(db.engine) as few:
        class_progress(db_session, school_class=cast.school_class, day=TODAY)
    for number in range(40):
        pupil = newcomer(db_session, cast.school_class, f"同学{number}", f"06{number:02d}")
        earns(db_session, pupil, "club_festival")
    with count_statements(db.engine) as many:
        progress = class_progress(db_session, school_class=cast.school_class, day=TODAY)

    assert len(progress.rows) == 42
    assert len(few) == len(many) == 4


def test_cards_count_a_class_and_a_group_of_it_each_by_itself(db_session: Session, cast: Cast) -> None:
    group = schools.create_class(
        db_session, school=cast.school, academic_year=YEAR, grade=5, name="科学课五(1)", kind="group"
    )
    schools.join_group(db_session, student=cast.classmate, group=group, starts_on=TERM_BEGAN_ON)
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))

    counts = class_counts(db_session, classes=[cast.school_class, group], day=TODAY)

    assert (counts[cast.school_class.id].pupils, counts[cast.school_class.id].never_took_part) == (2, 1)
    assert (counts[group.id].pupils, counts[group.id].never_took_part) == (1, 1)
