"""What the teacher's pages say: the class, a pupil, the school, where they have been."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.extensions import db
from credit_app.rule_books.models import RuleBook
from credit_app.schools import actions as schools
from credit_app.schools.models import SchoolClass
from tests.cast import TERM_BEGAN_ON, TODAY, YEAR, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there, words
from tests.progress.year import earns, newcomer
from tests.scenes import scan
from tests.statements import count_statements
from tests.visitor import Visitor

AWKWARD_NAMES = ("=1+1", "@SUM(A1)", "<script>alert(1)</script>", "🦕恐龙", "䶮㛃𠮷", 'O\'Brien "Bo"')


@pytest.fixture
def teacher(client: Visitor, cast: Cast, clock: HeldClock) -> Visitor:
    """The homeroom teacher, signed in on the evening of the programme."""
    clock.set(today_at(18))
    client.sign_in(cast.homeroom_teacher)
    return client


@pytest.fixture
def counselor(app: Flask, cast: Cast, clock: HeldClock) -> Visitor:
    """The school's science counselor, signed in on the evening of the programme."""
    clock.set(today_at(18))
    visitor = Visitor(app)
    visitor.sign_in(cast.counselor)
    return visitor


def class_page(cast: Cast, show: str = "") -> str:
    return f"/teacher/classes/{cast.school_class.public_id}" + (f"?show={show}" if show else "")


