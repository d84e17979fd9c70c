"""The one place that reads the clock: faces, commands and jobs ask here and pass the instant down.

Below the faces nobody calls :func:`now`; rules and actions get their time as a value, so a test says what time it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from credit_app.rules.calendar import local_date

_fixed: datetime | None = None


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _fixed if _fixed is not None else datetime.now(UTC)


def today() -> date:
    """The present local date (Asia/Shanghai)."""
    return local_date(now())


@contextmanager
def fixed(instant: datetime) -> Iterator[None]:
    """Within the block the clock stands at `instant` for every thread of the process (tests, the demonstration)."""
    global _fixed  # noqa: PLW0603 — one clock a process is the point
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    before, _fixed = _fixed, instant.astimezone(UTC)
    try:
        yield
    finally:
        _fixed = before
