"""How far long work is: a bar on a terminal, a line every few seconds elsewhere, each with the time still to come."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from credit_app.findings import Progress

LINE_EVERY_SECONDS = 10


@contextmanager
def progress_shown(label: str, *, every_seconds: float = LINE_EVERY_SECONDS) -> Iterator[Progress]:
    """Within the block the function that it gives is told (done, in all) and shows it on the error output.

    Work in several rooms begins anew in each: then so does what is shown.
    """
    shown = _Bar(label) if sys.stderr.isatty() else _Lines(label, every_seconds)
    try:
        yield shown.told
    finally:
        shown.end()


class _Bar:
    def __init__(self, label: str) -> None:
        self.label, self.done = label, 0
        self.bar: Any = None

    def told(self, done: int, in_all: int) -> None:
        if self.bar is None or done < self.done or self.bar.length != in_all:
            self.end()
            self.bar = click.progressbar(length=in_all, label=self.label, show_eta=True, show_pos=True, file=sys.stderr)
            self.bar.__enter__()
            self.done = 0
        self.bar.update(done - self.done)
        self.done = done

    def end(self) -> None:
        if self.bar is not None:
            self.bar.__exit__(None, None, None)
            self.bar = None


class _Lines:
    def __init__(self, label: str, every_seconds: float) -> None:
        self.label, self.every_seconds = label, every_seconds
        self.began = self.told_last = time.monotonic()
        self.done = 0

    def told(self, done: int, in_all: int) -> None:
        now = time.monotonic()
        if done < self.done:
            self.began = now
        self.done = done
        if now - self.told_last < self.every_seconds:
            return
        self.told_last = now
        rate = done / max(now - self.began, 0.001)
        left = f", {(in_all - done) / rate:,.0f} s to go" if rate and done <= in_all else ""
        click.echo(f"{self.label}: {done:,} of {in_all:,}, {rate:,.0f} a second{left}", err=True)

    def end(self) -> None:
        """Nothing: the lines stand."""
