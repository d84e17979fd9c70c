"""Two devices that upload at the same moment. The moment is forced: both have read what they decide on before either of
them writes. Where the lock is taken away, the damage that it prevents is shown to happen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance import batches, door
from credit_app.attendance.models import ScanEvent
from credit_app.schools.cards import StudentCard
from credit_app.verification import verify
from tests.attendance.doorway import attendances, entries
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.tablets import Tablet, card_of, enrolled


@pytest.fixture
def card(db_session: Session, cast: Cast) -> StudentCard:
    return card_of(db_session, cast.pupil, cast.counselor, today_at(8))


@pytest.fixture
def gates(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> list[Tablet]:
    """One at the entrance, one at the exit; both have been without a network, and it is evening."""
    now = clock.set(today_at(8))
    made = [enrolled(app, db_session, cast.venue_staff, now, venue=cast.venue, name=name) for name in ("进口", "出口")]
    clock.set(today_at(18))
    return made


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two that ask what they decide on wait for each other before they go on."""
    barrier, real = Barrier(2), door.card_context

    def asked(*args: Any, **kwargs: Any) -> Any:
        found = real(*args, **kwargs)
        # Where the second must not even ask before the first is done, there is nobody to wait for.
        with suppress(BrokenBarrierError):
            barrier.wait(timeout=2)
        return found

    monkeypatch.setattr(door, "card_context", asked)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(acts)) as threads:
        return [done.result() for done in [threads.submit(act) for act in acts]]


def come_and_go(cast: Cast, gates: list[Tablet], card: StudentCard) -> list[Callable[[], Any]]:
    """The two uploads: one knows that the pupil came, the other that the pupil left."""
    came = [gates[0].item(card, cast.visit, "in", today_at(13), offline=True)]
    left = [gates[1].item(card, cast.visit, "out", today_at(14), offline=True)]
    return [lambda: gates[0].upload(came), lambda: gates[1].upload(left)]


def test_entrance_and_exit_that_come_online_together_make_one_stay(
    db_session: Session, cast: Cast, gates: list[Tablet], card: StudentCard, meeting: None
) -> None:
    acts = come_and_go(cast, gates, card)
    db_session.commit()
    at_once(*acts)
    db_session.rollback()
    assert [row.stayed_seconds for row in attendances(db_session, cast.pupil)] == [3600]
    assert entries(db_session, cast.pupil) == [("award", 50)]
    assert not list(verify(db_session))


def test_without_the_lock_the_pupil_would_still_be_inside(
    db_session: Session,
    cast: Cast,
    gates: list[Tablet],
    card: StudentCard,
    meeting: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it prevents on PostgreSQL: each decides without the other. On SQLite writers take turns anyway."""
    monkeypatch.setattr(batches, "lock_pupils", lambda *args, **kwargs: None)
    acts = come_and_go(cast, gates, card)
    db_session.commit()
    at_once(*acts)
    db_session.rollback()
    stayed = [row.stayed_seconds for row in attendances(db_session, cast.pupil)]
    postgresql = db_session.get_bind().dialect.name == "postgresql"
    assert stayed == ([0] if postgresql else [3600])
    assert bool(list(verify(db_session))) is postgresql


def test_one_batch_sent_twice_at_once_is_taken_once(
    db_session: Session, cast: Cast, gates: list[Tablet], card: StudentCard, meeting: None
) -> None:
    items = [gates[0].item(card, cast.lecture, "in", today_at(9), offline=True), {"client_uid": "A" * 22, "seq": 9}]
    db_session.commit()
    first, second = at_once(lambda: gates[0].upload(items), lambda: gates[0].upload(items))
    assert first["receipts"] == second["receipts"]
    assert [receipt["status"] for receipt in first["receipts"]] == ["ok", "code_invalid"]
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(ScanEvent)) == 1
    assert entries(db_session, cast.pupil) == [("award", 30)]
    assert not list(verify(db_session))


def test_a_scan_undone_while_another_device_scans_leaves_what_the_other_saw(
    db_session: Session, cast: Cast, clock: HeldClock, gates: list[Tablet], card: StudentCard, meeting: None
) -> None:
    came = gates[0].item(card, cast.visit, "in", today_at(13))
    again = gates[1].item(card, cast.visit, "in", today_at(13, 1), offline=True)
    gates[0].upload([came])
    db_session.commit()
    at_once(lambda: gates[0].undo(came, today_at(13)), lambda: gates[1].upload([again]))
    db_session.rollback()
    (there,) = attendances(db_session, cast.pupil)
    assert (there.state, there.first_in_at) == ("present", today_at(13, 1))
    assert not list(verify(db_session))
