"""Reading what background jobs did."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.operations.models import JobRun


def latest_runs(session: Session) -> dict[str, JobRun]:
    """Each job's newest run by the job's name; a job that never ran is not in it."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.name)
    return {run.name: run for run in session.scalars(select(JobRun).where(JobRun.id.in_(newest)))}


def latest_done(session: Session, *, name: str) -> JobRun | None:
    """The newest run of the job that came to its end; None when there is none yet."""
    return session.scalar(
        select(JobRun).where(JobRun.name == name, JobRun.outcome == "done").order_by(JobRun.id.desc()).limit(1)
    )
