"""A roster of 5,000 pupils: how long reading it takes, and how long the one write transaction holds the database.

``python -m bench.roster [PUPILS]``. Each pupil is in a homeroom and in eight teaching groups. SQLite on a file, full
sync, the database of the migrations. The target is the transaction of the first import, which inserts everything,
within 2 s, from its BEGIN to the end of its COMMIT; printed beside it are the same roster again (which writes nothing)
and one in which a tenth of the pupils changed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask_migrate
from sqlalchemy import event

from config import Config
from credit_app.app import create_app
from credit_app.extensions import db
from credit_app.organisations.actions import create_district, create_school
from credit_app.schools.roster.choices import Choices
from credit_app.schools.roster.previewing import apply_preview, preview
from credit_app.schools.roster.source import open_bytes
from tests.schools.roster_set import RosterSet, large_school
from tests.statements import count_statements

PUPILS = 5_000
TARGET_SECONDS = 2.0
NOW = datetime(2026, 10, 17, 1, 0, tzinfo=UTC)


def main(argv: list[str]) -> int:
    """Prints the measurements; 1 when the target is missed."""
    pupils = int(argv[0].replace("_", "")) if argv else PUPILS
    with tempfile.TemporaryDirectory(prefix="roster-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        app = create_app(Config(mode="testing", database_url=url, jobs_path=str(Path(folder) / "jobs.sqlite3")))
        with app.app_context():
            flask_migrate.upgrade()
            held = _measure(pupils)
            db.session.remove()
            db.engine.dispose()
    print(f"target: the first import's transaction within {TARGET_SECONDS} s for {PUPILS:,} pupils")
    return 0 if held <= TARGET_SECONDS or pupils > PUPILS else 1


def _measure(pupils: int) -> float:
    session = db.session()
    district = create_district(session, code="d", name="d")
    school_id = create_school(session, district=district, code="s", name="海天学校").id
    session.commit()
    roster = large_school(pupils)
    changed = large_school(pupils)
    for row in changed.rows["users"][::10]:
        row["givenName"] += "新"
    print(f"{pupils:,} pupils, {len(roster.rows['enrollments']):,} enrolments")
    print("                        read and compare   transaction   of CPU   statements")
    first = _import("everything is new", school_id, roster, NOW)
    _import("nothing has changed", school_id, roster, NOW + timedelta(days=1))
    _import("a tenth has changed", school_id, changed, NOW + timedelta(days=2))
    return first


def _import(label: str, school_id: int, roster: RosterSet, now: datetime) -> float:
    session, content = db.session(), roster.zip()
    started = time.perf_counter()
    files = open_bytes(content, name="roster.zip")
    found = preview(session, school_id=school_id, files=files, choices=Choices(), now=now)
    compared = time.perf_counter()
    begun: list[tuple[float, float]] = []

    def begin(_connection: object) -> None:
        begun.append((time.perf_counter(), time.process_time()))

    event.listen(db.engine, "begin", begin)
    with count_statements(db.engine) as seen:
        apply_preview(session, preview=found, applied_by_id=None, removals_confirmed=False, now=now)
        session.commit()
    event.remove(db.engine, "begin", begin)
    at, cpu_at = begun[0] if begun else (time.perf_counter(), time.process_time())
    held, cpu = time.perf_counter() - at, time.process_time() - cpu_at
    print(f"{label:22}  {compared - started:14.2f} s  {held:10.2f} s  {cpu:6.2f} s   {len(seen):10}")
    return held


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
