"""A second officer publishes what the first submitted; both see on the pages what comes next."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.models import RuleBook
from credit_app.rule_books.queries import books_for_bureau
from credit_app.verification import verify
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.drafting import address, hidden, newest, officer_of
from tests.faces.teaching import words
from tests.rule_books.drafting import NOW, a_draft, a_text, submitted
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.fixture(autouse=True)
def morning(clock: HeldClock) -> None:
    clock.set(today_at(8))


def test_the_second_officer_sees_the_changes_and_publishes(
    app: Flask, client: Visitor, db_session: Session, cast: Cast
) -> None:
    publish_book(db_session, text=a_text("before-2027"), now=NOW, district=cast.district)
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    text = a_text().replace("credits: 0.3\n", "credits: 0.4\n", 1)
    assert client.submit(address(draft), {"text": text, "version": 1, "step": "submit"}).status_code == 303
    own = words(client.get(address(draft)).text)
    assert "您提交的，要由另一位同事发布" in own
    assert "发布规则集" not in own
    forced = client.submit(f"{address(draft)}/publish", {"version": 2, "replaces": "before-2027", "seen": "y"})
    assert (forced.status_code, "另一位工作人员" in forced.text) == (409, True)

    second = officer_of(app, cast.second_officer)
    page = second.get(address(draft)).text
    shown = words(page)
    assert "− 删去： credits: 0.3" in shown
    assert "+ 新增： credits: 0.4" in shown
    assert "before-2027 在重叠的日子不再生效" in shown
    fields = {"version": hidden(page, "version"), "replaces": hidden(page, "replaces")}
    assert fields == {"version": "2", "replaces": "before-2027"}
    unseen = second.submit(f"{address(draft)}/publish", fields)
    assert (unseen.status_code, "我已核对" in unseen.text) == (422, True)
    published = second.submit(f"{address(draft)}/publish", fields | {"seen": "y"}, follow_redirects=True)
    assert "规则集 nanshan-2027 已发布" in published.text
    db_session.rollback()
    row = db_session.scalars(select(RuleBook).filter_by(rule_set="nanshan-2027")).one()
    assert (row.district_id, row.published_by_id, row.text) == (cast.district.id, cast.second_officer.id, text)
    replaced = words(second.get("/bureau/rules/before-2027").text)
    assert "现由别的规则集接替" in replaced
    assert "2027-09-01 至 2028-08-31： 由 nanshan-2027 接替" in replaced
    assert newest(db_session).state == "published"
    assert second.get(address(draft)).status_code == 200
    assert not list(verify(db_session))


def test_a_list_that_has_changed_meanwhile_is_shown_anew(client: Visitor, db_session: Session, cast: Cast) -> None:
    draft = submitted(db_session, cast)
    client.sign_in(cast.second_officer)
    page = client.get(address(draft)).text
    fields = {"version": hidden(page, "version"), "replaces": hidden(page, "replaces"), "seen": "y"}
    publish_book(db_session, text=a_text("meanwhile"), now=NOW, district=cast.district)
    answer = client.submit(f"{address(draft)}/publish", fields)
    assert (answer.status_code, "新的名单" in answer.text) == (409, True)
    assert hidden(answer.text, "replaces") == "meanwhile"
    newest_book = books_for_bureau(db_session, district_ids=[cast.district.id])[0]
    assert newest_book.rule_set == "meanwhile"


def test_a_draft_is_returned_with_a_remark_withdrawn_put_aside_and_brought_back(
    app: Flask, client: Visitor, db_session: Session, cast: Cast
) -> None:
    draft = submitted(db_session, cast)
    second = officer_of(app, cast.second_officer)
    client.sign_in(cast.officer)
    assert second.submit(f"{address(draft)}/return", {"remark": " "}).status_code == 422
    assert second.submit(f"{address(draft)}/return", {"remark": "长" * 501}).status_code == 422
    assert second.submit(f"{address(draft)}/return", {"remark": "讲座应为 0.3"}).status_code == 303
    assert "何科长 退回：讲座应为 0.3" in words(client.get(address(draft)).text)
    assert "已退回" in words(client.get("/bureau/rules").text)
    client.submit(address(draft), {"text": a_text(), "version": 1, "step": "submit"})
    assert second.submit(f"{address(draft)}/withdraw").status_code == 409
    assert client.submit(f"{address(draft)}/withdraw").status_code == 303
    assert client.submit(f"{address(draft)}/discard").status_code == 303
    assert client.submit(address(draft), {"text": "x", "version": 1, "step": "save"}).status_code == 409
    assert "放到一边的草稿（1）" in words(client.get("/bureau/rules").text)
    assert client.submit(f"{address(draft)}/restore").status_code == 303
    assert newest(db_session).state == "draft"


def test_a_page_costs_the_same_however_many_drafts_and_books_there_are(
    client: Visitor, db_session: Session, cast: Cast
) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.second_officer)

    def statements() -> dict[str, int]:
        counts = {}
        for path in ("/bureau/rules", "/bureau/rules/sample-2026", address(draft), f"{address(draft)}/changes"):
            client.get(path)
            with count_statements(db.engine) as seen:
                assert client.get(path).status_code == 200
            counts[path] = len(seen)
        return counts

    before = statements()
    for year in range(2030, 2034):
        publish_book(
            db_session, text=a_text(f"b-{year}", f"{year}-09-01", f"{year + 1}-08-31"), now=NOW, district=cast.district
        )
        a_draft(db_session, cast)
    assert statements() == before
    assert max(before.values()) <= 10
