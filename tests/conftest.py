"""What every test can ask for: a database of its own on both engines, the app on it, the cast, a clock, a browser.

A test that asks for `database` (or for anything that stands on it) runs twice, on SQLite and on PostgreSQL; one marked
`browser` or `sqlite_only` runs once. With CI=true a test that is skipped for a missing part has failed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.orm import Session

from credit_app import clock as program_clock
from tests import postgres, session_folder
from tests.browser import browser, failed_test, live_server, open_browser, page, watch

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.databases import Templates
    from tests.visitor import Visitor

# Fixtures from elsewhere that every test can ask for. The app itself is imported by the fixtures that need it, so that
# the tests of the pure rules run without it.
__all__ = ["browser", "live_server", "open_browser", "page", "watch"]

ENGINES = ("sqlite", "postgresql")
# The one part that a fresh clone may be without: a public data set that stands beside the project, not in it.
MAY_BE_MISSING = "the public roster"

_folder = pytest.StashKey[Path]()


# One folder and one PostgreSQL for all workers: the first test that wants the server starts it.


def _told_by_session(config: pytest.Config) -> dict[str, Any] | None:
    """What the session told this worker of xdist; None in the session's own process."""
    return getattr(config, "workerinput", None)


def pytest_configure(config: pytest.Config) -> None:
    told = _told_by_session(config)
    config.stash[_folder] = Path(told["folder"]) if told else session_folder.new_folder()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: a worker is told the folder of the session."""
    node.workerinput["folder"] = str(node.config.stash[_folder])


def pytest_unconfigure(config: pytest.Config) -> None:
    if _told_by_session(config) is None and _folder in config.stash:
        postgres.end(config.stash[_folder])
        session_folder.remove(config.stash[_folder])


# Skips.


def _must_run(report: Any) -> Any:
    """In CI a skip is a failure that says what is missing, unless it is the one part that may be."""
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if MAY_BE_MISSING not in reason:
            report.outcome = "failed"
            report.longrepr = f"In CI nothing is skipped for want of a part. {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = _must_run((yield))
    if report.failed:
        item.stash[failed_test] = True
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    return _must_run((yield))


# Databases and the app on them.


class CompiledTemplates(BytecodeCache):
    """Templates compiled once a worker: each test's app would compile them anew, which costs more than the test."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        known = self._known.get((bucket.key, bucket.checksum))
        if known is not None:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        once = any(metafunc.definition.iter_markers("browser")) or any(metafunc.definition.iter_markers("sqlite_only"))
        metafunc.parametrize("database", ENGINES[:1] if once else ENGINES, indirect=True)


@pytest.fixture(scope="session")
def templates_of(pytestconfig: pytest.Config) -> Callable[[str], Templates]:
    """The template databases of an engine, by the engine's name."""
    from tests.databases import PostgresDatabases, Server, SqliteFiles, Templates

    made: dict[str, Templates] = {}

    def templates(engine: str) -> Templates:
        if engine not in made:
            folder = Path(tempfile.mkdtemp(prefix=f"{engine}-", dir=pytestconfig.stash[_folder]))
            server: Server = SqliteFiles(folder)
            if engine == "postgresql":
                try:
                    server = PostgresDatabases(postgres.start(pytestconfig.stash[_folder]))
                except Exception as problem:  # whatever it is, the reader must learn that PostgreSQL was not tested
                    pytest.skip(f"PostgreSQL could not be started: {problem!r}")
            made[engine] = Templates(server, folder)
        return made[engine]

    return templates


@pytest.fixture
def database(request: pytest.FixtureRequest, templates_of: Callable[[str], Templates]) -> Iterator[str]:
    """The address of a migrated database that nobody else has; empty, or with the cast if the test asks for it."""
    from tests import cast as cast_list

    templates = templates_of(request.param)
    if "cast" in request.fixturenames:
        url = templates.copy_of("cast", filled_by=cast_list.build)
    else:
        url = templates.copy_of("migrated")
    yield url
    templates.server.remove(url)


@pytest.fixture(scope="session")
def compiled_templates() -> CompiledTemplates:
    """What one test's app has compiled, for the next one's."""
    return CompiledTemplates()


@pytest.fixture
def app(database: str, tmp_path: Path, compiled_templates: CompiledTemplates) -> Iterator[Flask]:
    """The app on the test's database."""
    from credit_app.app import create_app
    from credit_app.people.line import line
    from tests.databases import release, settings_for

    line.clear()  # it is the process's: under a held clock whoever waited in another test would wait for ever
    made = create_app(settings_for(database, tmp_path))
    made.jinja_env.bytecode_cache = compiled_templates
    yield made
    release(made)


@pytest.fixture
def db_session(app: Flask) -> Iterator[Session]:
    """The session of an app context that lasts as long as the test."""
    from credit_app.extensions import db

    with app.app_context():
        yield db.session()
        db.session.rollback()


@pytest.fixture
def cast(db_session: Session) -> Cast:
    """The fixed cast, as rows of the test's session. A test that asks for it gets a database in which it stands."""
    from tests import cast as cast_list

    return cast_list.find(db_session)


@pytest.fixture
def client(app: Flask) -> Visitor:
    """A browser without a screen, signed in as nobody. Other visitors: ``Visitor(app)``."""
    from tests.visitor import Visitor

    return Visitor(app)


class HeldClock:
    """The clock of the whole process, in the test's hand: it stands from the first `set` until the test is over."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def set(self, instant: datetime) -> datetime:
        """It is now `instant`."""
        self._stack.enter_context(program_clock.fixed(instant))
        return instant

    def forward(self, **duration: int) -> datetime:
        """``forward(minutes=45)``: that much later than it was; the new now is returned."""
        return self.set(program_clock.now() + timedelta(**duration))


@pytest.fixture
def clock() -> Iterator[HeldClock]:
    """The program's clock, to be set and moved."""
    with ExitStack() as stack:
        yield HeldClock(stack)
