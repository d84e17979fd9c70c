"""The door: cards scanned by devices beside the minimal view, a Saturday, and a queue that comes back to the network.

On one PostgreSQL with 2 workers of 8 threads, everything in one run. (a) A whole scan (the device's signature, replay
check, record, attend, award, commit) by 16 and by 32 clients, and the same requests once more, which are answered from
what is stored. (b) 1,500 pupils come within a minute, by phone and by card, one by one and in batches, while the
screens ask for codes; then 300 who must type their password first. (c) 2,000 scans that waited offline.

Fails when a target of the issue is missed or the ledger does not verify afterwards.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections import Counter
from collections.abc import Sequence

from bench import load
from bench.check_in_data import ROUNDS, build
from bench.door_data import CLIENTS, Door
from bench.servers import THREADS, WORKERS, postgres, web_server

PUPILS = 1500
RATIO = 0.5
SATURDAY_SECONDS, SATURDAY_P95_MS = 60, 200
QUEUED, QUEUED_SECONDS, BATCH = 2000, 10, 50


def main(arguments: Sequence[str]) -> int:
    """Prints the measurements; 1 when a target is missed."""
    with postgres() as database:
        pupils = int(arguments[0]) if arguments else PUPILS
        world = build(database.url, pupils=pupils)
        door = Door(world)
        print(f"{WORKERS} workers of {THREADS} threads; {pupils} pupils with 40 entries and a card each", flush=True)
        with (
            web_server("wsgi:app", database.url) as ours,
            web_server("bench.minimal:create_app()", database.url) as base,
        ):
            load.run_round(base.port, world.minimal_requests(0), CLIENTS[0])
            load.run_round(ours.port, world.warm_up_requests(), CLIENTS[0])
            missed = [_scans(door, ours.port, base.port, clients) for clients in CLIENTS]
            missed += [_offline(door, ours.port), _saturday(door, ours.port)]
        broken = world.verify_ledger()
        print("the ledger verifies" if not broken else f"the ledger is broken: {broken[:3]}")
        return int(any(missed) or bool(broken))


def _scans(door: Door, ours: int, base: int, clients: int) -> bool:
    measured: dict[str, list[load.Round]] = {"minimal": [], "scan": [], "the same again": []}
    first = ROUNDS * CLIENTS.index(clients)
    for number in range(1, ROUNDS + 1):
        requests = door.scan_requests(clients, number)
        measured["minimal"].append(load.run_round(base, door.world.minimal_requests(first + number), clients))
        measured["scan"].append(load.run_round(ours, requests, clients))
        measured["the same again"].append(load.run_round(ours, requests, clients))
    print(f"{clients} clients, medians of {ROUNDS} rounds{'':6} requests/s     p50 ms     p95 ms     p99 ms      ratio")
    speed: dict[str, float] = {}
    for name, rounds in measured.items():
        speed[name] = statistics.median(one.per_second for one in rounds)
        percentiles = "".join(
            f"{statistics.median(one.percentile_ms(share) for one in rounds):11.1f}" for share in (0.5, 0.95, 0.99)
        )
        pairs = zip(rounds, measured["minimal"], strict=True)
        ratio = statistics.median(one.per_second / least.per_second for one, least in pairs)
        told = Counter(json.loads(body)["status"] for one in rounds for body in one.bodies)
        print(f"  {name:34}{speed[name]:11.1f}{percentiles}{ratio:11.2f}   {dict(told)}", flush=True)
        if name == "scan":
            enough = ratio >= RATIO
    return not (enough and speed["the same again"] >= speed["scan"])


def _offline(door: Door, port: int) -> bool:
    requests = door.batch_requests(QUEUED, BATCH)
    round_ = load.run_round(port, requests, 1)  # a device sends one batch after the other
    told = Counter(receipt["status"] for body in round_.bodies for receipt in json.loads(body)["receipts"])
    print(f"{QUEUED} scans that waited: uploaded and confirmed in {round_.seconds:.1f} s   {dict(told)}", flush=True)
    return round_.seconds > QUEUED_SECONDS or sum(told.values()) < QUEUED


def _saturday(door: Door, port: int) -> bool:
    bad = False
    for title, sign_ins in (("everybody within a minute", 0), ("everybody, and 300 of them sign in first", 300)):
        planned = door.saturday(SATURDAY_SECONDS, sign_ins=sign_ins)
        measured = asyncio.run(load.open_loop(port, planned))
        check_ins = [done for kind, each in measured.items() if kind != "sign-in" for done in each]
        print(title)
        for kind, answers in [*sorted(measured.items()), ("all but sign-ins", check_ins)]:
            statuses = Counter(answer.status for answer in answers)
            p95, worst = _p95_ms(answers), max(answer.seconds for answer in answers) * 1000
            print(
                f"  {kind:20}{len(answers):6} requests, p95 {p95:8.1f} ms, worst {worst:8.1f} ms   {dict(statuses)}",
                flush=True,
            )
            bad = bad or any(status >= 400 for status in statuses)
        bad = bad or _p95_ms(check_ins) > SATURDAY_P95_MS
    return bad


def _p95_ms(answers: list[load.Done]) -> float:
    return sorted(answer.seconds for answer in answers)[int(0.95 * (len(answers) - 1))] * 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
