"""Venue staff create, change and submit activities: what they see, and what is refused at which field."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.activities import actions
from credit_app.activities.models import Activity, Occurrence
from credit_app.extensions import db
from credit_app.people import actions as people
from tests.activities.making import OUTLINE, decide, draft, published, submitted, with_run
from tests.cast import TERM_BEGAN_ON, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.offering import FILLED_IN, NEW, errors_at
from tests.scenes import scan
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.fixture
def staff(client: Visitor, cast: Cast, clock: HeldClock) -> Visitor:
    """The venue's staff at their desk, on the morning of the cast's day."""
    clock.set(today_at(8))
    client.sign_in(cast.venue_staff)
    return client


def count(session: Session, table: Any) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_activity_and_its_first_run_are_saved_together_as_a_draft(
    staff: Visitor, db_session: Session, cast: Cast
) -> None:
    answer = staff.submit(NEW, FILLED_IN)
    assert answer.status_code == 303
    activity = db_session.scalars(select(Activity).filter_by(title="动手做一架望远镜")).one()
    assert answer.location == f"/venue/activities/{activity.public_id}"
    assert (activity.status, activity.venue_id, activity.district_id) == ("draft", cast.venue.id, cast.district.id)
    assert (activity.category, activity.grade_from, activity.grade_to) == ("inquiry_course", 3, 6)
    assert activity.summary == "带上好奇心。\n需要家长陪同。"
    assert activity.at_venue
    run = activity.occurrences[0]
    # 9 o'clock on the wall of the venue is one o'clock in UTC.
    assert (run.starts_at.isoformat(), run.ends_at.isoformat()) == (
        "2026-10-24T01:00:00+00:00",
        "2026-10-24T03:00:00+00:00",
    )
    assert (run.occurs_on, run.capacity, run.room) == (date(2026, 10, 24), 30, "二楼实验室")
    page = staff.get(answer.location).text
    assert "草稿已保存" in page
    assert "二楼实验室" in page


def test_the_other_button_submits_it_at_once(staff: Visitor, db_session: Session, cast: Cast) -> None:
    staff.submit(NEW, FILLED_IN | {"submit_for_review": "1"})
    activity = db_session.scalars(select(Activity).filter_by(title="动手做一架望远镜")).one()
    assert (activity.status, activity.submitted_at) == ("submitted", today_at(8))


def test_a_delivery_to_a_school_takes_place_at_no_venue(staff: Visitor, db_session: Session, cast: Cast) -> None:
    staff.submit(NEW, FILLED_IN | {"place": "school"})
    assert db_session.scalars(select(Activity).filter_by(title="动手做一架望远镜")).one().at_venue is False


# What is typed instead, the field at which it is refused, and the message there.
WRONG = [
    ({"title": ""}, "title", "请填写活动名称。"),
    ({"title": "  \n "}, "title", "请填写活动名称。"),
    ({"title": "长" * 10_000}, "title", "活动名称最多 80 个字。"),
    ({"summary": "字" * 10_000}, "summary", "活动简介最多 2000 个字。"),
    ({"room": "楼" * 10_000}, "room", "地点最多 60 个字。"),
    ({"category": ""}, "category", "请选择一个类别。"),
    ({"category": "no_such"}, "category", "现行规则里没有这个类别，请重新选择。"),
    ({"category": "competition"}, "category", "现行规则里没有这个类别，请重新选择。"),
    ({"place": "moon"}, "place", "请选择在哪里进行。"),
    ({"grade_from": "0"}, "grade_from", "年级范围是 1 到 9。"),
    ({"grade_to": "10"}, "grade_to", "年级范围是 1 到 9。"),
    ({"grade_to": "六"}, "grade_to", "年级范围是 1 到 9。"),
    ({"grade_from": "6", "grade_to": "3"}, "grade_to", "起始年级不能高于结束年级。"),
    ({"starts_at": ""}, "starts_at", "请填写开始时间。"),
    ({"ends_at": ""}, "ends_at", "请填写结束时间。"),
    ({"starts_at": "明天上午"}, "starts_at", "请填写日期和时间，例如 2026-10-17 09:00。"),
    ({"starts_at": "0026-10-24T09:00"}, "starts_at", "请检查年份。"),
    ({"ends_at": "9999-12-31T23:59"}, "ends_at", "请检查年份。"),
    ({"starts_at": "2026-10-17T08:00"}, "starts_at", "开始时间已经过去，请填写将来的时间。"),
    ({"ends_at": "2026-10-24T09:00"}, "ends_at", "结束时间要晚于开始时间。"),
    ({"ends_at": "2026-10-24T08:59"}, "ends_at", "结束时间要晚于开始时间。"),
    ({"ends_at": "2026-10-24T23:01"}, "ends_at", "一场活动最长 14 小时；多日活动请分成几场。"),
    ({"capacity": "0"}, "capacity", "名额至少为 1；不限名额请留空。"),
    ({"capacity": "-1"}, "capacity", "名额至少为 1；不限名额请留空。"),
    ({"capacity": "99999999999999999999"}, "capacity", "名额最多为 50000；不限名额请留空。"),
    ({"capacity": "三十"}, "capacity", "请填写整数，例如 30。"),
    ({"capacity": "2.5"}, "capacity", "请填写整数，例如 30。"),
]


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(staff: Visitor, db_session: Session) -> None:
    before = count(db_session, Activity), count(db_session, Occurrence)
    for wrong, field, message in WRONG:
        answer = staff.submit(NEW, FILLED_IN | wrong | {"submit_for_review": "1"})
        assert (answer.status_code, errors_at(answer.text, field)) == (422, [message]), (field, message)
        if field != "room":  # what was right is still there
            assert 'value="二楼实验室"' in answer.text
    assert (count(db_session, Activity), count(db_session, Occurrence)) == before


def test_every_field_that_is_wrong_is_told_at_once(staff: Visitor) -> None:
    page = staff.submit(NEW, {"grade_from": "1", "grade_to": "9", "capacity": "0"}).text
    for field in ("title", "category", "starts_at", "ends_at", "capacity"):
        assert len(errors_at(page, field)) == 1, field


def test_invisible_characters_are_not_stored(staff: Visitor, db_session: Session) -> None:
    """PostgreSQL has no place for a NUL, and nobody sees a bell."""
    assert staff.submit(NEW, FILLED_IN | {"title": "望\x00远\x07镜", "room": "三\x00楼"}).status_code == 303
    activity = db_session.scalars(select(Activity).filter_by(title="望远镜")).one()
    assert activity.occurrences[0].room == "三楼"


def test_markup_in_a_title_is_shown_and_not_obeyed(staff: Visitor, db_session: Session) -> None:
    page = staff.submit(NEW, FILLED_IN | {"title": "<script>alert(1)</script>"}, follow_redirects=True).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_only_categories_that_being_there_can_earn_are_offered(staff: Visitor) -> None:
    offered = re.findall(r'name="category"[^>]*value="(\w+)"', staff.get(NEW).text)
    assert offered == ["venue_visit", "inquiry_course", "lecture", "club_festival", "volunteer_guide"]


def test_without_a_rule_set_nothing_can_be_offered_and_the_page_names_the_day(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8).replace(year=2029))  # the sample ends on 31 August 2028
    client.sign_in(cast.venue_staff)
    page = client.get(NEW)
    assert (page.status_code, "现在还不能新建活动" in page.text, "2029-10-17" in page.text) == (200, True, True)
    before = count(db_session, Activity)
    assert client.submit(NEW, FILLED_IN).status_code == 409
    assert count(db_session, Activity) == before


def test_staff_of_two_venues_choose_which_one_offers_it(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    people.grant_role(
        db_session, user=cast.venue_staff, kind="venue_staff", venue=cast.other_venue, starts_on=TERM_BEGAN_ON
    )
    client.sign_in(cast.venue_staff)
    assert "山谷植物园" in client.get(NEW).text
    refused = client.submit(NEW, FILLED_IN | {"venue": "nosuchthing"})
    assert (refused.status_code, errors_at(refused.text, "venue")) == (422, ["请选择您所在的场馆。"])
    client.submit(NEW, FILLED_IN | {"venue": cast.other_venue.public_id})
    assert (
        db_session.scalars(select(Activity).filter_by(title="动手做一架望远镜")).one().venue_id == cast.other_venue.id
    )


def test_a_draft_is_changed_and_its_values_stand_in_the_form(staff: Visitor, db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast)
    address = f"/venue/activities/{activity.public_id}"
    assert f'value="{OUTLINE.title}"' in staff.get(f"{address}/edit").text
    assert staff.submit(f"{address}/edit", FILLED_IN).status_code == 303
    db_session.expire_all()
    assert (activity.title, activity.grade_to) == ("动手做一架望远镜", 6)
    refused = staff.submit(f"{address}/edit", FILLED_IN | {"title": ""})
    assert (refused.status_code, errors_at(refused.text, "title")) == (422, ["请填写活动名称。"])


def test_what_is_submitted_cannot_be_changed_until_it_is_taken_back(
    staff: Visitor, db_session: Session, cast: Cast
) -> None:
    activity = submitted(db_session, cast)
    address = f"/venue/activities/{activity.public_id}"
    assert staff.get(f"{address}/edit").status_code == 302
    assert staff.submit(f"{address}/edit", FILLED_IN).status_code == 409
    assert staff.submit(f"{address}/occurrences/new", FILLED_IN).status_code == 409
    assert "已撤回" in staff.submit(f"{address}/recall", follow_redirects=True).text
    assert staff.submit(f"{address}/edit", FILLED_IN).status_code == 303
    assert "不在审核中" in staff.submit(f"{address}/recall", follow_redirects=True).text


def test_what_is_published_keeps_its_outline(staff: Visitor, db_session: Session, cast: Cast) -> None:
    activity = published(db_session, cast)
    answer = staff.submit(f"/venue/activities/{activity.public_id}/edit", FILLED_IN)
    assert (answer.status_code, "已经发布或撤下，不能修改" in answer.text) == (409, True)
    db_session.expire_all()
    assert activity.title == OUTLINE.title


def test_without_a_run_to_come_nothing_is_submitted(staff: Visitor, db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast)
    address = f"/venue/activities/{activity.public_id}"
    assert "还没有场次" in staff.get(address).text
    assert "请先安排至少一个还没结束的场次" in staff.submit(f"{address}/submit", follow_redirects=True).text
    db_session.expire_all()
    assert activity.status == "draft"


def test_submitting_twice_asks_the_bureau_once(staff: Visitor, db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast)
    with_run(db_session, activity)
    address = f"/venue/activities/{activity.public_id}/submit"
    assert "已提交教育局审核" in staff.submit(address, follow_redirects=True).text
    assert "已经提交过了" in staff.submit(address, follow_redirects=True).text


def test_a_returned_activity_shows_the_bureaus_remark_on_the_first_page_and_its_own(
    staff: Visitor, db_session: Session, cast: Cast
) -> None:
    activity = submitted(db_session, cast)
    decide(db_session, activity, "returned", cast, "请补充安全预案。")
    for path in ("/venue", f"/venue/activities/{activity.public_id}"):
        page = staff.get(path).text
        assert "请补充安全预案。" in page
        assert "宋科长" not in page  # to a venue the bureau speaks as one
    assert staff.submit(f"/venue/activities/{activity.public_id}/submit").status_code == 303


def test_runs_are_added_changed_and_removed_in_a_draft(staff: Visitor, db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast)
    address = f"/venue/activities/{activity.public_id}/occurrences/new"
    refused = staff.submit(address, FILLED_IN | {"ends_at": "2026-10-24T08:00"})
    assert (refused.status_code, errors_at(refused.text, "ends_at")) == (422, ["结束时间要晚于开始时间。"])
    assert staff.submit(address, FILLED_IN).status_code == 303
    db_session.expire_all()
    run = activity.occurrences[0]
    # The next one is suggested a week later, with the same room.
    suggestion = staff.get(address).text
    assert 'value="2026-10-31T09:00"' in suggestion
    assert 'value="二楼实验室"' in suggestion
    edit = f"/venue/occurrences/{run.public_id}/edit"
    assert 'value="2026-10-24T09:00"' in staff.get(edit).text
    refused = staff.submit(edit, FILLED_IN | {"capacity": "0"})
    assert (refused.status_code, errors_at(refused.text, "capacity")) == (422, ["名额至少为 1；不限名额请留空。"])
    assert staff.submit(edit, FILLED_IN | {"capacity": ""}).status_code == 303
    db_session.expire_all()
    assert run.capacity is None
    assert staff.submit(f"/venue/occurrences/{run.public_id}/remove").status_code == 303
    db_session.expire_all()
    assert activity.occurrences == []


def test_a_published_run_is_cancelled_unless_somebody_is_there_already(
    staff: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    visit = f"/venue/occurrences/{cast.visit.public_id}"
    assert staff.submit(f"{visit}/remove").status_code == 409
    scan(db_session, cast.pupil, cast.visit, "in", clock.set(today_at(12, 45)))
    answer = staff.submit(f"{visit}/cancel")
    assert (answer.status_code, "已经有学生签到" in answer.text) == (409, True)
    db_session.expire_all()
    assert cast.visit.status == "scheduled"
    clock.set(today_at(8))
    assert staff.submit(f"/venue/occurrences/{cast.course.public_id}/cancel").status_code == 303
    db_session.expire_all()
    assert cast.course.status == "cancelled"
    assert "已取消" in staff.get("/venue").text


def test_the_first_page_of_a_new_venue_says_what_to_do(client: Visitor, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(8))
    client.sign_in(cast.other_venue_staff)
    page = client.get("/venue").text
    assert "山谷植物园" in page
    assert "发布第一个活动" in page
    assert "海洋为什么是蓝的" not in page


def test_the_first_page_shows_the_week_and_the_way_to_the_screen(
    staff: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    activity = published(db_session, cast)
    later = today_at(9) + timedelta(days=7)
    actions.add_occurrence(db_session, activity=activity, starts_at=later, ends_at=later + timedelta(hours=1))
    clock.set(today_at(11))
    page = staff.get("/venue").text
    for run in (cast.course, cast.visit):
        assert f"/venue/occurrences/{run.public_id}/kiosk" in page
    # The lecture is over and waits to be closed; what starts in a week is not of these seven days.
    assert f"/venue/occurrences/{cast.lecture.public_id}/close" in page
    assert "待结束" in page
    assert f"/venue/occurrences/{activity.occurrences[-1].public_id}" not in page


def test_the_list_is_by_state_and_page(staff: Visitor, db_session: Session, cast: Cast) -> None:
    for number in range(31):
        draft(db_session, cast, title=f"草稿第 {number:02} 号")
    assert staff.get("/venue/activities?status=draft").text.count("草稿第") == 30
    assert staff.get("/venue/activities?status=draft&page=2").text.count("草稿第") == 1
    assert "海洋为什么是蓝的" not in staff.get("/venue/activities?status=draft").text
    assert "海洋为什么是蓝的" in staff.get("/venue/activities?status=published").text
    assert staff.get("/venue/activities?status=nonsense&page=x").status_code == 200


def test_the_pages_ask_as_many_statements_however_much_there_is(
    staff: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    paths = ("/venue", "/venue/activities", f"/venue/activities/{cast.course.activity.public_id}")

    def statements() -> dict[str, int]:
        counts = {}
        for path in paths:
            staff.get(path)
            with count_statements(db.engine) as seen:
                assert staff.get(path).status_code == 200
            counts[path] = len(seen)
        return counts

    def more() -> None:
        decide(db_session, submitted(db_session, cast), "returned", cast, "请补充说明。")
        published(db_session, cast)

    clock.set(today_at(11))
    more()
    before = statements()
    for _ in range(4):
        more()
    for hour in (18, 19, 20):
        actions.add_occurrence(
            db_session, activity=cast.course.activity, starts_at=today_at(hour), ends_at=today_at(hour + 1)
        )
    assert statements() == before
    assert before["/venue"] <= 14
    assert before["/venue/activities"] <= 9
    assert before[paths[2]] <= 9
