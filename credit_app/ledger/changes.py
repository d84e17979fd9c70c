"""Tables of changes of rules: simulations before one is published, replays after it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.ledger.actions import BY_RULES
from credit_app.organisations.models import District, School
from credit_app.people.models import User
from credit_app.rule_books.models import RuleBook, RuleBookDraft
from credit_app.storage import Json, UtcDateTime

_OPEN = "state IN ('queued', 'running', 'stopped')"


class Simulation(Model):
    """A draft tried on a year of its district. The row is the order as well as the result: a worker takes it up.

    `text` is the draft as it was when the simulation was asked for; `cursor` is the last account that is in `result`,
    committed with it, so that one that was cut short goes on where it was. `result` holds `ledger.figures.Figures`.
    """

    __tablename__ = "simulation"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        CheckConstraint("(state IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"),
        CheckConstraint("done >= 0 AND in_all >= 0", name="progress"),
        Index("ix_simulation_draft_id", "draft_id", "asked_at"),
        Index("ix_simulation_district_id_sha256", "district_id", "sha256"),
        Index("ix_simulation_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    draft_id: Mapped[int] = mapped_column(ForeignKey("rule_book_draft.id"))
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    academic_year: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="queued")
    cursor: Mapped[str] = mapped_column(Text, default="")
    done: Mapped[int] = mapped_column(default=0)
    in_all: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)  # rows of `simulated_change`
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    problem: Mapped[str] = mapped_column(Text, default="")
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    district: Mapped[District] = relationship()
    draft: Mapped[RuleBookDraft] = relationship()
    asked_by: Mapped[User] = relationship()


class SimulatedChange(Model):
    """One award that a simulation would change. No person in it: an account, a participation, a school and a grade."""

    __tablename__ = "simulated_change"
    __table_args__ = (
        CheckConstraint("after_centicredits - before_centicredits = difference_centicredits", name="difference"),
        CheckConstraint("difference_centicredits <> 0", name="changed"),
        # The largest losses come first.
        Index("ix_simulated_change_difference", "simulation_id", "difference_centicredits", "position"),
        Index("uq_simulated_change_participation", "simulation_id", "account_id", "participation", unique=True),
    )

    simulation_id: Mapped[int] = mapped_column(ForeignKey("simulation.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[str] = mapped_column(Text)
    participation: Mapped[str] = mapped_column(Text)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    grade: Mapped[int]
    category: Mapped[str] = mapped_column(Text)
    occurred_on: Mapped[date]
    before_centicredits: Mapped[int]
    after_centicredits: Mapped[int]
    difference_centicredits: Mapped[int]

    school: Mapped[School] = relationship()


class Replay(Model):
    """A published book applied to what other books had awarded on its days. The row is the order, the progress and the
    record: its public id is the `cause` of every entry it posts.

    `phase`: first the accounts in order of their ids, then the attendances that waited for a book; `cursor` is the last
    id done in it, committed with its entries. `settled` counts participations left alone because their year is settled.
    """

    __tablename__ = "replay"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'stopped', 'done', 'failed')", name="state"),
        CheckConstraint("phase IN ('accounts', 'waiting')", name="phase"),
        CheckConstraint("(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished"),
        CheckConstraint("gained_centicredits >= 0 AND lost_centicredits >= 0", name="amounts"),
        # One at a time for a book and a district, and one for the whole city.
        Index(
            "uq_replay_open",
            "rule_book_id",
            "district_id",
            unique=True,
            sqlite_where=text(f"{_OPEN} AND district_id IS NOT NULL"),
            postgresql_where=text(f"{_OPEN} AND district_id IS NOT NULL"),
        ),
        Index(
            "uq_replay_open_city",
            "rule_book_id",
            unique=True,
            sqlite_where=text(f"{_OPEN} AND district_id IS NULL"),
            postgresql_where=text(f"{_OPEN} AND district_id IS NULL"),
        ),
        Index("ix_replay_rule_book_id", "rule_book_id", "asked_at"),
        Index("ix_replay_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    rule_book_id: Mapped[int] = mapped_column(ForeignKey("rule_book.id"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"))
    state: Mapped[str] = mapped_column(Text, default="queued")
    phase: Mapped[str] = mapped_column(Text, default="accounts")
    cursor: Mapped[str] = mapped_column(Text, default="")
    done: Mapped[int] = mapped_column(default=0)
    in_all: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    # A city's year of credits does not fit into 32 bits.
    gained_centicredits: Mapped[int] = mapped_column(BigInteger, default=0)
    lost_centicredits: Mapped[int] = mapped_column(BigInteger, default=0)
    credited: Mapped[int] = mapped_column(default=0)  # participations that had waited for a book
    settled: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(Text, default="")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: by command
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    rule_book: Mapped[RuleBook] = relationship()
    district: Mapped[District | None] = relationship()
    asked_by: Mapped[User | None] = relationship()

    @property
    def recorded_by(self) -> str:
        """Who stands in the entries: the officer who started it, or the rules when that was a command."""
        return self.asked_by.public_id if self.asked_by else BY_RULES
