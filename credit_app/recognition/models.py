"""Tables of reviews."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.people.models import User
from credit_app.storage import UtcDateTime


class WorksheetReview(Model):
    """One decision on one pupil's worksheet; the newest one is what the attendance row holds."""

    __tablename__ = "worksheet_review"
    __table_args__ = (CheckConstraint("decision IN ('approved', 'returned', 'refused')", name="decision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attendance_id: Mapped[int] = mapped_column(ForeignKey("attendance.id"), index=True)
    decision: Mapped[str] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)

    decided_by: Mapped[User] = relationship()
