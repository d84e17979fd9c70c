"""`make run` has one parent for server and worker; what it started must never outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT

Start = Callable[[str], subprocess.Popen[str]]
# The shell notes its own process and that of the child it waits for.
FAMILY = "sh -c 'echo $$ >> pids; sleep 60 & echo $! >> pids; wait'"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a parent of what the given Procfile names, in a folder of its own; the test leaves nothing behind."""
    started: list[subprocess.Popen[str]] = []

    def start_parent(procfile: str) -> subprocess.Popen[str]:
        (tmp_path / "Procfile").write_text(procfile, encoding="utf-8")
        command = [sys.executable, str(ROOT / ".ci" / "together.py"), "Procfile"]
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start_parent
    for parent in started:
        parent.terminate()
        parent.communicate(timeout=20)


def _pids(folder: Path, expected: int) -> list[int]:
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        noted = (folder / "pids").read_text().split() if (folder / "pids").exists() else []
        if len(noted) == expected:
            return [int(pid) for pid in noted]
        time.sleep(0.05)
    raise AssertionError("the processes did not start")


def _alive(pids: list[int]) -> list[int]:
    left = []
    for pid in pids:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            continue
        left.append(pid)
    return left


def _soon_nobody(pids: list[int]) -> bool:
    patience = time.monotonic() + 10
    while _alive(pids) and time.monotonic() < patience:
        time.sleep(0.05)
    return not _alive(pids)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["Ctrl-C", "kill", "closed window"]
)
def test_the_parent_ends_all_that_it_started(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    parent = start(f"web: {FAMILY}\nworker: {FAMILY}\n")
    family = _pids(tmp_path, expected=4)

    parent.send_signal(number)

    assert parent.wait(timeout=20) == 128 + number
    assert _soon_nobody(family)


def test_when_one_ends_the_others_are_ended_and_the_parent_fails(start: Start, tmp_path: Path) -> None:
    parent = start(f"web: {FAMILY}\nworker: sleep 1; exit 3\n")
    family = _pids(tmp_path, expected=2)

    output, _ = parent.communicate(timeout=20)

    assert parent.returncode == 3
    assert "worker has ended (3)" in output
    assert _soon_nobody(family)
