"""Load from the same machine, of a given number of requests, so that it ends by itself.

`run_round` is a closed loop: N clients, each with a connection of its own, send the next request when the last one is
answered. `open_loop` lets each begin at its own moment, whatever became of the others.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Round:
    """Units: seconds. `bodies` are the answers in order of arrival; every one had status 200."""

    seconds: float
    latencies: list[float]
    bodies: list[bytes]

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def run_round(port: int, requests: Sequence[bytes], clients: int) -> Round:
    """All `requests` (whole HTTP/1.1 messages), sent by `clients` connections.

    Raises: RuntimeError when one is answered by another status than 200.
    """
    return asyncio.run(_round(port, requests, clients))


async def _round(port: int, requests: Sequence[bytes], clients: int) -> Round:
    pending = iter(requests)
    latencies: list[float] = []
    bodies: list[bytes] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in pending:
            began = time.perf_counter()
            writer.write(request)
            status, body, keep = await answer_of(reader)
            latencies.append(time.perf_counter() - began)
            if status != 200:
                raise RuntimeError(f"status {status}: {body[:300]!r}")
            bodies.append(body)
            if not keep:
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Round(time.perf_counter() - began, latencies, bodies)


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    """Status, body, and whether the connection stays open, of one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
    body = await reader.readexactly(length)
    return int(head.split(" ", 2)[1]), body, "connection: close" not in head


@dataclass(frozen=True)
class Reply:
    """One answer within a conversation."""

    status: int
    body: bytes


class Conversation:
    """Somebody with a connection of their own, who asks one thing after another."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def ask(self, request: bytes) -> Reply:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            status, body, _ = await answer_of(reader)
        finally:
            writer.close()
        return Reply(status, body)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class Planned:
    """What begins `at` so many seconds after the start; `steps` returns the status of its last answer."""

    at: float
    kind: str
    steps: Callable[[Conversation], Awaitable[int]]


@dataclass(frozen=True)
class Done:
    """How it ended. Units: seconds from its planned moment, pauses included."""

    status: int
    seconds: float


async def open_loop(port: int, planned: Sequence[Planned]) -> dict[str, list[Done]]:
    """kind → how each of it ended; each begins at its moment."""
    done: dict[str, list[Done]] = defaultdict(list)
    began = time.perf_counter()

    async def run(each: Planned) -> None:
        await asyncio.sleep(max(0.0, began + each.at - time.perf_counter()))
        status = await each.steps(Conversation(port))
        done[each.kind].append(Done(status, time.perf_counter() - began - each.at))

    await asyncio.gather(*(run(each) for each in planned))
    return dict(done)
