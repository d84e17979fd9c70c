"""The folder of a whole test session: all its workers keep their databases there.

In memory where the system offers enough of it: each test has a database of its own, and on a disk making and removing
one takes twenty times as long.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")  # noqa: S108 (the name within it is a random one)
ENOUGH_BYTES = 2 * 1024**3


def new_folder() -> Path:
    """An empty folder that nobody else has."""
    try:
        spacious = shutil.disk_usage(IN_MEMORY).free >= ENOUGH_BYTES
    except OSError:  # a system without it
        spacious = False
    return Path(tempfile.mkdtemp(prefix="credit-", dir=IN_MEMORY if spacious else None))


def remove(folder: Path) -> None:
    """The folder is gone, with all that was in it."""
    shutil.rmtree(folder, ignore_errors=True)
