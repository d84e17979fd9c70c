"""The pure core: one award, and a city's year in one batch beside the floor and beside the one-by-one form.

``python -m bench.rules [ROWS …]`` (by default 0.1, 1 and 10 million rows). A row is a participation; 20 a pupil, all
eight categories of the default book, so that every clause has work. The floor is what nobody can do without: one
category cap over the same rows, hand-written as groupby, cumsum and clip. All times are of one process in one run:
the clock shows the waiting for other processes too, the CPU time does not, so ratios are of CPU time. Each is the
least of three, because the first one also pays the system for handing out memory.

What bounds the batch is memory traffic, not rules: each of the 31 clauses reads and writes a handful of columns over
the rows that it speaks about. So it goes by stretches of whole pupils that fit a processor's cache (all rows at once
took 2.5 times as long at ten million), and what is left is writing each result column, a new array, once. Rows that
come by pupil and time need no sort; others cost one. A limit without a key finds its groups already together; one per
venue sorts its own rows.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Hashable
from datetime import date
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from credit_app.rules.batch import award_batch
from credit_app.rules.book import Book, load_book
from credit_app.rules.facts import Fact
from credit_app.rules.single import History

SIZES = (100_000, 1_000_000, 10_000_000)
TRIES = 3
PER_PUPIL = 20
SAMPLED_PUPILS = 1_000
YEAR_BEGINS, DAYS = np.datetime64("2025-09-01"), 365

SHARES = {
    "venue_visit": 0.28,
    "inquiry_course": 0.20,
    "lecture": 0.20,
    "club_festival": 0.12,
    "online_learning": 0.10,
    "volunteer_guide": 0.05,
    "competition": 0.03,
    "research_project": 0.02,
}


def main(argv: list[str]) -> int:
    """Prints the measurements; 1 when a target of the issue is missed at the largest size."""
    book = sample_book()
    sizes = [int(text.replace("_", "")) for text in argv] or list(SIZES)
    good = True
    print("       rows     batch      rows/s    floor  batch/floor     single  single/batch      peak")
    for size in sizes:
        good = _measure(size, book)
    print("targets: batch/floor at most 25, single/batch at least 20, single at most 100 µs, peak below 8 GiB")
    return 0 if good else 1


def sample_book() -> Book:
    """The book that ships."""
    return load_book(files("credit_app.rules").joinpath("books/sample-2026.yaml").read_text(encoding="utf-8"))


def _measure(size: int, book: Book) -> bool:
    facts = a_year(size)
    floor = _cpu_seconds(lambda: one_category_cap(facts))
    single = single_seconds(facts, book)
    batch = _cpu_seconds(lambda: award_batch(facts, book))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{size:>11,} {batch:>7.2f} s {size / batch:>11,.0f} {floor:>6.2f} s {batch / floor:>12.1f}"
        f" {single * 1e6:>7.1f} µs {single * size / batch:>13.1f} {peak:>5.1f} GiB",
        flush=True,
    )
    return batch / floor <= 25 and single * size / batch >= 20 and single <= 100e-6 and peak < 8


def one_category_cap(facts: pd.DataFrame) -> pd.Series:
    """The floor: half a credit for each participation, at most 10 a pupil and year, in the order of the rows."""
    amounts = pd.Series(np.full(len(facts), 50), index=facts.index)
    reached = amounts.groupby(facts["pupil"], sort=False).cumsum()
    return reached.clip(upper=1000) - (reached - amounts).clip(upper=1000)


def a_year(rows: int) -> pd.DataFrame:
    """One academic year of `rows` participations, pupil by pupil in event order; the same at every call."""
    random = np.random.default_rng(2026)
    pupil = np.repeat(np.arange(rows // PER_PUPIL + 1), PER_PUPIL)[:rows].astype("int32")
    day = random.integers(0, DAYS, rows)
    minute = random.integers(9 * 60, 18 * 60, rows)
    order = np.lexsort((day * 1440 + minute, pupil))
    day, minute = day[order], minute[order]
    names = list(SHARES)
    category = random.choice(len(names), rows, p=list(SHARES.values())).astype("int8")
    competes, researches = (category == names.index(name) for name in ("competition", "research_project"))
    level = np.where(competes, random.integers(0, 5, rows), np.where(researches, random.integers(5, 7, rows), -1))
    venue = random.integers(0, 40, rows) + (pupil % 25) * 40
    stay = random.integers(20, 150, rows)
    return pd.DataFrame(
        {
            "pupil": pupil,
            "participation": np.arange(rows, dtype="int32"),
            "occurred_at": pd.DatetimeIndex(
                (YEAR_BEGINS + day).astype("datetime64[s]") + (minute - 480).astype("timedelta64[m]"), tz="UTC"
            ),
            "occurred_on": (YEAR_BEGINS + day).astype("datetime64[s]"),
            "category": _words(category, names),
            "activity": _words(random.integers(0, 20_000, rows), [f"a{at}" for at in range(20_000)]),
            "venue": _words(venue, [f"v{at}" for at in range(1_000)]),
            "tier": _words(venue % 3, ["lead", "backbone", "grassroots"]),
            "role": _words((category == names.index("volunteer_guide")).astype("int8"), ["participant", "guide"]),
            "proof": _words(random.integers(0, 3, rows), ["staff_scan", "roll_call", "self_scan"]),
            "worksheet": _words(random.choice(3, rows, p=[0.8, 0.1, 0.1]), ["approved", "none", "refused"]),
            "evidence": _words(random.choice(3, rows, p=[0.8, 0.1, 0.1]), ["approved", "none", "refused"]),
            "level": _words(level, ["entry", "district", "city", "province", "nation", "done", "excellent"]),
            "competition": _words(np.where(competes, random.integers(0, 5, rows), -1), [f"c{at}" for at in range(5)]),
            "grade": (pupil % 9 + 1).astype("int8"),
            "planned_minutes": random.choice([60, 90, 120], rows).astype("int16"),
            "dwell_minutes": pd.array(stay, dtype="Int32"),
            "at_venue": random.random(rows) < 0.6,
            "end_assumed": random.random(rows) < 0.02,
            "checked_out": random.random(rows) < 0.9,
        }
    )


def _words(places: Any, known: list[str]) -> pd.Categorical[Any]:
    return pd.Categorical.from_codes(places, categories=pd.Index(known))


def _cpu_seconds(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TRIES):
        begun = time.process_time()
        work()
        seconds.append(time.process_time() - begun)
    return min(seconds)


def single_seconds(facts: pd.DataFrame, book: Book) -> float:
    """Seconds for one award with the pupil's year so far, over some pupils; the facts are made beforehand."""
    pupils = [
        [_fact(row) for row in rows.to_dict("records")]
        for _, rows in facts.head(SAMPLED_PUPILS * PER_PUPIL).groupby("pupil")
    ]

    def judge_all() -> None:
        for known in pupils:
            history = History()
            for fact in known:
                history.judge(fact, book)

    return _cpu_seconds(judge_all) / sum(len(known) for known in pupils)


def _fact(row: dict[Hashable, Any]) -> Fact:
    row.pop("pupil")
    known: dict[str, Any] = {}
    for name, value in row.items():
        known[str(name)] = None if value is pd.NA or value != value else value
    known["participation"] = f"p{known['participation']:08d}"
    known["occurred_at"] = known["occurred_at"].to_pydatetime()
    known["occurred_on"] = date.fromisoformat(str(known["occurred_on"])[:10])
    return Fact(**known)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
