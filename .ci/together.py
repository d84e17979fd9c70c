"""Starts every process that a Procfile names and ends them together.

    together.py deploy/Procfile

It ends them on Ctrl-C, on SIGTERM, when its terminal is closed, and as soon as one of them ends by itself: a server
without its worker would look well and do half of its work. It comes back when none is left.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE_SECONDS = 8
LOOKS_EVERY_SECONDS = 0.1

_signals: list[int] = []


def commands(procfile: Path) -> dict[str, str]:
    """The command of each process by its name."""
    return dict(re.findall(r"^([\w-]+):\s*(\S.*)$", procfile.read_text(encoding="utf-8"), re.MULTILINE))


def start(command: str) -> subprocess.Popen[bytes]:
    """A process in a session of its own: Ctrl-C reaches the parent alone, which then ends the others in order."""
    return subprocess.Popen(["/bin/sh", "-c", command], start_new_session=True, stdin=subprocess.DEVNULL)


def wait_for_an_end(processes: dict[str, subprocess.Popen[bytes]]) -> int:
    """The exit status of the whole, once somebody asked for the end or a process ended by itself."""
    while not _signals:
        for name, process in processes.items():
            if process.poll() is not None:
                print(f"{name} has ended ({process.returncode}): ending the others.", flush=True)
                return process.returncode or 1
        time.sleep(LOOKS_EVERY_SECONDS)
    return 128 + _signals[0]


def send(processes: dict[str, subprocess.Popen[bytes]], number: signal.Signals) -> None:
    """The signal goes to each process and to what it started, also when the process itself is gone already."""
    for process in processes.values():
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):  # nobody is left; macOS says it the second way
            continue


def end(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """None of the processes is left, nor anything that they started."""
    send(processes, signal.SIGTERM)
    patience = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < patience and any(process.poll() is None for process in processes.values()):
        time.sleep(LOOKS_EVERY_SECONDS)
    send(processes, signal.SIGKILL)
    for process in processes.values():
        process.wait()


def main(procfile: str) -> int:
    """The exit status: of the process that ended first, or 128 and the signal, as a shell has it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: _signals.append(received))
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands(Path(procfile)).items():
            processes[name] = start(command)
        return wait_for_an_end(processes)
    finally:
        end(processes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
