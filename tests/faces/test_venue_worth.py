"""What venue staff are told an activity is worth: the rules' own answer, while they write it and on its page."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.activities.making import draft, with_run
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.offering import FILLED_IN
from tests.visitor import Visitor

WORTH = {name: FILLED_IN[name] for name in ("category", "place", "grade_from", "grade_to", "starts_at", "ends_at")}


@pytest.fixture
def staff(client: Visitor, cast: Cast, clock: HeldClock) -> Visitor:
    """The venue's staff at their desk, on the morning of the cast's day."""
    clock.set(today_at(8))
    client.sign_in(cast.venue_staff)
    return client


def ask(staff: FlaskClient, **changed: str) -> str:
    return staff.get("/venue/worth", query_string=WORTH | changed).text


def test_the_form_tells_what_the_activity_is_worth_by_the_rules(staff: Visitor) -> None:
    """SCHEME.md: 0.5 per full planned hour for a course; a guide from grade 5 on; 45 minutes for a visit."""
    assert ">+1<" in ask(staff)  # two hours
    assert ">+0.5<" in ask(staff, ends_at="2026-10-24T10:59")  # one full hour
    assert "不满 1 小时" in ask(staff, ends_at="2026-10-24T09:59")
    assert ">+0.3<" in ask(staff, category="lecture")
    assert "停留时间不足" in ask(staff, category="venue_visit", ends_at="2026-10-24T09:44")
    assert ">+0.5<" in ask(staff, category="venue_visit", ends_at="2026-10-24T09:45")
    guides = ask(staff, category="volunteer_guide", grade_from="4", grade_to="6")
    assert "4 年级" in guides
    assert "年级不符合要求" in guides
    assert "5–6 年级" in guides
    assert "示例方案" in guides


def test_while_the_form_does_not_say_enough_nothing_is_promised(staff: Visitor) -> None:
    for missing in (
        {"category": ""},
        {"category": "competition"},
        {"starts_at": ""},
        {"ends_at": "2026-10-24T08:00"},
        {"grade_to": "1"},
        {"starts_at": "2030-01-01T09:00", "ends_at": "2030-01-01T10:00"},  # no rule set holds then
    ):
        told = ask(staff, **missing)
        assert ("选好类别、年级和时间后在这里显示。" in told, "学分" in told) == (True, False), missing


def test_the_activitys_page_tells_each_length_apart(staff: Visitor, db_session: Session, cast: Cast) -> None:
    activity = draft(db_session, cast)
    with_run(db_session, activity)  # two hours: 1.0
    with_run(db_session, activity, starts_at=today_at(18), ends_at=today_at(19))  # one hour: 0.5
    page = staff.get(f"/venue/activities/{activity.public_id}").text
    assert "120 分钟的场次（1 场）" in page
    assert "60 分钟的场次（1 场）" in page
    assert "学习单经审核通过。" in page
