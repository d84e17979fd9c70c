"""Tables of the programme."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id, random_text
from credit_app.organisations.models import School, Venue
from credit_app.people.models import User
from credit_app.storage import UtcDateTime

HANDLE_LENGTH = 8


def new_handle() -> str:
    """A random name of an occurrence for its codes: 8 characters, 40 bits, upper case for the QR's short mode."""
    return random_text(HANDLE_LENGTH)


class Activity(Model):
    """What a venue or a school offers. `category` is an id in the rule books; `district_id` is whose bureau reviews."""

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint("(venue_id IS NULL) <> (school_id IS NULL)", name="one_organiser"),
        CheckConstraint("status IN ('draft', 'submitted', 'returned', 'published', 'withdrawn')", name="status"),
        CheckConstraint("grade_from BETWEEN 1 AND 9 AND grade_to BETWEEN grade_from AND 9", name="grades"),
        Index("ix_activity_district_id_status", "district_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"), index=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"), index=True)
    at_venue: Mapped[bool]  # takes place at the venue's site (not delivered to a school)
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(Text)
    grade_from: Mapped[int] = mapped_column(default=1)
    grade_to: Mapped[int] = mapped_column(default=9)
    status: Mapped[str] = mapped_column(Text, default="draft")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    venue: Mapped[Venue | None] = relationship()
    school: Mapped[School | None] = relationship()
    occurrences: Mapped[list[Occurrence]] = relationship(
        back_populates="activity", order_by="Occurrence.starts_at, Occurrence.id"
    )
    reviews: Mapped[list[ActivityReview]] = relationship(back_populates="activity", order_by="ActivityReview.id")


class ActivityReview(Model):
    """One decision of the bureau on a submitted activity, with its remark."""

    __tablename__ = "activity_review"
    __table_args__ = (CheckConstraint("decision IN ('approved', 'returned', 'withdrawn')", name="decision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    decision: Mapped[str] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)

    activity: Mapped[Activity] = relationship(back_populates="reviews")
    decided_by: Mapped[User] = relationship()


class Occurrence(Model):
    """One dated run of an activity. `occurs_on` is the local date of its planned start; raising `code_epoch` kills
    every code shown so far. `capacity` None means that nobody counts heads at the door."""

    __tablename__ = "occurrence"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity"),
        CheckConstraint("status IN ('scheduled', 'closed', 'cancelled')", name="status"),
        Index("ix_occurrence_activity_id", "activity_id", "starts_at"),
        Index("ix_occurrence_starts_at", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    handle: Mapped[str] = mapped_column(Text, unique=True, default=new_handle)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    occurs_on: Mapped[date]
    room: Mapped[str] = mapped_column(Text, default="")
    capacity: Mapped[int | None]
    status: Mapped[str] = mapped_column(Text, default="scheduled")
    code_epoch: Mapped[int] = mapped_column(default=1)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    activity: Mapped[Activity] = relationship(back_populates="occurrences")

    @property
    def planned_minutes(self) -> int:
        """Whole minutes from planned start to planned end."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60
