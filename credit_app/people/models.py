"""Tables of people who sign in."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.organisations.models import District, School, Venue
from credit_app.storage import BigId, UtcDateTime


class User(Model):
    """Somebody who can sign in. `school_id` is the school whose user names this one is unique among; staff of
    venues and bureaus have none and are unique among themselves."""

    __tablename__ = "app_user"
    __table_args__ = (
        Index("uq_app_user_school_id_login_name", "school_id", "login_name", unique=True),
        Index(
            "uq_app_user_login_name_without_school",
            "login_name",
            unique=True,
            sqlite_where=text("school_id IS NULL"),
            postgresql_where=text("school_id IS NULL"),
        ),
        Index("ix_app_user_login_name", "login_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    login_name: Mapped[str] = mapped_column(Text)  # casefolded
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)  # None until activated
    source_id: Mapped[str | None] = mapped_column(Text)  # sourcedId in the roster system
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    school: Mapped[School | None] = relationship()
    roles: Mapped[list[Role]] = relationship(back_populates="user")


class Role(Model):
    """What a user may do, and where: exactly the scope that the role asks for, from `starts_on` until `ends_on`."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint(
            "(kind IN ('pupil', 'teacher', 'science_counselor') AND school_id IS NOT NULL"
            " AND venue_id IS NULL AND district_id IS NULL)"
            " OR (kind = 'venue_staff' AND venue_id IS NOT NULL AND school_id IS NULL AND district_id IS NULL)"
            " OR (kind = 'bureau_officer' AND district_id IS NOT NULL AND school_id IS NULL AND venue_id IS NULL)",
            name="scope_fits_kind",
        ),
        Index("ix_role_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    kind: Mapped[str] = mapped_column(Text)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"), index=True)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"), index=True)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    user: Mapped[User] = relationship(back_populates="roles")
    school: Mapped[School | None] = relationship()
    venue: Mapped[Venue | None] = relationship()
    district: Mapped[District | None] = relationship()


class SignInSession(Model):
    """A signed-in browser. The cookie holds a random token, the row only its digest; deleting the row signs out."""

    __tablename__ = "sign_in_session"

    token_digest: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SignInBackoff(Model):
    """Failed sign-ins of late by subject: a digest of what was typed, whether or not anybody is called so.

    No foreign key, since a subject need not exist; rows are gone some hours after the last failure.
    """

    __tablename__ = "sign_in_backoff"

    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    blocked_until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ActivationCode(Model):
    """A single-use code with which a user sets a first (or new) password; only its keyed digest is kept."""

    __tablename__ = "activation_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    code_digest: Mapped[str] = mapped_column(Text, unique=True)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccessLog(Model):
    """One row per staff page that showed minors' fields: who, of which scope, which fields. Append-only by trigger."""

    __tablename__ = "access_log"
    __table_args__ = (Index("ix_access_log_scope", "scope", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"), index=True)
    scope: Mapped[str] = mapped_column(Text)  # e.g. "school_class:<public_id>"
    fields: Mapped[str] = mapped_column(Text)  # e.g. "name,credits"
