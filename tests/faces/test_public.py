"""What anyone may see: the start page, the programme, the page of an activity."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy.orm import Session

from credit_app.activities import actions as activities
from credit_app.activities.models import Activity
from credit_app.extensions import db
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.fixture(autouse=True)
def _on_the_day(clock: HeldClock) -> None:
    clock.set(today_at(8))


def _publish(session: Session, cast: Cast, title: str, starts_at: datetime, **outline: Any) -> Activity:
    """One more activity of the cast's venue, with a run of an hour, approved."""
    activity = activities.create_activity(
        session,
        outline=activities.Outline(title=title, **{"category": "lecture", **outline}),
        venue=cast.venue,
        created_by=cast.venue_staff,
        now=today_at(7),
    )
    activities.add_occurrence(session, activity=activity, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    activities.submit_activity(session, activity=activity, now=today_at(7))
    activities.decide_on_activity(
        session, activity=activity, decision="approved", remark="", decided_by=cast.officer, now=today_at(7)
    )
    return activity


def _titles(page: str) -> list[str]:
    return re.findall(r'<a class="line-cover" href="[^"]*/programme/[^"]+">([^<]+)</a>', page)


def _address(app: Flask, endpoint: str) -> str:
    with app.test_request_context():
        return url_for(endpoint)


# The programme.


def test_the_programme_shows_what_is_on_the_soonest_first(client: Visitor, cast: Cast) -> None:
    page = client.get("/programme").text
    assert _titles(page) == ["海洋为什么是蓝的", "动手做一台净水器", "周末参观"]
    for word in ("科普讲座", "09:00–10:30", "海湾科技馆"):
        assert word in page


def test_what_is_over_or_cancelled_or_withdrawn_is_gone(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    activities.cancel_occurrence(db_session, occurrence=cast.visit, now=today_at(8))
    clock.set(today_at(10, 30))
    assert _titles(client.get("/programme").text) == ["动手做一台净水器"]
    activities.decide_on_activity(
        db_session,
        activity=cast.course.activity,
        decision="withdrawn",
        remark="设备检修",
        decided_by=cast.officer,
        now=today_at(10, 30),
    )
    assert _titles(client.get("/programme").text) == []
    assert "近期还没有公布的活动" in client.get("/programme").text
    assert client.get(f"/programme/{cast.course.activity.public_id}").status_code == 404


def test_a_draft_and_a_submitted_activity_are_not_public(client: Visitor, db_session: Session, cast: Cast) -> None:
    draft = activities.create_activity(
        db_session,
        outline=activities.Outline(title="还没想好", category="lecture"),
        venue=cast.venue,
        created_by=cast.venue_staff,
        now=today_at(7),
    )
    starts_at = today_at(15)
    activities.add_occurrence(db_session, activity=draft, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    assert "还没想好" not in client.get("/programme").text
    activities.submit_activity(db_session, activity=draft, now=today_at(7))
    assert "还没想好" not in client.get("/programme").text
    assert client.get(f"/programme/{draft.public_id}").status_code == 404


def test_the_filters_narrow_the_programme_down(client: Visitor, db_session: Session, cast: Cast) -> None:
    _publish(db_session, cast, "小学低年级的磁铁", today_at(9) + timedelta(days=3), grade_from=1, grade_to=2)

    def found(**query: str) -> list[str]:
        return _titles(client.get("/programme", query_string=query).text)

    assert found(category="venue_visit") == ["周末参观"]
    assert found(since="2026-10-18") == ["小学低年级的磁铁"]
    assert "小学低年级的磁铁" not in found(until="2026-10-19")
    assert "小学低年级的磁铁" in found(since="2026-10-20", until="2026-10-20")
    assert len(found(grade="2")) == 4
    assert "小学低年级的磁铁" not in found(grade="3")
    assert len(found(district=cast.district.public_id)) == 4
    assert found(district=cast.other_district.public_id) == []
    # A filter that makes no sense is left out.
    assert len(found(grade="twelve", since="yesterday", district="nowhere", page="last")) == 4


def test_a_run_within_the_dates_is_the_one_that_is_shown(client: Visitor, db_session: Session, cast: Cast) -> None:
    next_week = today_at(14) + timedelta(days=7)
    activities.add_occurrence(
        db_session, activity=cast.visit.activity, starts_at=next_week, ends_at=next_week + timedelta(hours=2)
    )
    both = client.get("/programme?category=venue_visit").text
    assert "13:00–16:00" in both
    assert "共 2 场" in both
    later = client.get("/programme?category=venue_visit&since=2026-10-18").text
    assert "14:00–16:00" in later
    assert "共 2 场" not in later


def test_a_long_programme_comes_in_pages_and_each_activity_stands_on_one(
    client: Visitor, db_session: Session, cast: Cast
) -> None:
    for number in range(20):
        _publish(db_session, cast, f"讲座 {number:02}", today_at(18) + timedelta(days=number))
    db_session.commit()
    first, second = client.get("/programme"), client.get("/programme?page=2")
    assert "第 1 / 2 页，共 23 条" in first.text
    assert (len(_titles(first.text)), len(_titles(second.text))) == (20, 3)
    assert len({*_titles(first.text), *_titles(second.text)}) == 23
    assert _titles(client.get("/programme?page=99").text) == _titles(second.text)
    assert "grade=5" in client.get("/programme?grade=5").text  # the way to the next page keeps the filter


def test_the_number_of_statements_does_not_grow_with_the_programme(
    client: Visitor, db_session: Session, cast: Cast
) -> None:
    client.get("/programme")  # the rule books are read once a worker
    with count_statements(db.engine) as few:
        client.get("/programme")
    for number in range(10):
        _publish(db_session, cast, f"讲座 {number:02}", today_at(18) + timedelta(days=number))
    db_session.commit()
    with count_statements(db.engine) as many:
        client.get("/programme")
    assert len(many) == len(few) <= 5


def test_the_page_of_an_activity_says_what_it_is_worth_and_that_the_book_is_a_sample(
    client: Visitor, cast: Cast
) -> None:
    page = client.get(f"/programme/{cast.lecture.activity.public_id}").text
    assert "能得多少学分" in page
    assert "0.3" in page  # a lecture, by the sample book
    assert "示例方案" in page


def test_the_page_of_an_activity_says_what_where_when_and_for_whom(
    client: Visitor, db_session: Session, cast: Cast
) -> None:
    activity = _publish(
        db_session,
        cast,
        "<磁铁> & 指南针",
        today_at(15),
        summary="第一段。\n<script>alert(1)</script>",
        grade_from=3,
        grade_to=4,
    )
    page = client.get(f"/programme/{activity.public_id}").text
    for word in (
        "&lt;磁铁&gt; &amp; 指南针",
        "3–4 年级",
        "海湾科技馆",
        "海湾路 1 号",
        "南山区",
        "15:00–16:00",
        "龙头场馆",
    ):
        assert word in page
    assert "<script>alert" not in page
    assert client.get("/programme/nosuchactivity").status_code == 404


# The start page.


def test_the_start_page_offers_the_way_in_and_what_is_on(client: Visitor, cast: Cast) -> None:
    page = client.get("/").text
    assert 'href="/sign-in"' in page
    assert "海洋为什么是蓝的" in page
    assert "/try/" not in page


def test_whoever_is_signed_in_goes_home_from_the_start_page(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.homeroom_teacher)
    page = client.get("/").text
    assert f'href="{_address(client.application, "teacher.home")}"' in page
    assert "周老师" in page
