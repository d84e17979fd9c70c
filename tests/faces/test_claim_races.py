"""Claims that arrive at the same moment. The moment is forced: every request has read what it decides on before any
of them writes. Where a guard is taken away, the damage that it prevents is shown to happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance import register
from credit_app.attendance.models import Attendance, ScanEvent
from credit_app.faces import claiming
from credit_app.ledger.models import LedgerEntry
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, hidden_fields

NOON = today_at(13)


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """``meeting(2)``: the first two requests that ask what they decide on wait for each other before they go on."""

    def arrange(parties: int) -> None:
        barrier, real = Barrier(parties), claiming.scan_context

        def asked(*args: Any, **kwargs: Any) -> Any:
            context = real(*args, **kwargs)
            # On SQLite the second cannot even ask before the first is done: nobody to wait for.
            with suppress(BrokenBarrierError):
                barrier.wait(timeout=2)
            return context

        monkeypatch.setattr(claiming, "scan_context", asked)

    return arrange


class Hand:
    """A phone that has opened a code, with its finger above the button."""

    def __init__(self, app: Flask, student: Student, occurrence: Occurrence, direction: str, shown_at: Any) -> None:
        self.phone = Phone(app, student.user)
        self.phone.open_code(occurrence, direction, shown_at)
        self.token = hidden_fields(self.phone.get("/pupil").text)["csrf_token"]

    def press(self) -> tuple[int, str]:
        answer = self.phone.post("/api/claims", headers={"X-CSRFToken": self.token})
        return answer.status_code, answer.get_json()["status"]


def press_together(*hands: Hand) -> list[tuple[int, str]]:
    with ThreadPoolExecutor(len(hands)) as threads:
        return [pressed.result() for pressed in [threads.submit(hand.press) for hand in hands]]


def told(session: Session) -> dict[str, int]:
    session.rollback()
    return {
        "attendances": session.scalar(select(func.count()).select_from(Attendance)) or 0,
        "awards": session.scalar(select(func.count()).where(LedgerEntry.kind == "award")) or 0,
        "scans": session.scalar(select(func.count()).select_from(ScanEvent)) or 0,
    }


def on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def test_two_claims_of_one_pupil_make_one_attendance_and_one_award(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, meeting: Callable[[int], None]
) -> None:
    """A phone and a tablet, two codes, one pupil: a lecture awards at check-in."""
    now = clock.set(today_at(9))
    hands = [Hand(app, cast.pupil, cast.lecture, "in", now) for _ in range(2)]
    meeting(2)
    assert sorted(press_together(*hands)) == [(200, "already"), (200, "ok")]
    assert told(db_session) == {"attendances": 1, "awards": 1, "scans": 2}
    assert not list(verify(db_session))


def test_a_double_tap_is_one_scan_with_one_answer(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, meeting: Callable[[int], None]
) -> None:
    now = clock.set(today_at(9))
    hand = Hand(app, cast.pupil, cast.lecture, "in", now)
    meeting(2)
    assert press_together(hand, hand) == [(200, "ok"), (200, "ok")]
    assert told(db_session) == {"attendances": 1, "awards": 1, "scans": 1}


def test_two_check_outs_at_once_count_the_stay_once(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, meeting: Callable[[int], None]
) -> None:
    clock.set(NOON)
    assert Hand(app, cast.pupil, cast.visit, "in", NOON).press() == (200, "ok")
    left = clock.forward(minutes=50)
    hands = [Hand(app, cast.pupil, cast.visit, "out", left) for _ in range(2)]
    meeting(2)
    assert sorted(press_together(*hands)) == [(200, "already_out"), (200, "checked_out")]
    assert told(db_session) == {"attendances": 1, "awards": 1, "scans": 3}
    assert db_session.scalars(select(Attendance.stayed_seconds)).one() == 50 * 60


def test_the_last_seat_is_given_once(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, meeting: Callable[[int], None]
) -> None:
    cast.visit.capacity = 1
    clock.set(NOON)
    hands = [Hand(app, student, cast.visit, "in", NOON) for student in (cast.pupil, cast.classmate)]
    meeting(2)
    assert sorted(press_together(*hands)) == [(200, "full"), (200, "ok")]
    assert told(db_session) == {"attendances": 1, "awards": 0, "scans": 2}


def test_pupils_of_one_class_do_not_disturb_each_other(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, meeting: Callable[[int], None]
) -> None:
    now = clock.set(today_at(9))
    students = (cast.pupil, cast.classmate, cast.other_pupil)
    hands = [Hand(app, student, cast.lecture, "in", now) for student in students]
    meeting(3)
    assert press_together(*hands) == [(200, "ok")] * 3
    assert told(db_session) == {"attendances": 3, "awards": 3, "scans": 3}


# The same with a guard taken away.


@contextmanager
def statements_without(monkeypatch: pytest.MonkeyPatch, guard: Callable[[Any], Any]) -> Iterator[None]:
    """Within the block check-ins are inserted by statements that `guard` has let through."""
    for made in (register._insert, register._insert_into_seat):
        made.cache_clear()
    monkeypatch.setattr(register, "_once", guard)
    yield
    for made in (register._insert, register._insert_into_seat):
        made.cache_clear()


def remove_the_key(session: Session) -> None:
    """The unique key of attendance (I2) is gone from a PostgreSQL database."""
    name = session.scalar(
        text(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'attendance'::regclass AND contype = 'u'"
            " AND array_length(conkey, 1) = 3"
        )
    )
    session.execute(text(f"ALTER TABLE attendance DROP CONSTRAINT {name}"))
    session.commit()


def test_without_the_unique_key_two_attendances_would_stand(
    app: Flask,
    db_session: Session,
    cast: Cast,
    clock: HeldClock,
    meeting: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the key prevents on PostgreSQL. On SQLite a second guard stands before it: writers take turns."""
    now = clock.set(today_at(9))
    hands = [Hand(app, cast.pupil, cast.lecture, "in", now) for _ in range(2)]
    if not on_sqlite(db_session):
        remove_the_key(db_session)
    meeting(2)
    with statements_without(monkeypatch, lambda statement: statement.returning(register._TABLE.c.id)):
        answers = sorted(press_together(*hands))
    if on_sqlite(db_session):
        assert answers == [(200, "already"), (200, "ok")]
        assert told(db_session)["attendances"] == 1
    else:
        assert answers == [(200, "ok"), (200, "ok")]
        assert told(db_session) == {"attendances": 2, "awards": 2, "scans": 2}


