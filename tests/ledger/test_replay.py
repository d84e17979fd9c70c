"""Replays against the database: what was simulated is what is posted, once, however often it is cut short."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from random import Random
from threading import Barrier, BrokenBarrierError, Event
from time import sleep
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.extensions import db
from credit_app.ledger import actions as ledger
from credit_app.ledger import replay as replays
from credit_app.ledger import trials
from credit_app.ledger.changes import Replay
from credit_app.ledger.figures import Figures
from credit_app.ledger.models import LedgerAccount, LedgerEntry
from credit_app.ledger.rejudging import CORRECTED, past_of
from credit_app.ledger.writing import Writer, entries_of, locked_account
from credit_app.organisations import actions as organisations
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.queries import published_book
from credit_app.schools import actions as schools
from credit_app.schools.models import Enrolment, Student
from tests.cast import YEAR, Cast, today_at
from tests.ledger.changing import (
    NOW,
    asked_replay,
    broken_rows,
    differences_posted,
    differences_simulated,
    drafted,
    new_rules,
    published,
    replayed,
    simulated,
    took_part,
)
from tests.ledger.facts import course, lecture, visit
from tests.progress.year import newcomer
from tests.scenes import stay
from tests.statements import count_statements


@pytest.fixture
def year(db_session: Session, cast: Cast) -> list[Student]:
    """Nine pupils with a few visits, lectures and courses each: limits bite, some days are shared."""
    random = Random(3)
    pupils = [cast.pupil, cast.classmate, cast.other_pupil]
    pupils += [newcomer(db_session, cast.school_class, f"学生{at}", grade=at % 3 + 4) for at in range(6)]
    for at, pupil in enumerate(pupils):
        for number in range(random.randint(1, 7)):
            name, day = f"p{at}n{number}", random.randint(0, 9)
            made = random.choice((visit, visit, lecture, course))
            took_part(db_session, pupil, made(name, day=day))
    return pupils


def entry_count(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(LedgerEntry)) or 0


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
    assert jobs.advance_replay(replay.id, now=NOW)
    replays.stop_replay(db_session, replay=replay)
    db_session.commit()
    posted = entry_count(db_session)
    assert not jobs.advance_replay(replay.id, now=NOW)
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
    assert jobs.advance_replay(replay.id, now=NOW)
    with pytest.raises(KeyboardInterrupt):
        jobs.advance_replay(replay.id, now=NOW)
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


def test_a_cancelled_simulation_stays_where_it_is(
    db_session: Session, cast: Cast, year: list[Student], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "CHUNK", 2)
    draft = drafted(db_session, cast, new_rules())
    simulation = trials.ask_simulation(db_session, draft=draft, year=YEAR, asked_by=cast.officer, now=NOW)
    db_session.commit()
    again = trials.ask_simulation(db_session, draft=draft, year=YEAR, asked_by=cast.second_officer, now=NOW)
    assert again.id == simulation.id
    jobs.advance_simulation(simulation.id, now=NOW)
    assert trials.cancel_simulation(db_session, simulation=simulation, now=NOW)
    db_session.commit()
    jobs.advance_simulation(simulation.id, now=NOW)
    db_session.refresh(simulation)
    assert (simulation.state, simulation.done, len(year)) == ("cancelled", 2, 9)
    assert not trials.cancel_simulation(db_session, simulation=simulation, now=NOW)


def test_a_district_changes_only_what_happened_while_the_pupil_was_its_own(db_session: Session, cast: Cast) -> None:
    """The pupil leaves for another district: what is earned there keeps the city's book, and moves only where a limit
    reaches across."""
    elsewhere = organisations.create_school(db_session, district=cast.other_district, code="lotus", name="莲花学校")
    place = db_session.scalars(select(Enrolment).where(Enrolment.student_id == cast.pupil.id)).one()
    place.ends_on = date(2026, 10, 5)
    db_session.flush()
    cast.pupil.school = elsewhere
    moved_on = date(2026, 10, 6)
    schools.enrol(db_session, student=cast.pupil, grade=5, academic_year=YEAR, school_class=None, starts_on=moved_on)
    took_part(db_session, cast.pupil, visit("here", day=0))
    took_part(db_session, cast.pupil, visit("there", day=5))
    took_part(db_session, cast.other_pupil, visit("stays", day=5))

    draft = drafted(db_session, cast, new_rules())
    simulation = simulated(db_session, cast, draft)
    assert differences_simulated(db_session, simulation) == {"here": 30, "stays": 30}
    replay = replayed(db_session, cast, published(db_session, draft), cast.district)
    assert differences_posted(db_session, replay) == {"here": 30, "stays": 30}
    assert broken_rows(db_session) == []


def test_the_city_changes_what_no_district_has_rules_of_its_own_for(db_session: Session, cast: Cast) -> None:
    elsewhere = organisations.create_school(db_session, district=cast.other_district, code="lotus", name="莲花学校")
    stranger = schools.create_student(db_session, school=elsewhere, name="别区", student_no="1", now=NOW)
    took_part(db_session, stranger, visit("far"))
    took_part(db_session, cast.pupil, visit("near"))
    own = published(db_session, drafted(db_session, cast, new_rules("own", visit="0.6")))
    assert differences_posted(db_session, replayed(db_session, cast, own, cast.district)) == {"near": 10}

    city = publish_book(db_session, text=new_rules("city", visit="0.9"), now=NOW, replaces=["sample-2026"]).rule_set
    assert differences_posted(db_session, replayed(db_session, cast, city, None)) == {"far": 40}
    assert broken_rows(db_session) == []


def test_a_fact_that_comes_late_ends_the_same_before_and_after_a_replay(db_session: Session, cast: Cast) -> None:
    """Two pupils with the same facts: one has all of them before the replay, the other one after it."""
    early, late = cast.pupil, cast.classmate
    for pupil, name in ((early, "e"), (late, "l")):
        took_part(db_session, pupil, visit(f"{name}2", day=2))
        took_part(db_session, pupil, visit(f"{name}3", day=3))
    took_part(db_session, early, visit("e1", day=1))
    rule_set = published(db_session, drafted(db_session, cast, new_rules()))
    replayed(db_session, cast, rule_set, cast.district)
    took_part(db_session, late, visit("l1", day=1))
    for pupil, name in ((early, "e"), (late, "l")):
        past = past_of(entries_of(db_session, str(pupil.account_ref)))
        assert [past[f"{name}{at}"].net for at in (1, 2, 3)] == [80, 80, 0]
    assert broken_rows(db_session) == []


def test_what_people_corrected_and_what_is_settled_stays(db_session: Session, cast: Cast) -> None:
    took_part(db_session, cast.pupil, visit("corrected"))
    took_part(db_session, cast.classmate, visit("settled"))
    account = locked_account(db_session, str(cast.pupil.account_ref), NOW)
    writer = Writer(db_session, account, NOW, cast.officer.public_id)
    past = past_of(entries_of(db_session, account.id))["corrected"]
    writer.append(
        "adjustment",
        past.fact,
        clause=past.clause,
        rule_set=past.rule_set,
        trace=[],
        centicredits=20,
        points_to=past.award_seq,
        reason=CORRECTED,
        cause="somebody's",
    )
    writer.close(account.totals, account.totals_rule_set, account.last_order)
    db_session.get_one(LedgerAccount, str(cast.classmate.account_ref)).settled_through = date(2027, 8, 31)
    db_session.commit()

    draft = drafted(db_session, cast, new_rules())
    simulation = simulated(db_session, cast, draft)
    assert differences_simulated(db_session, simulation) == {"corrected": 30}
    assert Figures.from_json(simulation.result).settled == 1
    replay = replayed(db_session, cast, published(db_session, draft), cast.district)
    assert (replay.settled, differences_posted(db_session, replay)) == (1, {"corrected": 30})
    assert past_of(entries_of(db_session, account.id))["corrected"].standing == 100
    assert broken_rows(db_session) == []


def test_what_had_no_rules_is_credited_by_the_replay(db_session: Session, cast: Cast) -> None:
    """The visit takes place when no book holds any more; the pupil was there, and waits."""
    run = cast.visit
    shift = date(2028, 10, 14) - run.occurs_on
    run.starts_at, run.ends_at, run.occurs_on = run.starts_at + shift, run.ends_at + shift, run.occurs_on + shift
    db_session.commit()
    stay(db_session, cast.pupil, run, today_at(13) + shift, today_at(14) + shift)
    assert entry_count(db_session) == 0
    text = new_rules("later").replace("effective_on: 2026-09-01", "effective_on: 2028-09-01")
    rule_set = published(db_session, drafted(db_session, cast, text.replace("until: 2027-08-31", "until: 2029-08-31")))
    replay = replayed(db_session, cast, rule_set, cast.district)
    assert (replay.credited, replay.gained_centicredits, entry_count(db_session)) == (1, 80, 1)
    assert broken_rows(db_session) == []
    assert replayed(db_session, cast, rule_set, cast.district).credited == 0


def test_what_the_old_rules_left_undecided_and_the_new_ones_decide_is_credited(db_session: Session, cast: Cast) -> None:
    """The new book asks for no worksheet: the course that waited for one earns its hour, once."""
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    assert entry_count(db_session) == 0
    text, _clause, rest = new_rules().partition("  - id: course_worksheet\n")
    rule_set = published(db_session, drafted(db_session, cast, text + rest[rest.index("  - id: inquiry_course") :]))
    replay = replayed(db_session, cast, rule_set, cast.district)
    assert (replay.credited, replay.entries, entry_count(db_session)) == (1, 0, 1)
    assert broken_rows(db_session) == []


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
            jobs.advance_replay(replay.id, now=NOW)
        db_session.refresh(replay)
        assert replay.entries > 0
        counts.append(len(statements))
    assert counts[1] <= counts[0] + 2, counts  # the shelf is read again, since a book has been published


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
            while jobs.advance_replay(replay_id, now=NOW):
                pass

    with ThreadPoolExecutor(2) as threads:
        for worker in [threads.submit(work), threads.submit(work)]:
            worker.result(60)
    db_session.rollback()
    assert (replay.state, replay.done, differences_posted(db_session, replay)) == ("done", 9, expected)
    assert broken_rows(db_session) == []


def test_a_draft_for_a_coming_year_is_tried_on_this_one_as_if_it_held(db_session: Session, cast: Cast) -> None:
    took_part(db_session, cast.pupil, visit("p"))
    text = new_rules("coming").replace("until: 2027-08-31", "until: 2029-08-31")
    draft = drafted(db_session, cast, text.replace("effective_on: 2026-09-01", "effective_on: 2027-09-01"))
    assert differences_simulated(db_session, simulated(db_session, cast, draft)) == {"p": 30}
    replay = replayed(db_session, cast, published(db_session, draft), cast.district)
    assert differences_posted(db_session, replay) == {}


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
        book = replays.book_named(db.session(), rule_set)
        posting = ledger.award(db.session(), account_ref=account_ref, fact=visit("third", day=2), book=book, now=NOW)
        db.session.commit()
        return posting.gained_centicredits, district_id

    db_session.commit()
    with ThreadPoolExecutor(2) as threads:
        going = threads.submit(within, lambda: jobs.advance_replay(replay_id, now=NOW))
        coming = threads.submit(within, check_in)
        assert going.result(20)
        assert coming.result(20)[0] == 0, "the limit of two visits counts what the replay has judged"
    assert broken_rows(db_session) == []
    assert db_session.get_one(Replay, replay_id).entries == 2
