"""Replays against the database: what was simulated is what is posted, once, however often it is cut short."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.extensions import db
from credit_app.jobs import rule_changes
from credit_app.ledger import replay as replays
from credit_app.ledger import trials
from credit_app.ledger.changes import Replay
from credit_app.ledger.figures import Figures
from credit_app.ledger.models import LedgerEntry
from credit_app.rule_books.actions import publish_book
from credit_app.schools.models import Student
from tests.cast import YEAR, Cast
from tests.ledger.changing import (
    NOW,
    asked_replay,
    broken_rows,
    differences_posted,
    differences_simulated,
    drafted,
    entry_count,
    new_rules,
    published,
    replayed,
    simulated,
    took_part,
)
from tests.ledger.facts import visit
from tests.statements import count_statements


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("chunk", [1, 4, 200], ids=["one by one", "boundaries within", "all at once"])
def test_what_was_simulated_is_what_is_posted(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(trials, "CHUNK", chunk)
    monkeypatch.setattr(replays, "BATCH", min(chunk, 4))
    before = entry_count(db_session)
    draft = drafted(db_session, cast, new_rules(lecture="0.2"))
    simulation = simulated(db_session, cast, draft)
    expected = differences_simulated(db_session, simulation)
    assert entry_count(db_session) == before, "a simulation writes nothing into the ledger"
    assert (simulation.done, simulation.changed) == (9, len(expected))
    assert {30, -10} <= set(expected.values())
    figures = Figures.from_json(simulation.result)
    assert figures.every.difference == sum(expected.values())
    assert figures.every.pupils == 9

    replay = replayed(db_session, cast, published(db_session, draft), cast.district)
    assert differences_posted(db_session, replay) == expected
    assert replay.gained_centicredits - replay.lost_centicredits == sum(expected.values())
    assert broken_rows(db_session) == []


@pytest.mark.usefixtures("year")
def test_a_second_replay_posts_nothing_new(db_session: Session, cast: Cast) -> None:
    draft = drafted(db_session, cast, new_rules())
    rule_set = published(db_session, draft)
    first = replayed(db_session, cast, rule_set, cast.district)
    assert first.entries > 0
    after = entry_count(db_session)
    second = replayed(db_session, cast, rule_set, cast.district)
    assert (second.id != first.id, second.entries, entry_count(db_session)) == (True, 0, after)


@pytest.mark.usefixtures("year")
def test_every_entry_carries_both_traces_and_who_stands_behind_it(db_session: Session, cast: Cast) -> None:
    rule_set = published(db_session, drafted(db_session, cast, new_rules()))
    replay = replayed(db_session, cast, rule_set, cast.district)
    for entry in db_session.scalars(select(LedgerEntry).where(LedgerEntry.cause == replay.public_id)):
        assert (entry.reason, entry.rule_set) == ("rules_changed", rule_set)
        assert (entry.kind, entry.recorded_by) == ("adjustment", cast.officer.public_id)
        replaced = db_session.get_one(LedgerEntry, (entry.account_id, entry.points_to))
        assert (replaced.rule_set, bool(replaced.trace), bool(entry.trace)) == ("sample-2026", True, True)


@pytest.mark.usefixtures("year")
def test_it_stops_between_batches_and_goes_on_where_it_was(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "BATCH", 2)
    draft = drafted(db_session, cast, new_rules())
    expected = differences_simulated(db_session, simulated(db_session, cast, draft))
    replay = asked_replay(db_session, cast, published(db_session, draft), cast.district)
    assert rule_changes.advance_replay(replay.id, now=NOW)
    replays.stop_replay(db_session, replay=replay)
    db_session.commit()
    posted = entry_count(db_session)
    assert not rule_changes.advance_replay(replay.id, now=NOW)
    assert jobs.run_job("work_off_rule_changes").figures == {"steps": 0, "failed": 0}
    assert (entry_count(db_session), replay.state, replay.done) == (posted, "stopped", 2)

    again = asked_replay(db_session, cast, replay.rule_book.rule_set, cast.district)
    assert (again.id, again.state) == (replay.id, "queued")
    jobs.run_job("work_off_rule_changes")
    db_session.refresh(replay)
    assert (replay.state, replay.done) == ("done", 9)
    assert differences_posted(db_session, replay) == expected
    assert broken_rows(db_session) == []


@pytest.mark.usefixtures("year")
def test_a_worker_killed_within_a_batch_loses_nothing(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third account of a batch never comes back: its batch is undone as a whole, the ones before it stand."""
    monkeypatch.setattr(replays, "BATCH", 4)
    draft = drafted(db_session, cast, new_rules())
    expected = differences_simulated(db_session, simulated(db_session, cast, draft))
    replay = asked_replay(db_session, cast, published(db_session, draft), cast.district)
    real, asked = replays.locked_account, [0]

    def killed(*args: Any) -> Any:
        asked[0] += 1
        if asked[0] == 7:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(replays, "locked_account", killed)
    assert rule_changes.advance_replay(replay.id, now=NOW)
    with pytest.raises(KeyboardInterrupt):
        rule_changes.advance_replay(replay.id, now=NOW)
    db_session.rollback()
    assert (replay.done, replay.state) == (4, "running")
    assert broken_rows(db_session) == []
    jobs.run_job("work_off_rule_changes")
    db_session.refresh(replay)
    assert (replay.state, differences_posted(db_session, replay)) == ("done", expected)
    assert broken_rows(db_session) == []


