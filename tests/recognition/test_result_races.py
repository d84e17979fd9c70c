"""Two people at the same moment: the same result is entered once, and decided on once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.extensions import db
from credit_app.ledger.models import LedgerEntry
from credit_app.people.models import User
from credit_app.recognition.results import actions, deciding
from credit_app.recognition.results.models import ResultReview, ReviewedResult
from credit_app.verification import verify
from tests import cast as cast_list
from tests.cast import Cast
from tests.recognition.entering import EVENING, enter, entry, listed, place, second_counselor

Work = Callable[[Session], Any]


def one_after_the_other_has_begun(app: Flask, first: Work, second: Work) -> list[Any]:
    """`first` has done its work and not committed when `second` begins; what each of them came to, errors included."""
    done, outcomes = threading.Event(), list[Any]([None, None])

    def within_app(place: int, work: Callable[[], Any]) -> None:
        try:
            with app.app_context():
                outcomes[place] = work()
        except BaseException as problem:
            outcomes[place] = problem
            done.set()

    def begin() -> Any:
        found = first(db.session())
        done.set()
        other.join(1)  # the other one has arrived, and waits for its turn
        db.session.commit()
        return found

    def follow() -> Any:
        done.wait(10)
        found = second(db.session())
        db.session.commit()
        return found

    one = threading.Thread(target=within_app, args=(0, begin))
    other = threading.Thread(target=within_app, args=(1, follow))
    other.start()  # first, because the one who begins waits for it
    one.start()
    one.join(20)
    other.join(20)
    return outcomes


def entering(user_id: int) -> Work:
    def work(session: Session) -> str:
        by = session.get_one(User, user_id)
        return enter(session, cast_list.find(session), entry(), by=by).public_id

    return work


def deciding_as(user_id: int, public_id: str, decision: str) -> Work:
    def work(session: Session) -> deciding.Decided:
        return deciding.decide_results(
            session,
            results=session.scalars(select(ReviewedResult).filter_by(public_id=public_id)).all(),
            decision=decision,
            remark="名字不对",
            decided_by=session.get_one(User, user_id),
            now=EVENING,
        )

    return work


def test_two_counselors_enter_the_same_result_at_once(app: Flask, db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    users = cast.counselor.id, second_counselor(db_session, cast).id
    db_session.commit()

    outcomes = one_after_the_other_has_begun(app, entering(users[0]), entering(users[1]))

    assert isinstance(outcomes[0], str)
    assert isinstance(outcomes[1], Conflict)
    assert db_session.scalars(select(ReviewedResult.public_id)).all() == [outcomes[0]]
    assert db_session.scalar(select(func.count()).select_from(ResultReview)) == 1


@pytest.mark.parametrize("decisions", [("approved", "refused"), ("refused", "approved"), ("approved", "approved")])
def test_two_officers_decide_at_once_and_the_first_one_counts(
    app: Flask, db_session: Session, cast: Cast, decisions: tuple[str, str]
) -> None:
    outcomes = two_decide(app, db_session, cast, decisions)

    assert [(each.changed, each.skipped) for each in outcomes] == [(1, 0), (0, 1)]
    result = db_session.scalars(select(ReviewedResult)).one()
    assert (result.state, result.decided_by_id) == (decisions[0], cast.officer.id)
    amounts = db_session.scalars(select(LedgerEntry.centicredits)).all()
    assert amounts == [150 if decisions[0] == "approved" else 0]
    assert [str(finding) for finding in verify(db_session)] == []


def test_without_the_lock_both_would_have_decided(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The danger is real on PostgreSQL; on SQLite writers take turns as a whole."""

    def unlocked(session: Session, *, ids: Sequence[int]) -> list[ReviewedResult]:
        return list(session.scalars(select(ReviewedResult).where(ReviewedResult.id.in_(ids))))

    monkeypatch.setattr(deciding, "locked", unlocked)
    outcomes = two_decide(app, db_session, cast, ("approved", "refused"))

    both = db.engine.dialect.name == "postgresql"
    assert [each.changed for each in outcomes] == [1, 1 if both else 0]
    assert len(db_session.scalars(select(LedgerEntry)).all()) == (2 if both else 1)


def two_decide(app: Flask, session: Session, cast: Cast, decisions: tuple[str, str]) -> list[Any]:
    listed(session, cast)
    public_id = enter(session, cast, entry()).public_id
    users = cast.officer.id, cast.second_officer.id
    session.commit()
    works = [deciding_as(user, public_id, decision) for user, decision in zip(users, decisions, strict=True)]
    return one_after_the_other_has_begun(app, works[0], works[1])


def test_a_correction_and_a_decision_at_once(app: Flask, db_session: Session, cast: Cast) -> None:
    """Whoever approves has approved what was there to be read; the correction comes too late and says so."""
    listed(db_session, cast)
    public_id = enter(db_session, cast, entry()).public_id
    officer, counselor = cast.officer.id, cast.counselor.id
    db_session.commit()

    def correct(session: Session) -> None:
        found = cast_list.find(session)
        result = session.scalars(select(ReviewedResult).filter_by(public_id=public_id)).one()
        actions.correct_result(
            session,
            result=result,
            place=place(session, found),
            entry=entry("nation"),
            entered_by=session.get_one(User, counselor),
            now=EVENING,
        )

    outcomes = one_after_the_other_has_begun(app, deciding_as(officer, public_id, "approved"), correct)

    assert isinstance(outcomes[1], Conflict)
    result = db_session.scalars(select(ReviewedResult)).one()
    assert (result.state, result.level) == ("approved", "city")
    assert [str(finding) for finding in verify(db_session)] == []
