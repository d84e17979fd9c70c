"""Our check-in beside the minimal view, on one PostgreSQL in one run: what recording, judging and explaining cost.

(a) a lecture's check-in that awards; (b) a visit's check-out that awards; for pupils with 40 entries each. The claim is
held and the sign-in made before; timed are the requests alone, in interleaved rounds. Fails when fewer than 95 % of
the awards are above 0, or when the ledger does not verify afterwards. The rules' own share of a request is told too.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import psycopg

from bench import load, rules
from bench.check_in_data import PUPILS, ROUNDS, World, build
from bench.servers import THREADS, WORKERS, postgres, web_server

CLIENTS = 16
TARGET = 0.6
RULES_SHARE = 0.1


def main(arguments: Sequence[str]) -> int:
    """Prints a table; exit code 1 when an award is missing, 3 when the ratio is below the target."""
    with postgres() as database:
        url = database.url
        print(
            f"a commit takes {_commit_ms(url):.2f} ms here; {CLIENTS} clients, {WORKERS} workers of {THREADS} threads"
        )
        began = time.perf_counter()
        world = build(url, pupils=int(arguments[0]) if arguments else PUPILS)
        print(
            f"{len(world.pupils)} pupils with 40 entries each built in {time.perf_counter() - began:.0f} s", flush=True
        )
        with web_server("wsgi:app", url) as ours, web_server("bench.minimal:create_app()", url) as minimal:
            _warm_up(world, ours.port, minimal.port)
            measured = _measure(world, ours.port, minimal.port)
        return _report(measured) or _rules_share(measured) or _verified(world)


def _warm_up(world: World, ours: int, minimal: int) -> None:
    load.run_round(minimal, world.minimal_requests(0), CLIENTS)
    load.run_round(ours, world.warm_up_requests(), CLIENTS)


def _measure(world: World, ours: int, minimal: int) -> dict[str, list[load.Round]]:
    measured: dict[str, list[load.Round]] = {"minimal": [], "lecture check-in": [], "visit check-out": []}
    for number in range(1, ROUNDS + 1):
        measured["minimal"].append(load.run_round(minimal, world.minimal_requests(number), CLIENTS))
        measured["lecture check-in"].append(load.run_round(ours, world.lecture_requests(number), CLIENTS))
        measured["visit check-out"].append(load.run_round(ours, world.check_out_requests(number), CLIENTS))
        print(".", end="", flush=True)
    print()
    return measured


def _report(measured: dict[str, list[load.Round]]) -> int:
    figures: dict[str, Callable[[load.Round], float]] = {
        "requests/s": lambda one: one.per_second,
        "p50 ms": lambda one: one.percentile_ms(0.50),
        "p95 ms": lambda one: one.percentile_ms(0.95),
        "p99 ms": lambda one: one.percentile_ms(0.99),
    }
    title = f"medians, {ROUNDS} rounds"
    print(f"{title:24}" + "".join(f"{name:>12}" for name in figures) + f"{'ratio':>10}")
    code = 0
    for name, rounds in measured.items():
        ratios = [one.per_second / base.per_second for one, base in zip(rounds, measured["minimal"], strict=True)]
        ratio = statistics.median(ratios)
        values = "".join(f"{statistics.median(figure(one) for one in rounds):12.1f}" for figure in figures.values())
        print(f"{name:24}{values}{ratio:10.2f}   ({min(ratios):.2f}–{max(ratios):.2f})")
        if name != "minimal":
            answers = [json.loads(body) for one in rounds for body in one.bodies]
            gained = sum(answer.get("gained", 0) > 0 for answer in answers)
            print(f"{'':24}awards above 0: {gained} of {len(answers)}")
            if gained < 0.95 * len(answers):
                print(f"too few awards: {answers[0]}")
                code = 1
            elif ratio < TARGET:
                code = code or 3
    return code


def _rules_share(measured: dict[str, list[load.Round]]) -> int:
    """How much of a check-in is judging; exit code 3 when it is a tenth or more."""
    award = rules.single_seconds(rules.a_year(rules.SAMPLED_PUPILS * rules.PER_PUPIL), rules.sample_book())
    # Both workers are busy all the time, so a request takes so much of one of them.
    request = WORKERS / statistics.median(one.per_second for one in measured["lecture check-in"])
    print(
        f"an award with a year of history takes {award * 1e6:.0f} µs, a check-in {request * 1e3:.1f} ms of a worker: "
        f"{award / request:.3f} of it"
    )
    return 0 if award < RULES_SHARE * request else 3


def _verified(world: World) -> int:
    broken = world.verify_ledger()
    print("the ledger verifies" if not broken else f"the ledger is broken: {broken[:3]}")
    return 1 if broken else 0


def _commit_ms(url: str) -> float:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute("CREATE TABLE commit_cost (n int)")
        began = time.perf_counter()
        for number in range(100):
            connection.execute("INSERT INTO commit_cost VALUES (%s)", (number,))
        return (time.perf_counter() - began) * 10


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