@pytest.mark.usefixtures("year")
def test_one_that_cannot_be_carried_out_fails_and_the_next_is_worked_off(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = asked_replay(
        db_session, cast, published(db_session, drafted(db_session, cast, new_rules())), cast.district
    )
    waiting = trials.ask_simulation(
        db_session, draft=drafted(db_session, cast, new_rules("other")), year=YEAR, asked_by=cast.officer, now=NOW
    )
    db_session.commit()

    def broken(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(replays, "post_batch", broken)
    assert jobs.run_job("work_off_rule_changes").figures["failed"] == 1
    db_session.refresh(replay)
    db_session.refresh(waiting)
    assert (replay.state, replay.problem) == ("failed", "RuntimeError: no such thing")
    assert waiting.state == "done"


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("by", ["resume", "start"])
def test_one_that_failed_goes_on_where_it_was(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The database was away for a moment: what had been posted stands, and the same replay does the rest, once."""
    monkeypatch.setattr(replays, "BATCH", 4)
    draft = drafted(db_session, cast, new_rules())
    expected = differences_simulated(db_session, simulated(db_session, cast, draft))
    replay = asked_replay(db_session, cast, published(db_session, draft), cast.district)
    assert rule_changes.advance_replay(replay.id, now=NOW)
    replays.fail_replay(db_session, order_id=replay.id, problem="OperationalError: gone", now=NOW)
    db_session.commit()
    assert not rule_changes.advance_replay(replay.id, now=NOW)

    if by == "resume":
        replays.resume_replay(db_session, replay=replay)
        db_session.commit()
    else:
        assert asked_replay(db_session, cast, replay.rule_book.rule_set, cast.district).id == replay.id
    assert (replay.state, replay.done, replay.problem, replay.finished_at) == ("queued", 4, "", None)
    jobs.run_job("work_off_rule_changes")
    db_session.refresh(replay)
    assert (replay.state, replay.done) == ("done", 9)
    assert differences_posted(db_session, replay) == expected
    assert broken_rows(db_session) == []


def test_one_that_failed_stays_so_once_another_has_done_the_rest(db_session: Session, cast: Cast) -> None:
    took_part(db_session, cast.pupil, visit("p1"))
    rule_set = published(db_session, drafted(db_session, cast, new_rules()))
    failed = asked_replay(db_session, cast, rule_set, cast.district)
    replays.fail_replay(db_session, order_id=failed.id, problem="OperationalError: gone", now=NOW)
    db_session.add(Replay(rule_book_id=failed.rule_book_id, district_id=failed.district_id, asked_at=NOW))
    db_session.commit()
    replays.resume_replay(db_session, replay=failed)
    db_session.commit()
    assert failed.state == "failed"


def test_a_cancelled_simulation_stays_where_it_is(
    db_session: Session, cast: Cast, year: list[Student], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "CHUNK", 2)
    draft = drafted(db_session, cast, new_rules())
    simulation = trials.ask_simulation(db_session, draft=draft, year=YEAR, asked_by=cast.officer, now=NOW)
    db_session.commit()
    again = trials.ask_simulation(db_session, draft=draft, year=YEAR, asked_by=cast.second_officer, now=NOW)
    assert again.id == simulation.id
    rule_changes.advance_simulation(simulation.id, now=NOW)
    assert trials.cancel_simulation(db_session, simulation=simulation, now=NOW)
    db_session.commit()
    rule_changes.advance_simulation(simulation.id, now=NOW)
    db_session.refresh(simulation)
    assert (simulation.state, simulation.done, len(year)) == ("cancelled", 2, 9)
    assert not trials.cancel_simulation(db_session, simulation=simulation, now=NOW)


def test_a_batch_asks_as_often_for_long_histories_as_for_short_ones(db_session: Session, cast: Cast) -> None:
    counts = []
    for length in (2, 12):
        for pupil in (cast.pupil, cast.classmate):
            for at in range(length):
                took_part(db_session, pupil, visit(f"{pupil.id}n{length}n{at}", day=at, venue=f"v{at}"))
        # The second book takes only the last days: the others keep theirs.
        first_on = "2026-10-04" if length == 2 else "2026-10-12"
        rule_set = f"rules-{length}"
        publish_book(
            db_session,
            text=new_rules(rule_set, visit=f"0.{length % 10}", first_on=first_on),
            now=NOW,
            district=cast.district,
            replaces=[] if length == 2 else ["rules-2"],
        )
        replay = asked_replay(db_session, cast, rule_set, cast.district)
        with count_statements(db.engine) as statements:
            rule_changes.advance_replay(replay.id, now=NOW)
        db_session.refresh(replay)
        assert replay.entries > 0
        counts.append(len(statements))
    assert counts[1] <= counts[0] + 2, counts  # the shelf is read again, since a book has been published
