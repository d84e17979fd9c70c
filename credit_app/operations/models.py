"""The table of job runs."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_app.extensions import Model
from credit_app.storage import UtcDateTime


class JobRun(Model):
    """One run of a background job; `outcome` is ``running``, ``done`` or ``failed``.

    `report` holds figures as JSON when it is done, so that they can be worded in the reader's language, and the error
    when it has failed.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        CheckConstraint("outcome IN ('running', 'done', 'failed')", name="outcome"),
        Index("ix_job_run_name_started_at", "name", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(Text, default="running")
    report: Mapped[str] = mapped_column(Text, default="")

    @property
    def figures(self) -> dict[str, int]:
        """What a run that is done has counted; empty for any other."""
        return json.loads(self.report) if self.outcome == "done" and self.report else {}
