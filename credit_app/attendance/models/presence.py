"""Tables of who was there, and of every scan."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.activities.models import Occurrence
from credit_app.attendance.models.devices import Device
from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.people.models import User
from credit_app.schools.models import Student
from credit_app.storage import BigId, Json, UtcDateTime


class Attendance(Model):
    """A pupil's presence in one occurrence on one day. `public_id` is the participation the ledger speaks of.

    `stayed_seconds` sums the closed stays; `open_since_at` is set while the pupil is inside. `worksheet` is written
    by ``recognition``; it stands here because the fact is assembled from this row.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("student_id", "occurrence_id", "attended_on"),  # I2
        CheckConstraint("state IN ('present', 'held', 'voided')", name="state"),
        CheckConstraint("proof IN ('staff_scan', 'roll_call', 'self_scan', 'declared')", name="proof"),
        CheckConstraint("worksheet IN ('none', 'submitted', 'approved', 'returned', 'refused')", name="worksheet"),
        CheckConstraint("stayed_seconds >= 0", name="stayed_seconds"),
        Index("ix_attendance_occurrence_id", "occurrence_id", "state"),
        Index("ix_attendance_student_id_attended_on", "student_id", "attended_on"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    attended_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text, default="present")
    proof: Mapped[str] = mapped_column(Text)
    grade: Mapped[int]  # on that day; the fact keeps it when the pupil moves on
    first_in_at: Mapped[datetime] = mapped_column(UtcDateTime)
    open_since_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_out_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stayed_seconds: Mapped[int] = mapped_column(default=0)
    end_assumed: Mapped[bool] = mapped_column(default=False)
    worksheet: Mapped[str] = mapped_column(Text, default="none")

    student: Mapped[Student] = relationship()
    occurrence: Mapped[Occurrence] = relationship()


class AttendanceDecision(Model):
    """A leader took an attendance out of account (``voided``), or back into it (``restored``); the newest decision is
    what the attendance row holds. UPDATE and DELETE are refused by triggers.

    `scans_through` is the last scan that restoring saw: those held until then count from then on.
    """

    __tablename__ = "attendance_decision"
    __table_args__ = (
        CheckConstraint("decision IN ('voided', 'restored')", name="decision"),
        CheckConstraint(
            "reason IN ('not_there', 'someone_else', 'left_early', 'mistake', 'duplicate', 'other')", name="reason"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id"), index=True)
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scans_through: Mapped[int | None] = mapped_column(ForeignKey("scan_event.id"))

    decided_by: Mapped[User] = relationship()


class ScanEvent(Model):
    """Every scan that carried a genuine code, with the answer it got; UPDATE and DELETE are refused by triggers.

    (`origin`, `client_uid`) is the idempotency key: a repeated request gets `answer` back. `digest` is a keyed digest
    of the content, so that I1 can tell an edited row. `origin` is ``claim``, ``device:<public id>``, ``roll_call``,
    ``confirm`` (a leader confirmed an end) or ``hold`` (one that waited was accepted). `evidence` is what the sender
    told about it, and what was made of that.
    """

    __tablename__ = "scan_event"
    __table_args__ = (
        UniqueConstraint("origin", "client_uid"),
        CheckConstraint("direction IN ('in', 'out')", name="direction"),
        Index("ix_scan_event_occurrence_id", "occurrence_id", "student_id"),
        Index("ix_scan_event_device_id", "device_id", "device_seq"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    origin: Mapped[str] = mapped_column(Text)
    client_uid: Mapped[str] = mapped_column(Text)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    direction: Mapped[str] = mapped_column(Text)
    proof: Mapped[str] = mapped_column(Text)
    scanned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(Text)
    answer: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(Text)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    device_seq: Mapped[int | None]
    evidence: Mapped[dict[str, Any] | None] = mapped_column(Json)

    device: Mapped[Device | None] = relationship()


class ScanUndo(Model):
    """Whoever scanned took it back at once: the scan stands, and counts as if it had not been. Append-only by trigger.

    `client_uid` is the undoing device's key for it.
    """

    __tablename__ = "scan_undo"
    __table_args__ = (UniqueConstraint("device_id", "client_uid"),)

    scan_event_id: Mapped[int] = mapped_column(ForeignKey("scan_event.id"), primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    client_uid: Mapped[str] = mapped_column(Text)
    undone_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RefusedCode(Model):
    """How many codes failed before they became scans, by day and reason: counted, not stored, so that nobody can fill
    a table that nobody can empty."""

    __tablename__ = "refused_code"

    refused_on: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
