"""The crash drill: workers, and on PostgreSQL the database, are killed at seeded moments while pupils check in.

``python -m tests.drills.crash [--engine ENGINE] [--check-ins N] [--kills N] [--seed N] [--control NAME]``; ``make
drill`` runs it on both engines. Every pupil checks in to every occurrence with two devices, in an order that the seed
draws; each device repeats its request until it is acknowledged, as a phone does. Then ``flask verify`` must be clean,
every acknowledged answer stored as it was given, and each pupil in each occurrence once, credited once.

A control breaks what the drill is there to notice: ``two-transactions`` credits apart from the check-in, and
``lazy-commit`` lets the database acknowledge what it has not written down. With one of them the drill must fail.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import func, select

from bench.city import Phones, PupilKey, open_occurrences, settle_pupils
from bench.load import answer_of
from bench.servers import Postgres, WebServer, postgres, web_server
from config import Config
from credit_app.app import create_app
from credit_app.attendance.models import Attendance, ScanEvent
from credit_app.extensions import db
from credit_app.ledger.models import LedgerEntry
from credit_app.verification import verify

OCCURRENCES, CLIENTS, SEED = 10, 16, 2026
CONTROLS = {"two-transactions": "tests.drills.broken:two_transactions()", "lazy-commit": "wsgi:app"}


@dataclass
class Told:
    """What the drill has seen. `acknowledged` is nonce → the answer's JSON."""

    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    repeated: int = 0
    kills: int = 0
    crashes: int = 0
    seconds: float = 0


@dataclass(frozen=True)
class Stage:
    """Where it takes place."""

    app: Flask
    web: WebServer
    database: Postgres | None
    pupils: list[PupilKey]
    handles: list[str]


@contextmanager
def stage(engine: str, *, pupils: int, control: str | None) -> Iterator[Stage]:
    """The city stands, and is served."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres()) if engine == "postgresql" else None
        if database is not None and control == "lazy-commit":
            database.set("synchronous_commit", "off")
            database.set("wal_writer_delay", "'10s'")
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = database.url if database else f"sqlite:///{Path(folder) / 'drill.sqlite3'}"
        app = create_app(Config(mode="demonstration", database_url=url))
        with app.app_context():
            flask_migrate.upgrade()
            now, session = datetime.now(UTC), db.session()
            district, officer, keys = settle_pupils(session, pupils=pupils, now=now)
            titles = [(f"讲座{number}", "lecture") for number in range(OCCURRENCES)]
            handles = open_occurrences(session, district=district, officer=officer, happenings=titles, now=now)
            session.commit()
            db.engine.dispose()
        web = stack.enter_context(web_server(CONTROLS.get(control or "", "wsgi:app"), url, quiet=True))
        yield Stage(app, web, database, keys, list(handles.values()))


def run(stage: Stage, *, seed: int, check_ins: int, kills: int) -> Told:
    """Everybody has been acknowledged, however often somebody pulled the plug."""
    told, began = Told(), time.monotonic()
    # In a thread of its own: a test's thread may have an event loop already, that of a browser.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_run(stage, told, seed, check_ins, kills))).result()
    told.seconds = time.monotonic() - began
    return told


async def _run(stage: Stage, told: Told, seed: int, check_ins: int, kills: int) -> None:
    chance = random.Random(seed)
    pairs = [(place, handle) for place in range(len(stage.pupils)) for handle in stage.handles][:check_ins]
    queue = [*pairs, *pairs]  # the second device
    chance.shuffle(queue)
    phones, pending = Phones(stage.app), iter(queue)

    async def client() -> None:
        for place, handle in pending:
            claim, request = phones.claim(
                stage.pupils[place], place, handle=handle, direction="in", now=datetime.now(UTC)
            )
            told.acknowledged[claim.nonce] = await _until_acknowledged(stage.web.port, request, told)

    # By how many have been acknowledged, not by the clock: the same moments on a fast machine and on a slow one.
    moments = sorted(chance.sample(range(len(queue)), kills))
    crashes = kills // 3 if stage.database else 0
    victims = ["database"] * crashes + ["worker"] * (kills - crashes)
    chance.shuffle(victims)
    killer = asyncio.create_task(_kill(stage, told, dict(zip(moments, victims, strict=True)), chance))
    # A database that does not come back ends the drill.
    await asyncio.gather(killer, *(client() for _ in range(CLIENTS)))


async def _kill(stage: Stage, told: Told, victims: dict[int, str], chance: random.Random) -> None:
    for moment, victim in victims.items():
        while len(told.acknowledged) < moment:
            await asyncio.sleep(0.005)
        if victim == "worker" or stage.database is None:
            told.kills += stage.web.kill_worker(chance)
        else:
            stage.database.crash()
            told.crashes += 1
            await asyncio.to_thread(stage.database.restart)


async def _until_acknowledged(port: int, request: bytes, told: Told) -> dict[str, Any]:
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                status, body, _ = await asyncio.wait_for(answer_of(reader), 15)
            finally:
                writer.close()
            if status == 200:
                answer: dict[str, Any] = json.loads(body)
                return answer
            if status not in (500, 502, 503):
                raise RuntimeError(f"status {status}: {body[:300]!r}")
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass
        told.repeated += 1
        await asyncio.sleep(0.05)


def findings(stage: Stage, told: Told) -> list[str]:
    """What is wrong after it; nothing when all invariants hold."""
    with stage.app.app_context():
        session = db.session()
        wrong = [str(finding) for finding in verify(session)]
        stored = {row.client_uid: row.answer for row in session.execute(select(ScanEvent.client_uid, ScanEvent.answer))}
        pairs = len(told.acknowledged) // 2
        counts = {
            "attendances": select(func.count()).select_from(Attendance),
            "awards": select(func.count()).where(LedgerEntry.kind == "award"),
        }
        wrong += [
            f"{found} {name} of {pairs}"
            for name, query in counts.items()
            if (found := session.scalar(query) or 0) != pairs
        ]
        db.session.remove()
        db.engine.dispose()
    for nonce, answer in told.acknowledged.items():
        if nonce not in stored:
            wrong.append(f"I1 {nonce}: acknowledged and lost")
        elif any(answer.get(name) != value for name, value in stored[nonce].items()):
            wrong.append(f"I1 {nonce}: stored with another content than was acknowledged")
    return wrong


def drill(
    engine: str, *, check_ins: int, kills: int, seed: int = SEED, control: str | None = None
) -> tuple[Told, list[str]]:
    """One whole drill: what was seen, and what is wrong after it."""
    with stage(engine, pupils=-(-check_ins // OCCURRENCES), control=control) as standing:
        told = run(standing, seed=seed, check_ins=check_ins, kills=kills)
        return told, findings(standing, told)


def main(argv: list[str]) -> int:
    """Prints what was seen; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.drills.crash")
    parser.add_argument("--engine", choices=("postgresql", "sqlite"), action="append")
    parser.add_argument("--check-ins", type=int, default=4000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--control", choices=sorted(CONTROLS))
    given = parser.parse_args(argv)
    code = 0
    for engine in given.engine or ("postgresql", "sqlite"):
        told, wrong = drill(
            engine, check_ins=given.check_ins, kills=given.kills, seed=given.seed, control=given.control
        )
        print(
            f"{engine}: {given.check_ins} check-ins by two devices each in {told.seconds:.0f} s; {told.kills} workers"
            f" and {told.crashes} times the database killed, {told.repeated} requests repeated: {len(wrong)} findings"
        )
        for line in wrong[:10]:
            print(f"  {line}")
        code = code or bool(wrong)
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
