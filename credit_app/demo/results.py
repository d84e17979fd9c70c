"""The list of competitions, and a few results: some approved, one returned, two that wait for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.demo import names
from credit_app.demo.places import City
from credit_app.recognition.results.actions import enter_result
from credit_app.recognition.results.competitions import add_competition
from credit_app.recognition.results.deciding import decide_results
from credit_app.recognition.results.entry import Entry
from credit_app.recognition.results.matching import Place, place_of
from credit_app.rules.calendar import local_date
from credit_app.schools.models import Student

INNOVATION = "青少年科技创新大赛"
# (name, district code or None for the whole city, source)
COMPETITIONS = (
    (INNOVATION, None, "市教育局、市科协公布的 2026 年赛事名单（示例）"),
    ("中小学生信息科技实践活动", None, "市教育局、市科协公布的 2026 年赛事名单（示例）"),
    ("江湾区小发明擂台赛", "jiangwan", "江湾区教育局公布的名单（示例）"),
    ("江湾区机器人普及赛", "jiangwan", "江湾区教育局公布的名单（示例）"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A result of the `seat`-th pupil of the demonstration's school, `days_ago`; `decision` None: it waits."""

    seat: int
    days_ago: int
    category: str
    title: str
    level: str
    document: str
    decision: str | None = "approved"
    remark: str = ""


RESULTS = (
    Plan(0, 26, "competition", INNOVATION, "district", "区赛获奖公布文件第 12 号"),
    Plan(0, 12, "competition", INNOVATION, "city", "证书 SC-2026-0417"),
    Plan(1, 19, "research_project", "校园鸟类的一个月", "done", "课题评审记录 第 3 项"),
    Plan(2, 19, "research_project", "会呼吸的墙", "excellent", "课题评审记录 第 4 项"),
    Plan(3, 9, "online_learning", "在线课程：认识潮汐", "", "学习回应 2026-31"),
    Plan(4, 12, "competition", "全国少年智力擂台邀请赛", "nation", "证书 QZ-88"),
    Plan(
        5,
        12,
        "competition",
        INNOVATION,
        "city",
        "证书 SC-2026-0433",
        "returned",
        "证书上的姓名不符，请核对原件。",
    ),
    Plan(6, 5, "competition", "江湾区小发明擂台赛", "district", "区赛获奖公布文件第 15 号", None),
    Plan(0, 3, "online_learning", "在线课程：月相与农历", "", "学习回应 2026-45", None),
)


def build_results(session: Session, city: City) -> None:
    """The competitions are listed and the results entered by the school's counselor; a bureau officer has decided on
    all but the last two. One of the competitions is on no list."""
    for name, code, source in COMPETITIONS:
        add_competition(
            session,
            district=city.districts[code] if code else None,
            name=name,
            starts_on=local_date(city.made_at),
            ends_on=None,
            source=source,
            added_by=city.officers[code] if code else None,
            now=city.made_at,
        )
    students = _students(session, city)
    for plan in RESULTS:
        day = local_date(city.now) - timedelta(days=plan.days_ago)
        place = _place(session, city, students[plan.seat], day)
        if place is not None:
            _enter(session, city, plan, place, day)


def _enter(session: Session, city: City, plan: Plan, place: Place, day: date) -> None:
    entered_at = city.now - timedelta(days=plan.days_ago - 1)
    result = enter_result(
        session,
        place=place,
        entry=Entry(
            category=plan.category,
            title=plan.title,
            level=plan.level,
            occurred_on=day,
            document_ref=plan.document,
        ),
        entered_by=city.counselors[names.DEMO_SCHOOL],
        now=entered_at,
    )
    if plan.decision is not None:
        decide_results(
            session,
            results=[result],
            decision=plan.decision,
            remark=plan.remark,
            decided_by=city.officers["jiangwan"],
            now=entered_at + timedelta(days=2),
        )


def _students(session: Session, city: City) -> list[Student]:
    """The pupils of the demonstration's school: its own pupil first, then the others of that grade, then the rest."""
    grades = {pupil.public_id: pupil.grade for pupil in city.pupils if pupil.school == names.DEMO_SCHOOL}
    found = session.scalars(select(Student).where(Student.public_id.in_(grades)))
    return sorted(found, key=lambda each: (grades[each.public_id] != names.DEMO_GRADE, each.student_no))


def _place(session: Session, city: City, student: Student, day: date) -> Place | None:
    found = place_of(session, student=student, school=city.schools[names.DEMO_SCHOOL], day=day)
    return found if isinstance(found, Place) else None
