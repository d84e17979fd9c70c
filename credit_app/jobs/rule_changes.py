"""The work that officers order when they change rules: simulations and replays, a chunk at a time."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from flask import current_app

from credit_app import clock
from credit_app.attendance.waiting import credit_waiting
from credit_app.extensions import db, queue
from credit_app.ledger import replay as replays
from credit_app.ledger import trials
from credit_app.ledger.changes import Replay, Simulation
from credit_app.ledger.rebooking import holds_as_published
from credit_app.progress.queries.figures import venue_attendances_by_account
from credit_app.rule_books.queries import book_named

SLICE_SECONDS = 20


def work_off_rule_changes(now: datetime) -> dict[str, int]:
    """Simulations and replays that officers asked for have gone on for a while. If they are not at their end the worker
    is woken for more, so that no other job waits until a whole city has been judged."""
    steps = failed = 0
    until = monotonic() + SLICE_SECONDS
    while (order := next_order()) is not None and monotonic() < until:
        kind, order_id = order
        advance = advance_replay if kind is Replay else advance_simulation
        try:
            advance(order_id, now=now)
        except Exception as problem:  # one that cannot be carried out must not keep the others waiting for ever
            db.session.rollback()
            current_app.logger.exception("%s %s failed", kind.__tablename__, order_id)
            fail = replays.fail_replay if kind is Replay else trials.fail_simulation
            fail(db.session(), order_id=order_id, problem=f"{type(problem).__name__}: {problem}", now=clock.now())
            db.session.commit()
            failed += 1
        steps += 1
    if order is not None:
        queue.wake("work_off_rule_changes")
    return {"steps": steps, "failed": failed}


def advance_simulation(simulation_id: int, *, now: datetime) -> None:
    """One chunk more of the simulation is in its result."""
    db.session.commit()  # judging must hold no transaction open
    trials.advance_simulation(
        db.session(), simulation_id=simulation_id, venue_attendances=venue_attendances_by_account, now=now
    )
    db.session.commit()


def advance_replay(replay_id: int, *, now: datetime) -> bool:
    """One batch more of the replay is posted. Returns: whether there is more to do."""
    session = db.session()
    replay = replays.locked_replay(session, replay_id=replay_id)
    if replay is None:
        session.rollback()
        return False
    if replay.phase == "accounts":
        replays.post_batch(session, replay=replay, now=now)
    else:
        _credit_waiting(replay, now)
    more = replay.state == "running"
    session.commit()
    return more


def _credit_waiting(replay: Replay, now: datetime) -> None:
    session = db.session()
    book = book_named(session, replay.rule_book.rule_set)
    batch = credit_waiting(
        session,
        book=book,
        holds=holds_as_published(session, book=book, district_id=replay.district_id),
        district_id=replay.district_id,
        after_id=int(replay.cursor or 0),
        now=now,
        recorded_by=replay.recorded_by,
    )
    replays.note_waiting(
        session,
        replay=replay,
        cursor=None if batch.last_id is None else str(batch.last_id),
        credited=batch.credited,
        gained=batch.gained_centicredits,
        settled=batch.settled,
        now=now,
    )


def next_order() -> tuple[type[Replay] | type[Simulation], int] | None:
    """What waits longest; replays go before simulations, since pupils wait for what they say."""
    for kind, waiting in ((Replay, replays.open_replays), (Simulation, trials.open_simulations)):
        if ids := waiting(db.session()):
            return kind, ids[0]
    return None
