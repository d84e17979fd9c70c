"""The table of student cards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.people.models import User
from credit_app.schools.models import Student
from credit_app.storage import UtcDateTime


class StudentCard(Model):
    """One printed card. `card_id` is a random name that stays with the pupil, `generation` tells a reissued card from
    the one that was lost. Nothing on it says who the pupil is."""

    __tablename__ = "student_card"
    __table_args__ = (
        UniqueConstraint("card_id", "generation"),
        CheckConstraint("generation BETWEEN 1 AND 255", name="generation"),
        CheckConstraint("(revoked_at IS NULL) = (reason IS NULL)", name="revoked"),
        CheckConstraint("reason IN ('lost', 'damaged', 'left', 'merged', 'other')", name="reason"),
        # A pupil has one card that opens doors.
        Index(
            "uq_student_card_open",
            "student_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("ix_student_card_student_id", "student_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    card_id: Mapped[str] = mapped_column(Text)
    generation: Mapped[int]
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)

    student: Mapped[Student] = relationship()
    issued_by: Mapped[User] = relationship(foreign_keys=[issued_by_id])
    revoked_by: Mapped[User | None] = relationship(foreign_keys=[revoked_by_id])
