"""Replays and others at the same moment: two officers, two workers, a check-in in the middle of a batch."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Event
from time import sleep
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.jobs import rule_changes
from credit_app.ledger import actions as ledger
from credit_app.ledger import replay as replays
from credit_app.ledger.changes import Replay
from credit_app.rule_books.queries import book_named, published_book
from tests.cast import Cast
from tests.ledger.changing import (
    NOW,
    asked_replay,
    broken_rows,
    differences_posted,
    differences_simulated,
    drafted,
    new_rules,
    published,
    simulated,
    took_part,
)
from tests.ledger.facts import visit


def test_two_officers_who_start_at_once_start_one_replay(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that none is under way before either of them writes; on SQLite the second cannot even look."""
    rule_set = published(db_session, drafted(db_session, cast, new_rules()))
    db_session.commit()
    met, real = Barrier(2), replays.accounts_in_all

    def counted(*args: Any, **more: Any) -> int:
        with suppress(BrokenBarrierError):
            met.wait(timeout=1)
        return real(*args, **more)

    monkeypatch.setattr(replays, "accounts_in_all", counted)

    def start() -> int:
        with app.app_context():
            session = db.session()
            book = published_book(session, rule_set=rule_set)
            replay = replays.start_replay(session, rule_book=book, district_id=book.district_id, asked_by=None, now=NOW)
            session.commit()
            return replay.id

    with ThreadPoolExecutor(2) as threads:
        started = [pressed.result(30) for pressed in [threads.submit(start), threads.submit(start)]]
    assert started[0] == started[1]
    assert db_session.scalar(select(func.count()).select_from(Replay)) == 1


@pytest.mark.usefixtures("year")
def test_two_workers_on_one_replay_take_turns(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "BATCH", 1)
    draft = drafted(db_session, cast, new_rules())
    expected = differences_simulated(db_session, simulated(db_session, cast, draft))
    replay = asked_replay(db_session, cast, published(db_session, draft), cast.district)
    replay_id = replay.id
    db_session.commit()

    def work() -> None:
        with app.app_context():
            while rule_changes.advance_replay(replay_id, now=NOW):
                pass

    with ThreadPoolExecutor(2) as threads:
        for worker in [threads.submit(work), threads.submit(work)]:
            worker.result(60)
    db_session.rollback()
    assert (replay.state, replay.done, differences_posted(db_session, replay)) == ("done", 9, expected)
    assert broken_rows(db_session) == []


def test_a_check_in_in_the_middle_of_a_batch_waits_its_turn(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay holds the pupil's account when the next visit is posted: the visit comes after it, judged by the new
    book in the new counters, and the chain is whole."""
    took_part(db_session, cast.pupil, visit("first"))
    took_part(db_session, cast.pupil, visit("second", day=1))
    rule_set = published(db_session, drafted(db_session, cast, new_rules()))
    replay = asked_replay(db_session, cast, rule_set, cast.district)
    replay_id, account_ref, district_id = replay.id, str(cast.pupil.account_ref), cast.district.id
    locked, real = Event(), replays.entries_of

    def read_slowly(session: Session, account: str) -> Any:
        locked.set()
        sleep(0.3)
        return real(session, account)

    monkeypatch.setattr(replays, "entries_of", read_slowly)

    def within(work: Callable[[], Any]) -> Any:
        with app.app_context():
            return work()

    def check_in() -> Any:
        assert locked.wait(5)
        book = book_named(db.session(), rule_set)
        posting = ledger.award(db.session(), account_ref=account_ref, fact=visit("third", day=2), book=book, now=NOW)
        db.session.commit()
        return posting.gained_centicredits, district_id

    db_session.commit()
    with ThreadPoolExecutor(2) as threads:
        going = threads.submit(within, lambda: rule_changes.advance_replay(replay_id, now=NOW))
        coming = threads.submit(within, check_in)
        assert going.result(20)
        assert coming.result(20)[0] == 0, "the limit of two visits counts what the replay has judged"
    assert broken_rows(db_session) == []
    assert db_session.get_one(Replay, replay_id).entries == 2
