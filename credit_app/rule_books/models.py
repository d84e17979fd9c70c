"""The tables of rule sets: drafts on which a bureau works, and books as published."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.organisations.models import District
from credit_app.storage import UtcDateTime


class RuleBook(Model):
    """A rule set as published: its YAML is what counts; the other columns repeat what finds it.

    `district_id` None means the whole city. `id` grows with each publication, so the largest one tells a worker
    whether the books it has in memory are still all there are.
    """

    __tablename__ = "rule_book"

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_set: Mapped[str] = mapped_column(Text, unique=True)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"), index=True)
    effective_on: Mapped[date]
    until_on: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


class RuleBookDraft(Model):
    """A rule set that a bureau works on for its district. Its text need not be a valid book before it is submitted.

    `version` grows with each saving, so that two officers do not overwrite each other. Publishing takes a second
    officer: who decides is neither who submitted nor who edited last.
    """

    __tablename__ = "rule_book_draft"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'submitted', 'published', 'discarded')", name="state"),
        CheckConstraint("(state = 'published') = (published_id IS NOT NULL)", name="published"),
        CheckConstraint(
            "state <> 'published' OR (submitted_by_id IS NOT NULL AND decided_by_id IS NOT NULL"
            " AND decided_by_id <> submitted_by_id AND decided_by_id <> edited_by_id)",
            name="two_officers",
        ),
        Index("ix_rule_book_draft_district_id_state", "district_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(Text, default="draft")
    created_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    edited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remark: Mapped[str] = mapped_column(Text, default="")  # what the second officer said when returning it
    published_id: Mapped[int | None] = mapped_column(ForeignKey("rule_book.id"))

    district: Mapped[District] = relationship()