def test_the_class_shows_credits_state_and_what_is_missing(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    have_been_there(db_session, cast)

    said = words(teacher.get(class_page(cast)).text)

    assert "0501 林晓雨 0.8 目标 / 8 接近达标 还差 7.2 学分、1 个类别 0.5 0.3 周末参观 10月17日 周六 1 项待认定" in said
    assert "0502 孙浩 0 目标 / 8 接近达标 还差 8 学分、3 个类别 周末参观" in said
    assert "全班还没有人得分的类别：探究课程、社团与科技节" in said


def test_the_class_can_be_narrowed_to_a_state(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    earns(db_session, cast.pupil, "club_festival")

    never = words(teacher.get(class_page(cast, "never")).text)
    near = words(teacher.get(class_page(cast, "near_target")).text)
    risk = words(teacher.get(class_page(cast, "at_risk")).text)
    nonsense = words(teacher.get(class_page(cast, "rich")).text)

    assert ("孙浩" in never, "林晓雨" in never) == (True, False)
    assert ("孙浩" in near, "林晓雨" in near) == (True, True)
    assert "没有这种状态的学生" in risk
    assert ("孙浩" in nonsense, "林晓雨" in nonsense) == (True, True)


def test_pupils_stand_in_the_order_of_the_list_and_never_of_credits(
    teacher: Visitor, db_session: Session, cast: Cast
) -> None:
    earns(db_session, cast.classmate, "research_project", level="excellent")

    said = words(teacher.get(class_page(cast)).text)

    assert said.index("林晓雨") < said.index("孙浩")
    assert "sort" not in teacher.get(class_page(cast)).text


def test_an_empty_class_says_what_to_do(counselor: Visitor, db_session: Session, cast: Cast) -> None:
    empty = schools.create_class(db_session, school=cast.school, academic_year=YEAR, grade=6, name="六(9)班")

    said = words(counselor.get(f"/teacher/classes/{empty.public_id}").text)

    assert "这个班还没有学生" in said
    assert "下载" not in said


def test_names_of_any_kind_are_shown_as_they_are(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    for number, name in enumerate(AWKWARD_NAMES):
        newcomer(db_session, cast.school_class, name, f"06{number:02d}")

    page = teacher.get(class_page(cast)).text

    assert all(name in words(page) for name in AWKWARD_NAMES if "<" not in name)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_day_without_a_rule_set_is_said_and_nothing_is_lost(
    teacher: Visitor, db_session: Session, cast: Cast
) -> None:
    earns(db_session, cast.pupil, "club_festival")
    db_session.execute(delete(RuleBook))
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))

    of_class = words(teacher.get(class_page(cast)).text)
    of_pupil = words(teacher.get(f"/teacher/pupils/{cast.pupil.public_id}").text)

    assert "没有生效的学分规则" in of_class
    assert "0501 林晓雨 0.5 无目标" in of_class
    assert "暂无学年目标" in of_pupil
    assert "海洋为什么是蓝的 10月17日 09:00 · 海湾科技馆 当天没有生效的学分规则 待认定" in of_pupil


def test_the_class_page_asks_at_most_fifteen_statements_however_many_pupils(
    teacher: Visitor, db_session: Session, cast: Cast
) -> None:
    teacher.get(class_page(cast))  # the book is read once and kept
    with count_statements(db.engine) as few:
        assert teacher.get(class_page(cast)).status_code == 200
    for number in range(40):
        earns(db_session, newcomer(db_session, cast.school_class, f"同学{number}", f"06{number:02d}"), "club_festival")
    db_session.commit()
    with count_statements(db.engine) as many:
        assert teacher.get(class_page(cast)).status_code == 200

    assert len(few) == len(many) <= 15


def test_a_pupil_is_shown_with_every_participation_and_its_reason(
    teacher: Visitor, db_session: Session, cast: Cast
) -> None:
    have_been_there(db_session, cast)

    said = words(teacher.get(f"/teacher/pupils/{cast.pupil.public_id}").text)

    assert "还差 7.2 学分 学年目标 8 学分 接近达标" in said
    assert "得分类别 2 / 3 还差 1" in said
    assert "场馆活动 3 / 2 已满足" in said
    assert "周末参观 10月17日 13:00 · 海湾科技馆 + 0.5" in said or "周末参观 10月17日 13:00 · 海湾科技馆 +0.5" in said
    assert "动手做一台净水器 10月17日 10:00 · 海湾科技馆 学习单尚未通过 待认定" in said


def test_a_participation_is_explained_step_by_step(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    have_been_there(db_session, cast)
    of = {
        attendance.occurrence_id: attendance.public_id
        for attendance in db_session.scalars(select(Attendance).filter_by(student_id=cast.classmate.id))
    }
    page = f"/teacher/pupils/{cast.classmate.public_id}/participations"

    too_short = words(teacher.get(f"{page}/{of[cast.course.id]}").text)
    inside = words(teacher.get(f"{page}/{of[cast.visit.id]}").text)

    assert "停留 60 分钟，未达到要求的 96 分钟" in too_short.replace(",", "，")
    assert "本次未获得学分" in too_short
    assert "还在场" in inside
    assert "待认定" in inside
    assert "可得 0.5 学分" in inside


def test_the_pages_of_a_pupil_ask_a_constant_number_of_statements(
    teacher: Visitor, db_session: Session, cast: Cast
) -> None:
    have_been_there(db_session, cast)
    counted = []
    for student in (cast.classmate, cast.pupil):
        path = f"/teacher/pupils/{student.public_id}"
        teacher.get(path)
        with count_statements(db.engine) as statements:
            assert teacher.get(path).status_code == 200
        counted.append(len(statements))

    assert counted[0] == counted[1] <= 22


def test_a_teacher_begins_with_classes_and_what_waits(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    have_been_there(db_session, cast)

    said = words(teacher.get("/teacher").text)

    assert "五(1)班 2 人" in said
    assert "待审学习单 全部待审 动手做一台净水器 10月17日 10:00 · 海湾科技馆 2 份" in said
    assert "导入名单" not in said


def test_a_teacher_without_a_class_is_told_whom_to_ask(app: Flask, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(18))
    visitor = Visitor(app)
    visitor.sign_in(cast.colleague)

    assert "您名下还没有班级" in words(visitor.get("/teacher").text)


def test_a_counselor_has_the_school_on_one_page(counselor: Visitor, db_session: Session, cast: Cast) -> None:
    second = schools.create_class(db_session, school=cast.school, academic_year=YEAR, grade=6, name="六(1)班")
    newcomer(db_session, second, "田野", "0601", grade=6)
    group = schools.create_class(
        db_session, school=cast.school, academic_year=YEAR, grade=5, name="科学社", kind="group"
    )
    schools.join_group(db_session, student=cast.pupil, group=group, starts_on=TERM_BEGAN_ON)
    have_been_there(db_session, cast)

    said = words(counselor.get("/teacher").text)

    assert "海天学校" in said
    assert "在校学生 3 人" in said
    assert "五(1)班 周老师 2 0 2 0 0 2 / 2" in said
    assert "六(1)班 未设置 1 0 1 0 1 0 / 1" in said
    assert "没有班主任的班级，没有老师能审核学习单和发放激活单： 六(1)班" in said
    assert "科学社" in said
    assert "青蓝" not in said
    assert "林晓雨" not in said, "figures only: no pupil is named on the overview"


def test_pupils_without_a_class_are_reached_from_the_overview(
    counselor: Visitor, db_session: Session, cast: Cast
) -> None:
    have_been_there(db_session, cast)
    schools.move_to_class(db_session, student=cast.pupil, school_class=None, moved_on=TODAY)

    overview = counselor.get("/teacher").text
    said = words(counselor.get("/teacher/grades/5").text)

    assert "5 年级，尚未分班 — 1 0 1 0 0 1 / 1" in words(overview)
    assert 'href="/teacher/grades/5"' in overview
    assert "0501 林晓雨 0.8 目标 / 8 接近达标" in said
    assert "孙浩" not in said
    file = counselor.get("/teacher/grades/5/progress.csv").data.decode("utf-8-sig")
    assert "海天学校" in file
    assert "0501,林晓雨,0.5" in file


def test_a_school_without_a_roster_is_led_to_the_import(counselor: Visitor, db_session: Session, cast: Cast) -> None:
    for student in (cast.pupil, cast.classmate):
        schools.end_enrolment(db_session, student=student, ends_on=TODAY - timedelta(days=1))
    for school_class in db_session.scalars(select(SchoolClass).filter_by(school_id=cast.school.id)):
        school_class.is_active = False

    page = counselor.get("/teacher").text

    assert "学校还没有学生名单" in page
    assert 'href="/teacher/roster"' in page


def test_the_home_pages_ask_a_constant_number_of_statements(
    teacher: Visitor, counselor: Visitor, db_session: Session, cast: Cast
) -> None:
    have_been_there(db_session, cast)
    counted: list[tuple[int, int]] = []
    for grade in (3, 4):
        figures = []
        for visitor in (teacher, counselor):
            visitor.get("/teacher")
            with count_statements(db.engine) as statements:
                visitor.get("/teacher")
            figures.append(len(statements))
        counted.append((figures[0], figures[1]))
        for number in range(5):
            another = schools.create_class(
                db_session, school=cast.school, academic_year=YEAR, grade=grade, name=f"新{number}班"
            )
            schools.assign_teacher(
                db_session,
                school_class=another,
                user=cast.homeroom_teacher,
                kind="teacher",
                starts_on=TERM_BEGAN_ON,
            )
            newcomer(db_session, another, f"同学{number}", grade=grade)

    assert counted[0] == counted[1]
    assert max(counted[0]) <= 15


def test_where_the_pupils_have_been_newest_first_and_paged(teacher: Visitor, db_session: Session, cast: Cast) -> None:
    have_been_there(db_session, cast)

    said = words(teacher.get("/teacher/occurrences").text)
    beyond = words(teacher.get("/teacher/occurrences?page=2").text)

    assert said.index("周末参观") < said.index("动手做一台净水器") < said.index("海洋为什么是蓝的")
    assert "动手做一台净水器 10:00–12:00 海湾科技馆 2 名学生到场 待审学习单 2 份" in said
    assert "海洋为什么是蓝的 09:00–10:30 海湾科技馆 1 名学生到场" in said
    assert "没有更早的场次" in beyond
    assert teacher.get("/teacher/occurrences?page=0").status_code == 200
    assert teacher.get("/teacher/occurrences?page=x").status_code == 200


def test_only_what_waits_can_be_listed_and_is_gone_when_it_is_decided(
    teacher: Visitor, db_session: Session, cast: Cast
) -> None:
    have_been_there(db_session, cast)
    course = f"/teacher/occurrences/{cast.course.public_id}"

    before = words(teacher.get("/teacher/occurrences?show=waiting").text)
    teacher.submit(course, {"button": "approve_waiting"}, seen_on=course)
    after = words(teacher.get("/teacher/occurrences?show=waiting").text)

    assert ("动手做一台净水器" in before, "周末参观" in before) == (True, False)
    assert "没有待审的学习单" in after


def test_nothing_yet_is_said_with_a_next_step(teacher: Visitor) -> None:
    assert "本学年还没有学生到场" in words(teacher.get("/teacher/occurrences").text)
