"""The line (排队) before passwords: how many are checked at once in one process, and who waits where.

A check costs 64 MiB and a fifth of a second on purpose. So a few run at once, as many again may wait for them in their
requests, and everybody else waits in their own browser, asks every second or so whether it is their turn, and costs
nothing meanwhile: the threads of the process stay free for scans. A browser's place is a ticket that holds when it
came; nothing is stored but in the memory of this process, and every process keeps a line of its own, of whoever asks
it. What a ticket says is never trusted with more than a place: the bound itself is that of `Line.seat`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import BoundedSemaphore, Lock

from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeSerializer

from credit_app.errors import DomainError
from credit_app.keys import key_for

AT_ONCE = max(2, os.cpu_count() or 2)
WAITING_IN_THREADS = 3
LONGEST_WAIT_SECONDS = 15
ADMITTED_AT_ONCE = 3  # less than AT_ONCE + WAITING_IN_THREADS: the request may reach another process than the question
ADMISSION_LASTS = timedelta(milliseconds=500)  # until the request that follows an admission must have come
LATE_BY = timedelta(seconds=1)  # a slow network's
SHOWN_FOR = timedelta(seconds=6)
MOST_TICKETS = 5000
TICKET_LASTS = timedelta(minutes=3)  # longer, and tickets could be hoarded to push in front of a whole class


class TooManySignIns(DomainError):
    """More people sign in at this moment than the machine can check."""

    code, status = "server_busy", 503
    message = _l("现在登录的人有点多，请稍等几秒再试一次。")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the line: who is not told, when they came is."""

    nonce: str
    came_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """What a browser is told: it is its turn, or how many are ahead of it and when to ask again."""

    go: bool
    ahead: int
    again_in: timedelta


@dataclass(slots=True)
class _Waiting:
    came_at: datetime
    asked_at: datetime
    expected_by: datetime


class Line:
    """The line of one process. Every method may be called from any of its threads."""

    def __init__(
        self, *, at_once: int = AT_ONCE, waiting: int = WAITING_IN_THREADS, admitted: int = ADMITTED_AT_ONCE
    ) -> None:
        self._running = BoundedSemaphore(at_once)
        self._seats = BoundedSemaphore(waiting)
        self._admitted_at_once = admitted
        self._lock = Lock()
        self._present = 0  # running, or waiting in a thread
        self._waiting: dict[str, _Waiting] = {}
        self._admitted: dict[str, datetime] = {}

    @contextmanager
    def seat(self, *, longest_wait_seconds: float = LONGEST_WAIT_SECONDS) -> Iterator[None]:
        """Within the block one password may be checked. Raises: TooManySignIns at once when all seats are taken, and
        after a long wait."""
        if not self._running.acquire(blocking=False):
            if not self._seats.acquire(blocking=False):
                raise TooManySignIns
            try:
                its_turn = self._running.acquire(timeout=longest_wait_seconds)
            finally:
                self._seats.release()
            if not its_turn:
                raise TooManySignIns
        try:
            yield
        finally:
            self._running.release()

    @contextmanager
    def visit(self, nonce: str | None) -> Iterator[None]:
        """Within the block somebody is being signed in, who may hold a ticket: they wait no longer, they are here."""
        with self._lock:
            self._waiting.pop(nonce or "", None)
            self._admitted.pop(nonce or "", None)
            self._present += 1
        try:
            yield
        finally:
            with self._lock:
                self._present -= 1

    def ask(self, ticket: Ticket, *, now: datetime) -> Turn:
        """Whether it is the turn of who holds `ticket`; if not, their place is kept, first come first served."""
        with self._lock:
            self._forget(now)
            known = self._waiting.pop(ticket.nonce, None)
            if ticket.nonce in self._admitted:
                return Turn(True, 0, timedelta())
            earlier = [
                each for nonce, each in self._waiting.items() if (each.came_at, nonce) < (ticket.came_at, ticket.nonce)
            ]
            before = sum(each.expected_by >= now for each in earlier)
            if self._present + len(self._admitted) + before < self._admitted_at_once:
                self._admitted[ticket.nonce] = now
                return Turn(True, 0, timedelta())
            again_in = _again_in(before)
            if known is not None or len(self._waiting) < MOST_TICKETS:
                self._waiting[ticket.nonce] = _Waiting(ticket.came_at, now, now + again_in + LATE_BY)
            return Turn(False, len(earlier) + self._present, again_in)

    def length(self, *, now: datetime) -> int:
        """How many are being signed in or wait for it."""
        with self._lock:
            self._forget(now)
            return self._present + len(self._waiting)

    def clear(self) -> None:
        """Nobody waits any more; whoever does asks again, and keeps the place that the ticket says."""
        with self._lock:
            self._waiting.clear()
            self._admitted.clear()

    def _forget(self, now: datetime) -> None:
        """Those who have not asked for a while have gone; those who were admitted and did not come went elsewhere.

        Also those who asked in what is now the future: the clock of a machine may be set back, and must stop nobody.
        """
        for nonce in [nonce for nonce, each in self._waiting.items() if abs(now - each.asked_at) > SHOWN_FOR]:
            del self._waiting[nonce]
        for nonce in [nonce for nonce, since in self._admitted.items() if abs(now - since) > ADMISSION_LASTS]:
            del self._admitted[nonce]


line = Line()


def new_ticket(now: datetime) -> Ticket:
    """A place behind everybody who has come before `now`."""
    return Ticket(secrets.token_urlsafe(6), now)


def seal_ticket(ticket: Ticket) -> str:
    """The ticket as a signed text: nobody can have come earlier than they did."""
    return str(_serializer().dumps([ticket.nonce, int(ticket.came_at.timestamp() * 1000)]))


def unseal_ticket(text: str, *, now: datetime) -> Ticket | None:
    """The ticket in `text`; None when we did not sign it, or it is so old that its place is gone."""
    try:
        nonce, came_ms = _serializer().loads(text)
    except BadSignature:
        return None
    came_at = datetime.fromtimestamp(came_ms / 1000, UTC)
    return Ticket(nonce, came_at) if now - came_at < TICKET_LASTS else None


def _again_in(before: int) -> timedelta:
    """Those at the front ask often, so that no seat stays empty; those at the back seldom."""
    return timedelta(milliseconds=300 if before < 4 else min(3000, 500 + 40 * before))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(key_for("turn"), salt="turn")
