"""Bureau officers review what is offered: the queue, the decision, and everybody who has no say in it."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities import actions
from credit_app.activities.actions import Outline
from credit_app.activities.models import Activity, ActivityReview
from credit_app.extensions import db
from tests.activities.making import decide, draft, published, submitted
from tests.cast import MADE_AT, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import words
from tests.statements import count_statements
from tests.visitor import Visitor

NO_OFFICERS = ("pupil", "homeroom_teacher", "counselor", "venue_staff", "other_venue_staff")
PAGES = ("/bureau", "/bureau/activities", "/bureau/rules", "/bureau/rules/sample-2026", "/bureau/schools")
EVERYBODYS = (*PAGES, "/bureau/venues")


def reviews_of(session: Session, activity: Activity) -> list[tuple[str, str]]:
    session.rollback()
    found = session.execute(
        select(ActivityReview.decision, ActivityReview.remark)
        .where(ActivityReview.activity_id == activity.id)
        .order_by(ActivityReview.id)
    )
    return [(decision, remark) for decision, remark in found]


def test_officers_get_in_and_others_are_told_so(
    app: Flask, client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    waiting = submitted(db_session, cast)
    page = f"/bureau/activities/{waiting.public_id}"
    for path in (*EVERYBODYS, page):
        answer = client.get(path)
        assert (answer.status_code, "/sign-in?next=" in answer.location) == (302, True), path
    assert client.submit(page, {"decision": "approved"}).status_code == 302
    for who in ("officer", "second_officer"):
        visitor = Visitor(app)
        visitor.sign_in(cast.users()[who])
        assert {path: visitor.get(path).status_code for path in (*EVERYBODYS, page)} == dict.fromkeys(
            (*EVERYBODYS, page), 200
        )
    for who in NO_OFFICERS:
        visitor = Visitor(app)
        visitor.sign_in(cast.users()[who])
        assert {path: visitor.get(path).status_code for path in (*EVERYBODYS, page)} == dict.fromkeys(
            (*EVERYBODYS, page), 403
        ), who
        assert visitor.submit(page, {"decision": "approved"}).status_code == 403, who
    assert reviews_of(db_session, waiting) == []


def test_another_districts_officer_sees_only_theirs(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    waiting = submitted(db_session, cast)
    client.sign_in(cast.other_officer)
    page = f"/bureau/activities/{waiting.public_id}"
    assert client.get(page).status_code == 404
    assert client.submit(page, {"decision": "approved"}).status_code == 404
    home = words(client.get("/bureau").text)
    assert "福田区教育局" in home
    assert "待审核活动 0" in home
    assert "学校数 0" in home
    for path in ("/bureau/activities", "/bureau/schools", "/bureau/venues"):
        text = client.get(path).text
        for theirs in (waiting.title, cast.school.name, cast.venue.name):
            assert theirs not in text, path
    db_session.expire_all()
    assert waiting.status == "submitted"


def test_a_draft_is_nobodys_but_the_venues(client: Visitor, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(8))
    unfinished = draft(db_session, cast)
    client.sign_in(cast.officer)
    assert client.get(f"/bureau/activities/{unfinished.public_id}").status_code == 404
    for status in ("submitted", "published", "returned", "withdrawn", "draft", "nonsense"):
        assert unfinished.title not in client.get(f"/bureau/activities?status={status}").text


def test_what_is_approved_is_public_at_once(client: Visitor, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(8))
    waiting = submitted(db_session, cast)
    client.sign_in(cast.officer)
    page = f"/bureau/activities/{waiting.public_id}"
    shown = words(client.get(page).text)
    for fact in (waiting.title, "海湾科技馆", "3–6 年级", "14:00–16:00", "120 分钟", "教育局审核中"):
        assert fact in shown
    assert "+1" in shown  # what the rules give for two full hours of a course
    assert client.get(f"/programme/{waiting.public_id}").status_code == 404
    answer = client.submit(page, {"decision": "approved", "remark": ""}, follow_redirects=True)
    assert f"已通过“{waiting.title}”" in answer.text
    db_session.expire_all()
    assert (waiting.status, waiting.published_at) == ("published", today_at(8))
    assert client.get(f"/programme/{waiting.public_id}").status_code == 200


def test_what_is_returned_carries_the_remark_to_the_venue(
    app: Flask, client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    waiting = submitted(db_session, cast)
    client.sign_in(cast.officer)
    page = f"/bureau/activities/{waiting.public_id}"
    client.submit(page, {"decision": "returned", "remark": "请写明带队教师。\r\n谢谢。"})
    assert reviews_of(db_session, waiting) == [("returned", "请写明带队教师。\n谢谢。")]
    # Colleagues see who has decided.
    assert "宋科长" in words(client.get(page).text)
    venue = Visitor(app)
    venue.sign_in(cast.venue_staff)
    assert "请写明带队教师。" in venue.get(f"/venue/activities/{waiting.public_id}").text


def test_a_refusal_without_a_reason_is_refused_at_its_field(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    waiting, public = submitted(db_session, cast), published(db_session, cast)
    client.sign_in(cast.officer)
    for activity, decision, remark, message in (
        (waiting, "returned", "", "请写明原因，场馆才知道怎么改。"),
        (waiting, "returned", " \r\n ", "请写明原因，场馆才知道怎么改。"),
        (public, "withdrawn", "", "请写明原因，场馆才知道怎么改。"),
        (waiting, "returned", "改" * 10_000, "意见最多 500 个字。"),
        (waiting, "approved", "好" * 501, "意见最多 500 个字。"),
    ):
        answer = client.submit(f"/bureau/activities/{activity.public_id}", {"decision": decision, "remark": remark})
        at_field = re.findall(r'id="remark-error">.*?<span>(.*?)</span></p>', answer.text, re.DOTALL)
        assert (answer.status_code, at_field) == (422, [message]), (decision, message)
    db_session.expire_all()
    assert (waiting.status, public.status) == ("submitted", "published")
    assert reviews_of(db_session, waiting) == []


def test_no_button_is_no_decision(client: Visitor, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    clock.set(today_at(8))
    waiting = submitted(db_session, cast)
    client.sign_in(cast.officer)
    for decision in ("", "published", "draft"):
        answer = client.submit(f"/bureau/activities/{waiting.public_id}", {"decision": decision, "remark": "好"})
        assert (answer.status_code, "请按“通过”“退回”或“撤下”按钮提交。" in answer.text) == (422, True)
    assert reviews_of(db_session, waiting) == []


def test_approving_twice_is_told_and_changes_nothing(
    app: Flask, client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """Two officers have the page open; the second one's click comes after the first one's."""
    clock.set(today_at(8))
    waiting = submitted(db_session, cast)
    page = f"/bureau/activities/{waiting.public_id}"
    client.sign_in(cast.officer)
    second = Visitor(app)
    second.sign_in(cast.second_officer)
    client.submit(page, {"decision": "approved"})
    clock.forward(minutes=5)
    for decision in ("approved", "returned"):
        answer = second.submit(page, {"decision": decision, "remark": "再看看"})
        assert answer.status_code == 409
        assert "可能有同事处理过了" in answer.text
        assert "已发布" in words(answer.text)  # the page shows the newest state
    assert reviews_of(db_session, waiting) == [("approved", "")]
    db_session.expire_all()
    assert waiting.published_at == today_at(8)


def test_withdrawing_takes_it_off_the_programme(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    public = published(db_session, cast)
    client.sign_in(cast.officer)
    page = f"/bureau/activities/{public.public_id}"
    assert client.submit(page, {"decision": "withdrawn", "remark": "场地停用。"}).status_code == 303
    assert client.get(f"/programme/{public.public_id}").status_code == 404
    assert "场地停用。" in words(client.get(page).text)
    db_session.expire_all()
    assert [run.status for run in public.occurrences] == ["cancelled"]


def test_a_schools_own_activity_is_reviewed_like_a_venues(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    festival = actions.create_activity(
        db_session,
        outline=Outline(title="校园科技节", category="club_festival", at_venue=False),
        school=cast.school,
        created_by=cast.counselor,
        now=MADE_AT,
    )
    actions.add_occurrence(db_session, activity=festival, starts_at=today_at(14), ends_at=today_at(16))
    actions.submit_activity(db_session, activity=festival, now=MADE_AT)
    client.sign_in(cast.officer)
    assert "海天学校" in words(client.get("/bureau/activities").text)
    shown = words(client.get(f"/bureau/activities/{festival.public_id}").text)
    assert "主办 海天学校" in shown
    assert "+0.5" in shown


def test_the_pages_ask_as_many_statements_however_much_waits(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))

    def more() -> Activity:
        decide(db_session, submitted(db_session, cast), "returned", cast, "请补充说明。")
        published(db_session, cast)
        return submitted(db_session, cast)

    waiting = more()
    client.sign_in(cast.officer)
    paths = (
        *EVERYBODYS,
        "/bureau/activities?status=published",
        f"/bureau/activities/{waiting.public_id}",
    )

    def statements() -> dict[str, int]:
        counts = {}
        for path in paths:
            client.get(path)
            with count_statements(db.engine) as seen:
                assert client.get(path).status_code == 200
            counts[path] = len(seen)
        return counts

    before = statements()
    for _ in range(3):
        more()
    assert statements() == before
    assert before["/bureau"] <= 17
    assert max(number for path, number in before.items() if path != "/bureau") <= 9
