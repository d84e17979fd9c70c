"""Tables of groups at the door: a teacher's roll-calls and a venue's headcounts. All append-only by trigger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.activities.models import Occurrence
from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.people.models import User
from credit_app.schools.models import SchoolClass
from credit_app.storage import BigId, UtcDateTime

MOMENTS = "moment IN ('arrival', 'departure')"


class RollCall(Model):
    """A leader called a class at arrival or at departure; (`called_by_id`, `client_uid`) is the idempotency key.

    `called_at` is when it was called, `received_at` when it reached us: the connection may have been bad.
    """

    __tablename__ = "roll_call"
    __table_args__ = (
        UniqueConstraint("called_by_id", "client_uid"),
        CheckConstraint(MOMENTS, name="moment"),
        Index("ix_roll_call_occurrence_id", "occurrence_id", "class_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"))
    moment: Mapped[str] = mapped_column(Text)
    called_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    called_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    client_uid: Mapped[str] = mapped_column(Text)

    occurrence: Mapped[Occurrence] = relationship()
    school_class: Mapped[SchoolClass] = relationship()
    called_by: Mapped[User] = relationship()
    marks: Mapped[list[RollCallMark]] = relationship(back_populates="roll_call")


class RollCallMark(Model):
    """What the call found of one pupil. `at` is the pupil's own instant where it differs from the call's."""

    __tablename__ = "roll_call_mark"
    __table_args__ = (CheckConstraint("mark IN ('present', 'absent')", name="mark"),)

    roll_call_id: Mapped[int] = mapped_column(ForeignKey("roll_call.id"), primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), primary_key=True, index=True)
    mark: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    roll_call: Mapped[RollCall] = relationship(back_populates="marks")


class Headcount(Model):
    """Venue staff counted heads, of one school's group or of all (`school_id` None)."""

    __tablename__ = "headcount"
    __table_args__ = (
        UniqueConstraint("counted_by_id", "client_uid"),
        CheckConstraint(MOMENTS, name="moment"),
        CheckConstraint("heads >= 0", name="heads"),
        Index("ix_headcount_occurrence_id", "occurrence_id", "school_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    moment: Mapped[str] = mapped_column(Text)
    heads: Mapped[int]
    counted_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    client_uid: Mapped[str] = mapped_column(Text)

    occurrence: Mapped[Occurrence] = relationship()
    counted_by: Mapped[User] = relationship()
