"""The table of what waits for a person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.activities.models import Occurrence
from credit_app.attendance.models.groups import Headcount
from credit_app.attendance.models.presence import Attendance, ScanEvent
from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.people.models import User
from credit_app.schools.models import Student
from credit_app.storage import BigId, Json, UtcDateTime


class Hold(Model):
    """A question to a person, with its evidence and the day by which it wants an answer; never an accusation.

    ``scan``: a scan that was recorded and does not count yet. ``late_entry``: one person says that a pupil was there,
    another must agree. ``headcount``: the venue counted fewer than the leader called. ``signal``: something looks odd
    about what counts already. `key` is unique, so that the same question is asked once.
    An accepted scan or late entry becomes scans of its own, whose origin is ``hold`` and whose key is this row's
    `public_id`: the fold of an attendance reads scans and nothing else.
    """

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("kind IN ('scan', 'late_entry', 'headcount', 'signal')", name="kind"),
        CheckConstraint("state IN ('open', 'accepted', 'rejected')", name="state"),
        CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by_id IS NULL)", name="decided"
        ),
        CheckConstraint(
            "kind <> 'late_entry' OR (raised_by_id IS NOT NULL"
            " AND (decided_by_id IS NULL OR decided_by_id <> raised_by_id))",
            name="two_people",
        ),
        CheckConstraint("kind = 'headcount' OR student_id IS NOT NULL", name="student"),
        Index("ix_hold_occurrence_id", "occurrence_id", "state"),
        Index("ix_hold_student_id", "student_id", "state"),
        Index("ix_hold_state_due_on", "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"))
    attendance_id: Mapped[int | None] = mapped_column(ForeignKey("attendance.id"), index=True)
    scan_event_id: Mapped[int | None] = mapped_column(ForeignKey("scan_event.id"), index=True)
    headcount_id: Mapped[int | None] = mapped_column(ForeignKey("headcount.id"), index=True)
    evidence: Mapped[dict[str, Any]] = mapped_column(Json)
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: by the program
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text, default="open")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(Text, default="")

    occurrence: Mapped[Occurrence] = relationship()
    student: Mapped[Student | None] = relationship()
    attendance: Mapped[Attendance | None] = relationship()
    scan: Mapped[ScanEvent | None] = relationship()
    headcount: Mapped[Headcount | None] = relationship()
    raised_by: Mapped[User | None] = relationship(foreign_keys=[raised_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
