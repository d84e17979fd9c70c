"""Tables of reviewed results and of the list of competitions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.organisations.models import District, School
from credit_app.people.models import User
from credit_app.schools.models import Student
from credit_app.storage import BigId, Json, UtcDateTime

STANDING = ("submitted", "returned", "approved")
"""The states in which a result stands: the same one cannot be entered a second time beside it."""

_STANDS = text("state IN ('submitted', 'returned', 'approved')")


class ListedCompetition(Model):
    """A competition that counts, from `starts_on` to `ends_on` (both inclusive; None while it lasts).

    `district_id` None: on the whole city's list. `name_key` is what two spellings of one name have in common.
    """

    __tablename__ = "listed_competition"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="order"),
        CheckConstraint("name <> '' AND name_key <> ''", name="named"),
        Index(
            "uq_listed_competition_district_name",
            "district_id",
            "name_key",
            unique=True,
            sqlite_where=text("district_id IS NOT NULL"),
            postgresql_where=text("district_id IS NOT NULL"),
        ),
        Index(
            "uq_listed_competition_city_name",
            "name_key",
            unique=True,
            sqlite_where=text("district_id IS NULL"),
            postgresql_where=text("district_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"))
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)  # the document that puts it on the list
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: by the system's own setting up
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    district: Mapped[District | None] = relationship()


class ReviewedResult(Model):
    """One result of one pupil. `public_id` is the participation the ledger speaks of.

    `entered_by_id` is who stands for what is written now: whoever corrects a result has entered it. It is decided by
    somebody else, and taking an approval back (`revocation_…`) needs two people again; the table refuses the rest.
    """

    __tablename__ = "reviewed_result"
    __table_args__ = (
        CheckConstraint("state IN ('submitted', 'approved', 'returned', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> entered_by_id", name="two_people"),
        CheckConstraint("(decided_by_id IS NULL) = (decided_at IS NULL)", name="decided_when"),
        CheckConstraint(
            "state NOT IN ('approved', 'returned', 'refused') OR decided_by_id IS NOT NULL", name="decided"
        ),
        CheckConstraint(
            "(revocation_asked_by_id IS NULL) = (revocation_asked_at IS NULL)"
            " AND (revocation_asked_by_id IS NULL OR state IN ('approved', 'refused'))",
            name="revocation",
        ),
        CheckConstraint(
            "state <> 'refused' OR revocation_asked_by_id IS NULL OR revocation_asked_by_id <> decided_by_id",
            name="revocation_two_people",
        ),
        CheckConstraint("document_ref <> '' AND title <> '' AND activity_key <> ''", name="documented"),
        CheckConstraint("grade BETWEEN 1 AND 12", name="grade"),
        Index(
            "uq_reviewed_result_standing",
            "student_id",
            "category",
            "activity_key",
            "level",
            "occurred_on",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("ix_reviewed_result_school_id", "school_id", "state", "occurred_on"),
        Index("ix_reviewed_result_student_id", "student_id", "occurred_on"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))  # of the pupil, on that day
    category: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    activity_key: Mapped[str] = mapped_column(Text)
    competition_id: Mapped[int | None] = mapped_column(ForeignKey("listed_competition.id"), index=True)
    level: Mapped[str] = mapped_column(Text, default="")  # empty where the book knows no levels of the category
    occurred_on: Mapped[date]
    grade: Mapped[int]  # on that day
    document_ref: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="submitted")
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remark: Mapped[str] = mapped_column(Text, default="")  # of the latest decision
    revocation_asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    revocation_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revocation_reason: Mapped[str] = mapped_column(Text, default="")

    student: Mapped[Student] = relationship()
    school: Mapped[School] = relationship()
    competition: Mapped[ListedCompetition | None] = relationship()
    entered_by: Mapped[User] = relationship(foreign_keys=entered_by_id)
    decided_by: Mapped[User | None] = relationship(foreign_keys=decided_by_id)
    revocation_asked_by: Mapped[User | None] = relationship(foreign_keys=revocation_asked_by_id)
    reviews: Mapped[list[ResultReview]] = relationship(order_by="ResultReview.id", viewonly=True)


class ResultReview(Model):
    """One step in the life of a result, as it was taken; rows are added only. `content` is what was entered then."""

    __tablename__ = "result_review"
    __table_args__ = (
        CheckConstraint(
            "step IN ('entered', 'corrected', 'approved', 'returned', 'refused', 'withdrawn',"
            " 'revocation_asked', 'revocation_declined', 'revoked')",
            name="step",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("reviewed_result.id"), index=True)
    step: Mapped[str] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    taken_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)

    taken_by: Mapped[User] = relationship()


class ResultSheet(Model):
    """An uploaded sheet of results between its preview and its applying, then deleted; at most a day old, encrypted."""

    __tablename__ = "result_sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    file_name: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
