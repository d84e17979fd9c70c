"""Tables of the places. Public ids are random and stand in URLs; numeric ids never leave the program."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id

TIERS = ("lead", "backbone", "grassroots")
VENUE_KINDS = ("science_museum", "natural_history", "planetarium", "botanical", "industry", "laboratory", "community")


class District(Model):
    """A district of the city, under one bureau."""

    __tablename__ = "district"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)


class School(Model):
    """A school. `source_id` is its sourcedId in the roster system, once one has been imported."""

    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), index=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text)
    # The kind of teaching group that stands for the class where a school keeps no homerooms: a course's sourcedId.
    class_course_source_id: Mapped[str | None] = mapped_column(Text)

    district: Mapped[District] = relationship()


class Venue(Model):
    """A venue of science education; a branch names its head venue (总分馆)."""

    __tablename__ = "venue"
    __table_args__ = (
        CheckConstraint("tier IN ('lead', 'backbone', 'grassroots')", name="tier"),
        CheckConstraint("parent_venue_id IS NULL OR parent_venue_id <> id", name="not_its_own_head"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"), index=True)
    parent_venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    tier: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, default="")

    district: Mapped[District] = relationship()
    parent_venue: Mapped[Venue | None] = relationship(remote_side=[id])
