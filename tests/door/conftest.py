"""A door in a real browser, on the real server, which can be stopped, and can have bad weather in front of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from credit_app.attendance.devices import issue_code
from credit_app.attendance.models import ScanEvent
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.number import card_number
from credit_app.schools.cards.token import card_token
from tests.browser import FLAGS, PHONE, Watch, _Silent
from tests.cast import Cast
from tests.chromium import find_browser
from tests.door.films import Picture, write_film
from tests.faces.tablets import card_of


class DoorServer:
    """The app on a port that stays its own, also while it is stopped: then nobody answers there."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.port = 0
        self._server: BaseWSGIServer | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self.app, threaded=True, request_handler=_Silent)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None


@dataclass
class Weather:
    """What stands between the devices and the program: it can be busy, broken, or lose answers that were given."""

    program: Callable[..., Any]
    state: str = "fine"  # fine | busy (503) | broken (500) | deaf (done, and the answer is lost)
    spoiled: str = ""  # bodies with this text meet a broken server
    seen: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)  # client_uids, each time that one was sent

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        if not request.path.startswith("/api/device/"):
            return self.program(environ, start_response)
        body = request.get_data()
        environ["wsgi.input"] = _Again(body)
        self.seen.append(f"{request.method} {request.path.removeprefix('/api/device/')}")
        self.sent += _uids(request.path, body)
        if self.state == "busy":
            return Response(json.dumps({"status": "server_busy"}), 503)(environ, start_response)
        if self.state == "broken" or (self.spoiled and self.spoiled.encode() in body):
            return Response("<h1>oops</h1>", 500)(environ, start_response)
        if self.state == "deaf":
            list(self.program(environ, lambda *_: None))
            return Response("", 502)(environ, start_response)
        return self.program(environ, start_response)


class _Again:
    """A body that has been read, to be read again."""

    def __init__(self, body: bytes) -> None:
        self._left = body

    def read(self, size: int = -1) -> bytes:
        size = len(self._left) if size is None or size < 0 else size
        part, self._left = self._left[:size], self._left[size:]
        return part

    def readline(self, *_: Any) -> bytes:
        return self.read()


def _uids(path: str, body: bytes) -> list[str]:
    if path.endswith("/scans"):
        return [json.loads(body)["client_uid"]]
    if path.endswith("/batches"):
        return [item["client_uid"] for item in json.loads(body)["items"]]
    return []


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A film before the camera takes its time, and so does a busy machine."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def weather(app: Flask) -> Weather:
    """Over the devices' interface."""
    standing = Weather(app.wsgi_app)
    app.wsgi_app = standing  # type: ignore[method-assign]
    return standing


@pytest.fixture
def live_server(app: Flask, weather: Weather) -> Iterator[DoorServer]:
    """The test's app, to be stopped and started."""
    server = DoorServer(app)
    yield server
    server.stop()


@pytest.fixture
def watch(live_server: DoorServer) -> Iterator[Watch]:
    """The watch over the pages; that a request got no answer, or a refusal, is what these tests are about."""
    watching = Watch(urlsplit(live_server.url).netloc)
    yield watching
    complaints = [one for one in watching.verdict() if not one.startswith("Failed to load resource")]
    assert not complaints, "The pages of this test complained:\n" + "\n".join(complaints)


@dataclass(frozen=True)
class Card:
    """A card as one holds it. No row: looking at one would open a transaction, and SQLite has one writer."""

    token: str
    number: str
    pupil: int
    row: int

    @classmethod
    def of(cls, card: StudentCard, pupil: int) -> Card:
        named = card.card_id, card.generation
        return cls(card_token(*named), card_number(*named), pupil, card.id)


@dataclass
class Door:
    """What stands in the database: a visit that goes on, cards, and a way to one-time codes."""

    session: Session
    cast: Cast
    card: Card
    other_card: Card

    def code(self) -> str:
        """A fresh one-time code of the venue."""
        now = datetime.now(UTC)
        _enrolment, code = issue_code(
            self.session, name="南门手机", issued_by=self.cast.venue_staff, now=now, venue=self.cast.venue
        )
        self.session.commit()
        return code

    def scans(self) -> list[dict[str, Any]]:
        """The scans that the server has, the oldest first; the session is left without a transaction."""
        columns = (
            ScanEvent.student_id,
            ScanEvent.status,
            ScanEvent.direction,
            ScanEvent.proof,
            ScanEvent.evidence,
            ScanEvent.scanned_at,
            ScanEvent.client_uid,
        )
        self.session.rollback()
        found = [dict(row._mapping) for row in self.session.execute(select(*columns).order_by(ScanEvent.id))]
        self.session.rollback()
        return found

    def statuses(self) -> list[str]:
        return [scan["status"] for scan in self.scans()]

    def methods(self) -> list[str]:
        return [scan["evidence"]["method"] for scan in self.scans()]

    def only(self, column: Any) -> list[Any]:
        """The values of one column, of all rows."""
        self.session.rollback()
        found = list(self.session.scalars(select(column)))
        self.session.rollback()
        return found


@pytest.fixture
def door(db_session: Session, cast: Cast) -> Door:
    """The visit goes on at this very moment; the pupil and the classmate have cards."""
    now = datetime.now(UTC)
    cast.visit.starts_at, cast.visit.ends_at = now - timedelta(minutes=20), now + timedelta(hours=3)
    cards = [
        Card.of(card_of(db_session, pupil, cast.counselor, now), pupil.id) for pupil in (cast.pupil, cast.classmate)
    ]
    db_session.commit()
    return Door(db_session, cast, *cards)


OpenDoor = Callable[..., Page]


@pytest.fixture
def open_door(browser: Browser, live_server: DoorServer, watch: Watch, tmp_path: Path) -> Iterator[OpenDoor]:
    """``open_door()`` is a phone without a camera; ``open_door(scenes=[…])`` one whose camera sees a film.

    ``allowed=False``: nobody has allowed the camera. Other keywords go to the context.
    """
    started: list[Browser] = []
    contexts: list[BrowserContext] = []

    def with_film(scenes: list[tuple[Picture, float]], allowed: bool) -> Browser:
        film = write_film(tmp_path / f"film-{len(started)}.y4m", scenes)
        flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
        if allowed:
            flags.append("--use-fake-ui-for-media-stream")
        kind = browser.browser_type
        path = find_browser()
        started.append(kind.launch(executable_path=path, args=[*FLAGS, *flags]))
        return started[-1]

    def open_page(
        *,
        scenes: list[tuple[Picture, float]] | None = None,
        allowed: bool = True,
        width: int = PHONE[0],
        height: int = PHONE[1],
        **options: Any,
    ) -> Page:
        chromium = browser if scenes is None else with_film(scenes, allowed)
        settings = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "base_url": live_server.url, **options}
        context = chromium.new_context(viewport={"width": width, "height": height}, **settings)
        context.set_default_timeout(15_000)
        watch.over(context)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    for chromium in started:
        chromium.close()
