"""A draft is written by one officer and published by another, and nobody's text is lost on the way."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.rule_books import drafting
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.models import RuleBookDraft
from credit_app.rule_books.queries import book_named, draft_for_bureau
from credit_app.rules.book import BookError
from credit_app.verification import verify
from tests.cast import Cast
from tests.rule_books.drafting import NOW, SAMPLE, a_draft, a_text, publish, submitted


def save(session: Session, draft: RuleBookDraft, text: str, version: int, user_id: int) -> None:
    drafting.save_draft(session, draft=draft, text=text, version=version, user_id=user_id, now=NOW)


def submit(session: Session, draft: RuleBookDraft, user_id: int) -> None:
    drafting.submit_draft(session, draft=draft, version=draft.version, user_id=user_id, now=NOW)


def give_back(session: Session, draft: RuleBookDraft, user_id: int, remark: str = "请写明出处。") -> None:
    drafting.return_draft(session, draft=draft, remark=remark, user_id=user_id, now=NOW)


def test_a_draft_need_not_be_a_book(db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast, "标题: [还没写完")
    assert (draft.state, draft.version, draft.edited_by_id) == ("draft", 1, cast.officer.id)
    save(db_session, draft, "id: ", 1, cast.second_officer.id)
    assert (draft.text, draft.version, draft.edited_by_id) == ("id: ", 2, cast.second_officer.id)


def test_saving_over_a_newer_text_changes_nothing_and_names_the_newer_version(db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast, "a: 1")
    save(db_session, draft, "a: 2", 1, cast.second_officer.id)
    with pytest.raises(drafting.NewerText) as refusal:
        save(db_session, draft, "a: 3", 1, cast.officer.id)
    assert (refusal.value.version, refusal.value.status) == (2, 409)
    assert (draft.text, draft.edited_by_id) == ("a: 2", cast.second_officer.id)


def test_saving_the_same_text_makes_nobody_the_last_editor(db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast, "a: 1")
    save(db_session, draft, "a: 1", 1, cast.second_officer.id)
    assert (draft.version, draft.edited_by_id) == (1, cast.officer.id)


@pytest.mark.parametrize("text", ["#" * (128 * 1024 + 1), "a: \0", "a: \ud800"], ids=["long", "nul", "surrogate"])
def test_what_no_database_should_hold_is_refused(db_session: Session, cast: Cast, text: str) -> None:
    with pytest.raises(InvalidInput):
        a_draft(db_session, cast, text)
    draft = a_draft(db_session, cast)
    with pytest.raises(InvalidInput):
        save(db_session, draft, text, 1, cast.officer.id)


def test_only_a_valid_book_with_a_new_id_is_submitted(db_session: Session, cast: Cast) -> None:
    broken = a_draft(db_session, cast, "id: x")
    with pytest.raises(BookError):
        submit(db_session, broken, cast.officer.id)
    used = a_draft(db_session, cast, SAMPLE)
    with pytest.raises(Conflict, match="sample-2026"):
        submit(db_session, used, cast.officer.id)
    assert (broken.state, used.state) == ("draft", "draft")


def test_a_second_officer_publishes_what_the_first_submitted(db_session: Session, cast: Cast) -> None:
    draft = submitted(db_session, cast)
    assert publish(db_session, draft, cast.second_officer) == "nanshan-2027"
    assert (draft.state, draft.decided_by_id) == ("published", cast.second_officer.id)
    assert book_named(db_session, "nanshan-2027").id == "nanshan-2027"
    db_session.commit()
    assert not list(verify(db_session))


def test_neither_who_submitted_nor_who_edited_last_publishes(db_session: Session, cast: Cast) -> None:
    own = submitted(db_session, cast)
    with pytest.raises(Conflict, match="另一位"):
        publish(db_session, own, cast.officer)
    edited = a_draft(db_session, cast, a_text("other-2027"), by=cast.second_officer)
    submit(db_session, edited, cast.officer.id)
    with pytest.raises(Conflict, match="另一位"):
        publish(db_session, edited, cast.second_officer)


def test_the_table_itself_asks_for_two_officers(db_session: Session, cast: Cast) -> None:
    draft = submitted(db_session, cast)
    book = publish_book(db_session, text=draft.text, now=NOW, district=cast.district)
    draft.state, draft.published_id, draft.decided_by_id = "published", book.id, cast.officer.id
    with pytest.raises(IntegrityError, match=r"two_officers|CHECK"):
        db_session.flush()


def test_the_list_of_replaced_rule_sets_is_the_one_that_was_shown(db_session: Session, cast: Cast) -> None:
    publish_book(db_session, text=a_text("first"), now=NOW, district=cast.district)
    draft = submitted(db_session, cast)
    with pytest.raises(Conflict, match="新的名单"):
        publish(db_session, draft, cast.second_officer)
    assert publish(db_session, draft, cast.second_officer, ("first",)) == "nanshan-2027"


def test_a_submission_is_withdrawn_by_who_made_it_and_returned_by_others(db_session: Session, cast: Cast) -> None:
    draft = submitted(db_session, cast)
    with pytest.raises(Conflict):
        drafting.withdraw_draft(db_session, draft=draft, user_id=cast.second_officer.id)
    with pytest.raises(Conflict):
        give_back(db_session, draft, cast.officer.id)
    with pytest.raises(InvalidInput):
        give_back(db_session, draft, cast.second_officer.id, remark="")
    with pytest.raises(Conflict):
        save(db_session, draft, "a: 1", 1, cast.officer.id)
    drafting.withdraw_draft(db_session, draft=draft, user_id=cast.officer.id)
    assert (draft.state, draft.submitted_by_id) == ("draft", None)
    submit(db_session, draft, cast.officer.id)
    give_back(db_session, draft, cast.second_officer.id)
    assert (draft.state, draft.remark, draft.decided_by_id) == ("draft", "请写明出处。", cast.second_officer.id)
    submit(db_session, draft, cast.officer.id)
    assert draft.remark == ""


def test_a_draft_put_aside_comes_back_as_it_was(db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast, "a: 1")
    drafting.discard_draft(db_session, draft=draft)
    with pytest.raises(Conflict):
        save(db_session, draft, "a: 2", 1, cast.officer.id)
    drafting.restore_draft(db_session, draft=draft)
    assert (draft.state, draft.text, draft.version) == ("draft", "a: 1", 1)
    with pytest.raises(Conflict):
        drafting.restore_draft(db_session, draft=draft)


def test_a_draft_is_nobody_elses(db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast)
    with pytest.raises(NotFound):
        draft_for_bureau(db_session, public_id=draft.public_id, district_ids=[cast.other_district.id])


def test_an_uploaded_text_is_utf8_or_refused_with_its_line() -> None:
    assert drafting.text_of_bytes("\ufeffid: 一\r\n".encode()) == "id: 一\n"
    with pytest.raises(InvalidInput, match=r"第 2 行.*GBK"):
        drafting.text_of_bytes("id: a\ntitle: 学分规则\n".encode("gb18030"))
    with pytest.raises(InvalidInput, match="128 KB"):
        drafting.text_of_bytes(b"#" * (128 * 1024 + 1))
