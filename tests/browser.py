"""A real browser on a real server, with a watch that fails a test whose pages complain or call another host."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.chromium import find_browser

FLAGS = (
    "--no-sandbox",  # as root, in a container, Chromium has no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # It would call home otherwise, and log an error for each call that fails.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = (390, 844)
PICTURES = Path("test-results")

failed_test = pytest.StashKey[bool]()


@dataclass(frozen=True)
class LiveServer:
    """A server that answers at `url`."""

    app: Flask
    url: str


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the test says what went wrong."""


@pytest.fixture
def live_server(app: Flask) -> Iterator[LiveServer]:
    """The test's app behind a threaded server on a free port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="live server")
    thread.start()
    yield LiveServer(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for a worker's tests; each test has contexts of its own."""
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium: install one, or name it by CHROMIUM=/path/to/chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@dataclass
class Watch:
    """What the pages of a test did that they must not do."""

    host: str
    complaints: list[str] = field(default_factory=list)
    _documents: set[str] = field(default_factory=set)
    _console: list[tuple[str, str]] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """From now on the pages of `context` are watched."""
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("console", self._on_console)
        context.on("weberror", lambda problem: self.complaints.append(f"JavaScript stopped: {problem.error}"))

    def verdict(self) -> list[str]:
        """Every complaint. A page that answers 404 on purpose is none, though the browser logs it as an error."""
        return self.complaints + [text for text, place in self._console if place not in self._documents]

    def forget(self) -> None:
        """What was seen so far is forgiven: a test provoked it."""
        self.complaints.clear()
        self._console.clear()

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.netloc != self.host:
            self.complaints.append(f"a page called another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self._documents.add(response.url)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            address = message.location["url"]
            failed_load = message.text.startswith("Failed to load resource")
            self._console.append((f"{message.text} ({address})", address if failed_load else ""))


OpenBrowser = Callable[..., Page]


@pytest.fixture
def watch(live_server: LiveServer) -> Iterator[Watch]:
    """The watch over every page of the test: at its end there must be no complaint."""
    watching = Watch(urlsplit(live_server.url).netloc)
    yield watching
    assert not watching.verdict(), "The pages of this test complained:\n" + "\n".join(watching.verdict())


@pytest.fixture
def open_browser(
    request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer, watch: Watch
) -> Iterator[OpenBrowser]:
    """``open_browser(width=…, height=…)`` is a page of a fresh browser: no cookies, Chinese, in Shanghai, a phone.

    Other keywords go to the context (``locale="en-US"``, ``java_script_enabled=False`` …). Addresses are relative:
    ``page.goto("/")``. If the test fails, a picture of each page is left in ``test-results/``.
    """
    contexts: list[BrowserContext] = []

    def open_page(*, width: int = PHONE[0], height: int = PHONE[1], **options: Any) -> Page:
        settings = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "base_url": live_server.url, **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        context.set_default_timeout(10_000)
        watch.over(context)
        contexts.append(context)
        return context.new_page()

    yield open_page
    if request.node.stash.get(failed_test, False):
        _take_pictures(request.node.name, contexts)
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_browser: OpenBrowser) -> Page:
    """A pupil's phone, not signed in."""
    return open_browser()


def _take_pictures(test: str, contexts: list[BrowserContext]) -> None:
    PICTURES.mkdir(exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", test)
    for number, shown in enumerate((page for context in contexts for page in context.pages), 1):
        shown.screenshot(path=PICTURES / f"{name}-{number}.png", full_page=True)
