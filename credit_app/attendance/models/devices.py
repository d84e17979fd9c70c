"""Tables of the devices at the door."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.organisations.models import School, Venue
from credit_app.storage import BigId, Json, UtcDateTime

ONE_ORGANISER = "(venue_id IS NULL) <> (school_id IS NULL)"


class Device(Model):
    """A phone or tablet that may scan cards for one venue, or for one school's own activities.

    `public_key` is an uncompressed point of P-256 (65 bytes); its private half never leaves the device. `reported_seq`
    is the highest number that the device says it has given to a scan: more than have arrived means that some are lost.
    """

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint(ONE_ORGANISER, name="one_organiser"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked"),
        CheckConstraint("reported_seq >= 0", name="reported_seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"), index=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    enrolled_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reported_seq: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))

    venue: Mapped[Venue | None] = relationship()
    school: Mapped[School | None] = relationship()


class DeviceEnrolment(Model):
    """A single-use code, shown as a QR, that makes a browser a device; only its keyed digest is kept."""

    __tablename__ = "device_enrolment"
    __table_args__ = (
        CheckConstraint(ONE_ORGANISER, name="one_organiser"),
        CheckConstraint("(used_at IS NULL) = (device_id IS NULL)", name="used"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code_digest: Mapped[str] = mapped_column(Text, unique=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"), index=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), unique=True)


class DeviceRefusal(Model):
    """What an enrolled device sent that names no pupil or no occurrence we know: kept like a scan, with its answer, so
    that it gets the same answer again and leaves no gap in the device's numbers. Append-only by trigger."""

    __tablename__ = "device_refusal"
    __table_args__ = (UniqueConstraint("device_id", "client_uid"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    client_uid: Mapped[str] = mapped_column(Text)
    device_seq: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(Text)
    answer: Mapped[dict[str, Any]] = mapped_column(Json)
    evidence: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(Text)
