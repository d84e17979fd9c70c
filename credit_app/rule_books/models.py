"""The table of published books."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from credit_app.extensions import Model
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
