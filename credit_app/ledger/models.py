"""Tables of the ledger. Every key begins with the account, so that the tables can be spread by pupil."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from credit_app.extensions import Model
from credit_app.storage import Json, UtcDateTime

GENESIS = "0" * 64  # what the first entry of a chain points back to


class LedgerAccount(Model):
    """One pupil's account. Locked for every posting; its columns are derived from the entries and audited (I4, I5).

    `totals` are the rules' counters as `totals_rule_set` keys them; `last_order` is the order key of the latest
    participation judged, so that a fact that arrives late is noticed without reading an entry. `settled_through` is the
    last day of the latest settled year: what happened until then is moved by a correction of two people only.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (CheckConstraint("entry_count >= 0", name="entry_count"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    entry_count: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(Text, default=GENESIS)
    balance_centicredits: Mapped[int] = mapped_column(default=0)
    totals: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    totals_rule_set: Mapped[str] = mapped_column(Text, default="")
    last_order: Mapped[str] = mapped_column(Text, default="")
    settled_through: Mapped[date | None]
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LedgerEntry(Model):
    """One frozen line of the ledger; UPDATE and DELETE are refused by triggers.

    An ``award`` is the first posting of a participation under a clause. An ``adjustment`` or ``reversal`` points to it
    (`points_to` is its `seq`) and holds the difference. `reason` is a code; `cause` is the public id of what stands
    behind it (a correction, a replay, a merge), empty where that is the participation itself. `link` is the HMAC over
    the previous link and this row.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "points_to"], ["ledger_entry.account_id", "ledger_entry.seq"]),
        CheckConstraint("kind IN ('award', 'adjustment', 'reversal')", name="kind"),
        CheckConstraint("(kind = 'award') = (points_to IS NULL)", name="points_to"),
        CheckConstraint("kind <> 'award' OR centicredits >= 0", name="award_not_negative"),
        CheckConstraint("seq > 0", name="seq"),
        Index(
            "uq_ledger_entry_award",
            "account_id",
            "participation",
            "clause",
            unique=True,
            sqlite_where=text("kind = 'award'"),
            postgresql_where=text("kind = 'award'"),
        ),
    )

    account_id: Mapped[str] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text)
    points_to: Mapped[int | None]
    participation: Mapped[str] = mapped_column(Text)
    clause: Mapped[str] = mapped_column(Text)
    centicredits: Mapped[int]
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    occurred_on: Mapped[date]
    academic_year: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    rule_set: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    trace: Mapped[list[Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text, default="")  # why an adjustment or reversal was posted; a code
    cause: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by: Mapped[str] = mapped_column(Text)  # public id of a user, or "rules"
    link: Mapped[str] = mapped_column(Text)


class LedgerBalance(Model):
    """Derived: the sum of an account's entries by academic year and category (audited by I4, rebuilt by command)."""

    __tablename__ = "ledger_balance"

    account_id: Mapped[str] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    academic_year: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text, primary_key=True)
    centicredits: Mapped[int] = mapped_column(default=0)
    last_on: Mapped[date]
