"""Officers who press at the same moment. The moment is forced: the first has written and not committed when the second
begins. Where a guard is taken away, the damage that it prevents is shown to happen."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.organisations.queries import district_coded
from credit_app.people import actions as people
from credit_app.people.models import User
from credit_app.rule_books import actions, drafting
from credit_app.rule_books.models import RuleBook, RuleBookDraft
from credit_app.verification import verify
from tests.cast import MADE_AT, PASSWORD, TERM_BEGAN_ON, Cast
from tests.rule_books.drafting import NOW, a_draft, a_text, submitted

Work = Callable[[Session], object]


def one_then_other(app: Flask, first: Work, second: Work) -> list[str]:
    """`second` begins when `first` has written but not committed; how each ended."""
    written, ended = threading.Event(), {"first": "lost", "second": "lost"}

    def run(name: str, work: Work, before: Callable[[], object], after: Callable[[], object]) -> None:
        with app.app_context():
            session = db.session()
            try:
                before()
                work(session)
                after()
                session.commit()
                ended[name] = "done"
            except DomainError as refusal:
                session.rollback()
                ended[name] = type(refusal).__name__
            finally:
                written.set()

    def let_the_other_come() -> None:
        written.set()
        other.join(1)  # it has arrived, and waits for its turn

    other = threading.Thread(target=run, args=("second", second, lambda: written.wait(10), lambda: None))
    one = threading.Thread(target=run, args=("first", first, lambda: None, let_the_other_come))
    other.start()
    one.start()
    one.join(20)
    other.join(20)
    return [ended["first"], ended["second"]]


def found(session: Session, draft_id: int) -> RuleBookDraft:
    return session.get_one(RuleBookDraft, draft_id)


def publishes(draft_id: int, user_id: int, replaces: tuple[str, ...] = ()) -> Work:
    def work(session: Session) -> None:
        drafting.publish_draft(
            session, draft=found(session, draft_id), version=1, replaces=replaces, user_id=user_id, now=NOW
        )

    return work


def saves(draft_id: int, text: str, user_id: int) -> Work:
    def work(session: Session) -> None:
        drafting.save_draft(session, draft=found(session, draft_id), text=text, version=1, user_id=user_id, now=NOW)

    return work


@pytest.fixture
def third(db_session: Session, cast: Cast) -> User:
    """One more officer of the district."""
    user = people.create_user(
        db_session, login_name="bureau.lu", display_name="陆科长", school=None, password=PASSWORD, now=MADE_AT
    )
    people.grant_role(db_session, user=user, kind="bureau_officer", district=cast.district, starts_on=TERM_BEGAN_ON)
    return user


def published_ids(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(RuleBook.rule_set).order_by(RuleBook.id)))


def test_two_officers_publish_the_same_draft_once(app: Flask, db_session: Session, cast: Cast, third: User) -> None:
    draft_id, second_id, third_id = submitted(db_session, cast).id, cast.second_officer.id, third.id
    db_session.commit()
    ended = one_then_other(app, publishes(draft_id, second_id), publishes(draft_id, third_id))
    assert ended == ["done", "Conflict"]
    assert published_ids(db_session) == ["sample-2026", "nanshan-2027"]
    assert found(db_session, draft_id).decided_by_id == second_id
    assert not list(verify(db_session))


def two_drafts_of_the_same_days(session: Session, cast: Cast) -> tuple[int, int, int]:
    one, other = submitted(session, cast, a_text("one")), submitted(session, cast, a_text("other"))
    ids = one.id, other.id, cast.second_officer.id
    session.commit()
    return ids


def test_a_book_published_meanwhile_loses_its_days_to_nobody_unseen(
    app: Flask, db_session: Session, cast: Cast
) -> None:
    one, other, officer = two_drafts_of_the_same_days(db_session, cast)
    assert one_then_other(app, publishes(one, officer), publishes(other, officer)) == ["done", "Conflict"]
    assert published_ids(db_session) == ["sample-2026", "one"]


def test_without_taking_turns_the_second_would_take_all_its_days(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The danger is real on PostgreSQL; on SQLite writers take turns as a whole."""
    one, other, officer = two_drafts_of_the_same_days(db_session, cast)
    for module in (actions, drafting):
        monkeypatch.setattr(module, "take_turns", lambda _session: None)
    ended = one_then_other(app, publishes(one, officer), publishes(other, officer))
    assert ended == (["done", "done"] if db.engine.dialect.name == "postgresql" else ["done", "Conflict"])


def test_what_is_withdrawn_meanwhile_is_not_published(app: Flask, db_session: Session, cast: Cast) -> None:
    draft_id, own, second = submitted(db_session, cast).id, cast.officer.id, cast.second_officer.id
    db_session.commit()

    def withdraws(session: Session) -> None:
        drafting.withdraw_draft(session, draft=found(session, draft_id), user_id=own)

    assert one_then_other(app, withdraws, publishes(draft_id, second)) == ["done", "Conflict"]
    assert published_ids(db_session) == ["sample-2026"]


def test_what_is_published_meanwhile_is_no_longer_edited(app: Flask, db_session: Session, cast: Cast) -> None:
    draft = submitted(db_session, cast)
    draft_id, text, own, second = draft.id, draft.text, cast.officer.id, cast.second_officer.id
    db_session.commit()

    def takes_back_and_saves(session: Session) -> None:
        drafting.withdraw_draft(session, draft=found(session, draft_id), user_id=own)
        saves(draft_id, "a: 1", own)(session)

    assert one_then_other(app, publishes(draft_id, second), takes_back_and_saves) == ["done", "Conflict"]
    db_session.rollback()
    assert (found(db_session, draft_id).text, published_ids(db_session)[-1]) == (text, "nanshan-2027")


def test_of_two_who_save_at_once_the_second_is_told(app: Flask, db_session: Session, cast: Cast) -> None:
    draft_id, own, second = a_draft(db_session, cast).id, cast.officer.id, cast.second_officer.id
    db_session.commit()
    assert one_then_other(app, saves(draft_id, "a: 1", own), saves(draft_id, "a: 2", second)) == ["done", "NewerText"]
    db_session.rollback()
    assert (found(db_session, draft_id).text, found(db_session, draft_id).version) == ("a: 1", 2)


def test_the_command_and_the_page_publish_one_after_the_other(app: Flask, db_session: Session, cast: Cast) -> None:
    """Ids are committed in their order, or a worker would never learn of the smaller one."""
    draft_id, second = submitted(db_session, cast).id, cast.second_officer.id
    code = cast.district.code
    db_session.commit()

    def by_command(session: Session) -> None:
        actions.publish_book(session, text=a_text("by-command"), now=NOW, district=district_coded(session, code))

    assert one_then_other(app, by_command, publishes(draft_id, second)) == ["done", "Conflict"]
    assert db_session.scalar(select(func.count()).select_from(RuleBook)) == 2
