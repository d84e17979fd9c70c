"""A small closed-loop load: N clients, each with a connection of its own, sending its next request when the last is
answered. Loopback only; the number of requests is given, so it ends by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
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