def test_without_taking_turns_the_last_seat_would_be_given_twice(
    app: Flask,
    db_session: Session,
    cast: Cast,
    clock: HeldClock,
    meeting: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast.visit.capacity = 1
    clock.set(NOON)
    hands = [Hand(app, student, cast.visit, "in", NOON) for student in (cast.pupil, cast.classmate)]
    monkeypatch.setattr(register, "LAST_SEATS", -1)
    meeting(2)
    answers = sorted(press_together(*hands))
    assert answers == ([(200, "full"), (200, "ok")] if on_sqlite(db_session) else [(200, "ok"), (200, "ok")])


def test_without_write_transactions_sqlite_could_not_answer_both(
    app: Flask,
    db_session: Session,
    cast: Cast,
    clock: HeldClock,
    meeting: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Begun as readers, both have read the same state, and SQLite lets only one of them go on to write."""
    now = clock.set(today_at(9))
    hands = [Hand(app, cast.pupil, cast.lecture, "in", now) for _ in range(2)]
    meeting(2)
    with begun_as_readers(db_session.get_bind()):  # type: ignore[arg-type]
        answers = sorted(press_together(*hands))
    if on_sqlite(db_session):
        assert answers == [(200, "ok"), (503, "server_busy")]
    else:
        assert answers == [(200, "already"), (200, "ok")]
    assert told(db_session)["attendances"] == 1


@contextmanager
def begun_as_readers(engine: Engine) -> Iterator[None]:
    """Within the block SQLite's transactions begin without saying that they will write."""

    def rewrite(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> tuple[str, Any]:
        return ("BEGIN" if statement == "BEGIN IMMEDIATE" else statement), parameters

    event.listen(engine, "before_cursor_execute", rewrite, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", rewrite)
