"""Races at the door: claims confirmed at one moment by threads of several processes, as gunicorn's workers do it.

A `sabotage` takes one guard away in every process, to show that the damage which it prevents does happen.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from queue import Empty
from typing import Any

from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError

from credit_app import app as factory
from credit_app.attendance import register
from credit_app.attendance.claim import new_claim
from credit_app.extensions import db
from credit_app.faces.claiming import answer_claim
from credit_app.schools.roster.source import open_bytes
from tests.databases import release, settings_for

PROCESSES, THREADS = 3, 17


@dataclass(frozen=True)
class CheckIn:
    """One pupil's press of the button."""

    user_id: int
    handle: str


def all_at_once(
    url: str,
    folder: Path,
    check_ins: Sequence[CheckIn],
    *,
    now: datetime,
    sabotage: str = "",
    beside: tuple[Callable[..., None], tuple[Any, ...]] | None = None,
) -> Counter[str]:
    """What the check-ins were answered, all sent at one moment; `beside` runs in a process of its own meanwhile.

    A phone that is told ``server_busy`` tries again, as the page does.
    """
    spawn = multiprocessing.get_context("spawn")
    shares = [list(check_ins[at::PROCESSES]) for at in range(PROCESSES)]
    barrier, answers = spawn.Barrier(PROCESSES + (beside is not None)), spawn.Queue()
    processes = [
        spawn.Process(target=_door, args=(url, folder, share, now, sabotage, barrier, answers)) for share in shares
    ]
    if beside is not None:
        work, arguments = beside
        processes.append(spawn.Process(target=work, args=(url, folder, barrier, *arguments)))
    for process in processes:
        process.start()
    told: Counter[str] = Counter()
    for _ in shares:
        told.update(_next(answers, processes))
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    return told


def _next(answers: Any, processes: Sequence[Any]) -> list[str]:
    """What the next process has been told. Raises: RuntimeError when one has died instead."""
    for _ in range(120):
        try:
            told: list[str] = answers.get(timeout=1)
        except Empty:
            if any(process.exitcode for process in processes):
                raise RuntimeError("a process died: its traceback stands in the output") from None
        else:
            return told
    raise TimeoutError


def import_roster(url: str, folder: Path, barrier: Barrier, school_id: int, content: bytes, now: datetime) -> None:
    """A counselor applies a roster at the same moment."""
    from credit_app.schools.roster.choices import Choices
    from credit_app.schools.roster.previewing import apply_preview, preview

    app = factory.create_app(settings_for(url, folder))
    with app.app_context():
        session, files = db.session(), open_bytes(content, name="roster.zip")
        found = preview(session, school_id=school_id, files=files, choices=Choices(), now=now)
        session.commit()
        barrier.wait(60)
        apply_preview(session, preview=found, applied_by_id=None, removals_confirmed=True, now=now)
        session.commit()
    release(app)


def _door(
    url: str, folder: Path, share: list[CheckIn], now: datetime, sabotage: str, barrier: Barrier, answers: Any
) -> None:
    SABOTAGE[sabotage]()
    app = factory.create_app(settings_for(url, folder))
    with ThreadPoolExecutor(THREADS) as threads:
        barrier.wait(60)
        told = list(threads.map(lambda check_in: _confirmed(app, check_in, now), share))
    release(app)
    answers.put(told)


def _confirmed(app: Flask, check_in: CheckIn, now: datetime) -> str:
    claim = new_claim(handle=check_in.handle, direction="in", now=now)
    while True:
        with app.test_request_context():
            try:
                answer, _ = answer_claim(claim, user_id=check_in.user_id, now=now)
            except OperationalError:  # the face answers ``server_busy``
                db.session.rollback()
                continue
            except IntegrityError as refused:
                db.session.rollback()
                return f"refused by {refused.orig}"
        if answer.status != "server_busy":
            return answer.status


def _without_unique_key() -> None:
    """The door does not count on the key (which the test has dropped)."""
    real: Any = register._once
    assert real is not None

    def plainly(statement: Any) -> Any:
        return statement.returning(register._TABLE.c.id)

    register._once = plainly


def _without_transaction() -> None:
    """Each statement is a transaction of its own."""
    real = factory.engine_options

    def options(url: str) -> dict[str, Any]:
        return real(url) | {"isolation_level": "AUTOCOMMIT"}

    factory.engine_options = options
    factory.teach_sqlite = _plain_sqlite


def _plain_sqlite(engine: Any) -> None:
    from sqlalchemy import event

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def on_connect(connection: Any, _record: Any) -> None:
            connection.execute("pragma busy_timeout=10000")


SABOTAGE: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "no unique key": _without_unique_key,
    "no transaction": _without_transaction,
}
