"""The officer drafts a rule set on the pages of the bureau; a second one publishes it; nobody else comes near it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.models import RuleBookDraft
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.drafting import address, check, newest, officer_of, token_of
from tests.faces.teaching import words
from tests.rule_books.drafting import NOW, SAMPLE, a_draft, a_text
from tests.statements import count_statements
from tests.visitor import Visitor

NO_OFFICERS = ("pupil", "homeroom_teacher", "counselor", "venue_staff")
STEPS = ("", "/check", "/withdraw", "/return", "/publish", "/discard", "/restore", "/try")


@pytest.fixture(autouse=True)
def morning(clock: HeldClock) -> None:
    clock.set(today_at(8))


def test_officers_get_in_and_others_are_told_so(app: Flask, client: Visitor, db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast)
    pages = [address(draft), *(f"{address(draft)}/{page}" for page in ("changes", "try"))]
    pages += ["/bureau/rules/drafts/new", "/bureau/rules/sample-2026/try"]
    posts = [*(address(draft) + step for step in STEPS), "/bureau/rules/drafts", "/bureau/rules/sample-2026/try"]
    assert {client.get(page).status_code for page in pages} == {302}
    assert {client.submit(post).status_code for post in posts} == {302}
    for who in NO_OFFICERS:
        visitor = officer_of(app, cast.users()[who])
        assert {visitor.get(page).status_code for page in pages} == {403}, who
        assert {visitor.submit(post).status_code for post in posts} == {403}, who
    other = officer_of(app, cast.other_officer)
    assert {other.get(page).status_code for page in pages[:3]} == {404}
    assert {other.submit(address(draft) + step).status_code for step in STEPS} == {404}
    assert "nanshan-2027" not in other.get("/bureau/rules").text
    for who in ("officer", "second_officer"):
        visitor = officer_of(app, cast.users()[who])
        assert {visitor.get(page).status_code for page in pages} == {200}, who
    assert newest(db_session).state == "draft"


def test_a_draft_begins_with_a_copy_a_file_or_a_skeleton(client: Visitor, db_session: Session, cast: Cast) -> None:
    client.sign_in(cast.officer)
    assert 'value="sample-2026"' in client.get("/bureau/rules/drafts/new?from=sample-2026").text
    answer = client.submit("/bureau/rules/drafts", {"source": "copy", "rule_set": "sample-2026"})
    assert answer.location == address(newest(db_session))
    assert newest(db_session).text == SAMPLE
    shown = words(client.get(answer.location).text)
    assert "规则集编号“sample-2026”已经用过" in shown

    client.submit("/bureau/rules/drafts", {"source": "skeleton"})
    assert "有 8 处要改" in words(client.get(address(newest(db_session))).text)

    upload = {"source": "upload", "file": (io.BytesIO(("\ufeff" + a_text()).replace("\n", "\r\n").encode()), "a.yaml")}
    client.submit("/bureau/rules/drafts", upload)
    assert (newest(db_session).text, newest(db_session).district_id) == (a_text(), cast.district.id)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"source": "upload", "file": ("学分".encode("gb18030"), "a.yaml")}, "不是 UTF-8 编码"),
        ({"source": "upload", "file": (b"#" * 140_000, "a.yaml")}, "文件超过 128 KB"),
        ({"source": "upload", "file": (b"a: \x00", "a.yaml")}, "无法保存的字符"),
        ({"source": "upload"}, "请选择一个 YAML 文件"),
        ({"source": "copy"}, "请选择要复制的规则集"),
        ({"source": "nonsense"}, "请选择从哪里开始"),
    ],
)
def test_what_cannot_begin_a_draft_is_told_at_its_field(
    client: Visitor, db_session: Session, cast: Cast, fields: dict[str, Any], told: str
) -> None:
    client.sign_in(cast.officer)
    sent = {**fields, **({"file": (io.BytesIO(fields["file"][0]), fields["file"][1])} if "file" in fields else {})}
    answer = client.submit("/bureau/rules/drafts", sent)
    assert (answer.status_code, told in answer.text) == (422, True)
    assert db_session.scalars(select(RuleBookDraft)).all() == []


def test_anothers_book_cannot_be_copied(client: Visitor, db_session: Session, cast: Cast) -> None:
    publish_book(db_session, text=a_text("futian-2027"), now=NOW, district=cast.other_district)
    client.sign_in(cast.officer)
    assert client.submit("/bureau/rules/drafts", {"source": "copy", "rule_set": "futian-2027"}).status_code == 404


def test_problems_are_told_with_their_place_and_advice_in_the_readers_language(
    client: Visitor, db_session: Session, cast: Cast
) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    wrong = a_text().replace("    at_least_minutes: 45\n", "    at_least_minuets: 45\n", 1)
    line = wrong[: wrong.index("at_least_minuets")].count("\n") + 1
    answer = check(client, draft, wrong)
    found = answer.get_json()
    assert (answer.status_code, found["valid"], found["summary"]) == (200, False, "有 1 处要改")
    assert found["problems"] == [
        {
            "line": line,
            "column": 5,
            "what": "不认识键“at_least_minuets”。",
            "instead": "是不是想写“at_least_minutes”？",
        }
    ]
    client.submit("/language", {"language": "en"})
    (english,) = check(client, draft, wrong).get_json()["problems"]
    assert "at_least_minuets" in english["what"]
    assert not re.search(r"[\u4e00-\u9fff]", english["what"] + english["instead"])
    db_session.expire_all()
    assert draft.text == a_text()


def test_what_a_valid_text_would_change_is_told_as_one_types(client: Visitor, db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    found = check(client, draft, a_text("next", "2028-10-01", "2029-08-31")).get_json()
    assert (found["valid"], found["problems"]) == (True, [])
    told = "".join(found["notes"])
    assert "2028-09-01 至 2028-09-30 将没有任何规则集生效" in told
    assert "全市规则集 sample-2026" in "".join(check(client, draft, a_text()).get_json()["notes"])


def test_the_check_takes_only_text_with_the_token_of_a_page(client: Visitor, db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    page = f"{address(draft)}/check"
    assert client.post(page, json={"text": ""}).status_code == 400
    token = {"X-CSRFToken": token_of(client.get(address(draft)))}
    for body in (b"", b"[]", b'{"text": 1}', b"{", b'"text"', b"\xff\xfe"):
        answer = client.post(page, data=body, headers=token, content_type="application/json")
        assert (answer.status_code, answer.is_json) == (400, True), body
    assert client.post(page, data={"text": ""}, headers=token).status_code == 400
    assert client.post(page, json={"text": "#" * 900_000}, headers=token).status_code == 413
    (too_long,) = check(client, draft, "#" * 200_000).get_json()["problems"]
    assert "128 KB" in too_long["what"]


def test_checking_writes_nothing_and_waits_for_nobody(client: Visitor, db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    token = {"X-CSRFToken": token_of(client.get(address(draft)))}
    with count_statements(db.engine) as seen:
        assert client.post(f"{address(draft)}/check", json={"text": a_text()}, headers=token).status_code == 200
    assert [each for each in seen if not each.lstrip().upper().startswith("SELECT")] == []
    assert len(seen) <= 8


def test_without_javascript_the_button_does_the_same_and_stores_nothing(
    client: Visitor, db_session: Session, cast: Cast
) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    wrong = a_text().replace("sample: true", "colour: red", 1)
    answer = client.submit(address(draft), {"text": wrong, "version": 1, "step": "check"})
    shown = words(answer.text)
    assert (answer.status_code, "不认识键“colour”" in shown, "colour: red" in shown) == (200, True, True)
    assert re.search(r'href="#line-9"', answer.text)
    assert 'id="line-9"' in answer.text
    db_session.expire_all()
    assert (draft.text, draft.version) == (a_text(), 1)


def test_a_save_over_newer_text_shows_both_and_loses_nothing(
    app: Flask, client: Visitor, db_session: Session, cast: Cast
) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    theirs = officer_of(app, cast.second_officer)
    theirs.submit(address(draft), {"text": a_text() + "# theirs\n", "version": 1, "step": "save"})
    answer = client.submit(address(draft), {"text": a_text() + "# mine\n", "version": 1, "step": "save"})
    assert answer.status_code == 409
    assert "没有丢失" in answer.text
    assert "# mine\n</textarea>" in answer.text
    assert "# theirs" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert newest(db_session).text.endswith("# theirs\n")
    client.submit(address(draft), {"text": a_text() + "# both\n", "version": 2, "step": "save"})
    assert newest(db_session).text.endswith("# both\n")


def test_text_typed_while_a_colleague_submitted_is_shown_again(
    app: Flask, client: Visitor, db_session: Session, cast: Cast
) -> None:
    draft = a_draft(db_session, cast)
    officer_of(app, cast.second_officer).submit(address(draft), {"text": a_text(), "version": 1, "step": "submit"})
    client.sign_in(cast.officer)
    answer = client.submit(address(draft), {"text": a_text() + "# mine\n", "version": 1, "step": "save"})
    assert (answer.status_code, "# mine" in answer.text, "您没有保存的文字" in answer.text) == (409, True, True)
    assert newest(db_session).state == "submitted"


def test_lines_of_the_text_come_back_as_they_were(client: Visitor, db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    client.submit(address(draft), {"text": "\r\n\r\nid: 1\r\n", "version": 1, "step": "save"})
    assert newest(db_session).text == "\n\nid: 1\n"
    assert re.search(r"<textarea[^>]*>\n\n\nid: 1\n</textarea>", client.get(address(draft)).text)


def test_a_text_with_problems_is_saved_but_not_submitted(client: Visitor, db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast)
    client.sign_in(cast.officer)
    answer = client.submit(address(draft), {"text": "id: x", "version": 1, "step": "submit"})
    assert (answer.status_code, "已保存，但还不能提交" in answer.text) == (422, True)
    assert (newest(db_session).text, newest(db_session).state) == ("id: x", "draft")
    answer = client.submit(address(draft), {"text": SAMPLE, "version": 2, "step": "submit"})
    assert (answer.status_code, "已经用过" in answer.text) == (409, True)
