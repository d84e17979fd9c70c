"""Tables of the ledger. Every key of a posting begins with the account, so that the tables can be spread by pupil."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.organisations.models import District, School
from credit_app.people.models import User
from credit_app.schools.models import Student
from credit_app.storage import BigId, Json, UtcDateTime

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


class LedgerRoot(Model):
    """What all chains stood at on one day, in one signed number (docs/ledger.md); append-only by trigger.

    `previous` is the digest of the root before it, so that none can be taken out of the row unseen.
    """

    __tablename__ = "ledger_root"

    taken_on: Mapped[date] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accounts: Mapped[int]
    entries: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(Text)


class LedgerRootLeaf(Model):
    """Count and head of every account under the newest root: one row an account, whatever the number of roots.

    No foreign key on purpose: an account removed with all that refers to it must leave its leaf behind.
    """

    __tablename__ = "ledger_root_leaf"

    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    entry_count: Mapped[int]
    head: Mapped[str] = mapped_column(Text)


class LedgerCorrection(Model):
    """What two people change in the ledger: one proposes, another decides.

    ``amount``: so many centicredits more or less for a participation that has been awarded. ``late_fact`` and
    ``late_reversal``: what reached the ledger after the year was settled; the program records it, with the facts and
    what the rules would move, and a person must take it up before another one approves. `proposed_as` and `decided_as`
    are the roles in which they did.
    """

    __tablename__ = "ledger_correction"
    __table_args__ = (
        CheckConstraint("kind IN ('amount', 'late_fact', 'late_reversal')", name="kind"),
        CheckConstraint("state IN ('recorded', 'proposed', 'approved', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("kind <> 'amount' OR (centicredits <> 0 AND proposed_by_id IS NOT NULL)", name="amount"),
        CheckConstraint("(kind = 'late_fact') = (rule_set <> '')", name="rule_set"),
        CheckConstraint(
            "(state NOT IN ('proposed', 'approved', 'refused') OR proposed_by_id IS NOT NULL)"
            " AND (state <> 'recorded' OR proposed_by_id IS NULL)",
            name="proposed",
        ),
        CheckConstraint("(state IN ('approved', 'refused')) = (decided_by_id IS NOT NULL)", name="decided"),
        CheckConstraint("decided_by_id <> proposed_by_id", name="two_people"),
        Index("ix_ledger_correction_account_id", "account_id", "participation"),
        Index("ix_ledger_correction_state", "state"),
        Index(
            "uq_ledger_correction_open",
            "account_id",
            "participation",
            "kind",
            unique=True,
            sqlite_where=text("state IN ('recorded', 'proposed')"),
            postgresql_where=text("state IN ('recorded', 'proposed')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    kind: Mapped[str] = mapped_column(Text, default="amount")
    account_id: Mapped[str] = mapped_column(ForeignKey("ledger_account.id"))
    participation: Mapped[str] = mapped_column(Text)
    centicredits: Mapped[int]
    facts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # of a late fact, as an entry holds them
    rule_set: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    document_ref: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(Text, default="proposed")
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    proposed_as: Mapped[str] = mapped_column(Text, default="")
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    decided_as: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remark: Mapped[str] = mapped_column(Text, default="")

    proposed_by: Mapped[User | None] = relationship(foreign_keys=[proposed_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])


class Settlement(Model):
    """The settling of one district's academic year: ``frozen``, ``public_notice``, ``settling``, ``settled``.

    No row means that the year is open. ``settling`` while the lists are being made. Who settles is neither who froze
    nor who gave notice. A settled year is never opened again: a trigger refuses to change the row.
    """

    __tablename__ = "settlement"
    __table_args__ = (
        UniqueConstraint("district_id", "academic_year"),
        CheckConstraint("state IN ('frozen', 'public_notice', 'settling', 'settled')", name="state"),
        CheckConstraint(
            "state = 'frozen' OR (notice_by_id IS NOT NULL AND notice_at IS NOT NULL AND notice_from_on IS NOT NULL"
            " AND notice_until_on > notice_from_on AND contact <> '')",
            name="notice",
        ),
        CheckConstraint(
            "state NOT IN ('settling', 'settled') OR (settled_by_id IS NOT NULL AND settled_at IS NOT NULL"
            " AND settled_by_id <> notice_by_id AND settled_by_id <> frozen_by_id)",
            name="two_officers",
        ),
        CheckConstraint("(state = 'settled') = (finished_at IS NOT NULL)", name="finished"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    district_id: Mapped[int] = mapped_column(ForeignKey("district.id"))
    academic_year: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="frozen")
    frozen_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    notice_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    notice_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notice_from_on: Mapped[date | None]
    notice_until_on: Mapped[date | None]
    contact: Mapped[str] = mapped_column(Text, default="")  # whom an objection goes to
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    district: Mapped[District] = relationship()
    frozen_by: Mapped[User] = relationship(foreign_keys=[frozen_by_id])
    notice_by: Mapped[User | None] = relationship(foreign_keys=[notice_by_id])
    settled_by: Mapped[User | None] = relationship(foreign_keys=[settled_by_id])


class SettlementSchool(Model):
    """A school whose final list has been made; `lines` tells how many pupils stand in it, which may be none."""

    __tablename__ = "settlement_school"

    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), primary_key=True)
    lines: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    school: Mapped[School] = relationship()


class SettlementLine(Model):
    """One pupil's year as it was settled; nothing in it changes but `student_id`, which erasure clears.

    `entry_count` is the length of the account's chain at that moment: the entries up to it are what the line sums.
    `target` None means that the book asks nothing of the pupil. Units: centicredits.
    """

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("settlement_id", "account_id"),
        Index("ix_settlement_line_school_id", "settlement_id", "school_id", "position"),
        CheckConstraint("(target IS NULL) = (met IS NULL)", name="met"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    position: Mapped[int]  # as the class lists have it
    student_id: Mapped[int | None] = mapped_column(ForeignKey("student.id"), index=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("ledger_account.id"))
    entry_count: Mapped[int]
    grade: Mapped[int]
    class_name: Mapped[str] = mapped_column(Text)
    by_category: Mapped[dict[str, int]] = mapped_column(Json)
    total: Mapped[int]
    target: Mapped[int | None]
    categories: Mapped[int]
    venue_attendances: Mapped[int]
    met: Mapped[bool | None]
    missing: Mapped[dict[str, int]] = mapped_column(Json)  # centicredits, categories, venue_attendances, where not 0
    rule_set: Mapped[str] = mapped_column(Text)

    student: Mapped[Student | None] = relationship()
