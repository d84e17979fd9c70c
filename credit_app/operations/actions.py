"""Noting what background jobs did: the write door of operations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from credit_app.operations.models import JobRun
from credit_app.storage import compact_json

REPORT_LENGTH = 500
CUT_SHORT = "it was cut short and did not report"


def start_run(session: Session, *, name: str, now: datetime) -> JobRun:
    """A run of the job `name` is under way; an earlier one that never came to its end is noted as failed."""
    session.execute(
        update(JobRun)
        .where(JobRun.name == name, JobRun.outcome == "running")
        .values(outcome="failed", finished_at=now, report=CUT_SHORT)
    )
    run = JobRun(name=name, started_at=now)
    session.add(run)
    session.flush()
    return run


def finish_run(session: Session, *, run: JobRun, figures: Mapping[str, int], now: datetime) -> None:
    """The run is done, and `figures` say what it did."""
    run.outcome, run.finished_at, run.report = "done", now, compact_json(dict(figures))
    session.flush()


def fail_run(session: Session, *, run: JobRun, error: str, now: datetime) -> None:
    """The run has failed; `error` is for whoever mends it."""
    run.outcome, run.finished_at, run.report = "failed", now, error[:REPORT_LENGTH]
    session.flush()


def forget_runs(session: Session, *, started_before: datetime) -> int:
    """Runs that began before the instant are no longer kept. Returns: how many they were."""
    forgotten = session.execute(delete(JobRun).where(JobRun.started_at < started_before))
    return int(forgotten.rowcount)  # type: ignore[attr-defined]
