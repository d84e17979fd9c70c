"""Signed roots, corrections by two people, the settlement of an academic year."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

APPEND_ONLY = ("ledger_root", "settlement_school")
# A line may lose the link to its person, which erasure asks for, and nothing else.
KEPT_OF_LINES = (
    "id, settlement_id, school_id, position, account_id, entry_count, grade, class_name, by_category, total, target,"
    " categories, venue_attendances, met, missing, rule_set"
)


def _refuse_changes() -> None:
    """What was signed or settled is never changed nor removed, by whatever program is connected."""
    for table in APPEND_ONLY:
        _refuse(table, "UPDATE")
        _refuse(table, "DELETE")
    _refuse("settlement_line", "UPDATE", of=KEPT_OF_LINES)
    _refuse("settlement_line", "DELETE")
    _refuse("settlement", "UPDATE", when="OLD.state = 'settled'")
    _refuse("settlement", "DELETE")


def _refuse(table: str, change: str, *, of: str = "", when: str = "") -> None:
    columns, condition = (f" OF {of}" if of else ""), (f"WHEN ({when}) " if when else "")
    head = f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change}{columns} ON {table} "
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"{head}FOR EACH ROW {condition}EXECUTE FUNCTION refuse_change()")
        if change == "DELETE":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    op.execute(f"{head}{condition}BEGIN SELECT RAISE(ABORT, '{table} is append-only: {change} refused'); END")


def upgrade() -> None:
    op.create_table(
        "ledger_root",
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("taken_on", name=op.f("pk_ledger_root")),
    )
    op.create_table(
        "ledger_root_leaf",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ledger_root_leaf")),
    )
    op.create_table(
        "ledger_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("participation", sa.Text(), nullable=False),
        sa.Column("centicredits", sa.Integer(), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document_ref", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_as", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_as", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind = 'late_fact') = (rule_set <> '')", name=op.f("ck_ledger_correction_rule_set")),
        sa.CheckConstraint(
            "(state NOT IN ('proposed', 'approved', 'refused') OR proposed_by_id IS NOT NULL)"
            " AND (state <> 'recorded' OR proposed_by_id IS NULL)",
            name=op.f("ck_ledger_correction_proposed"),
        ),
        sa.CheckConstraint(
            "(state IN ('approved', 'refused')) = (decided_by_id IS NOT NULL)",
            name=op.f("ck_ledger_correction_decided"),
        ),
        sa.CheckConstraint(
            "kind <> 'amount' OR (centicredits <> 0 AND proposed_by_id IS NOT NULL)",
            name=op.f("ck_ledger_correction_amount"),
        ),
        sa.CheckConstraint("kind IN ('amount', 'late_fact', 'late_reversal')", name=op.f("ck_ledger_correction_kind")),
        sa.CheckConstraint(
            "state IN ('recorded', 'proposed', 'approved', 'refused', 'withdrawn')",
            name=op.f("ck_ledger_correction_state"),
        ),
        sa.CheckConstraint("decided_by_id <> proposed_by_id", name=op.f("ck_ledger_correction_two_people")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_correction_account_id_ledger_account")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_ledger_correction_decided_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["app_user.id"], name=op.f("fk_ledger_correction_proposed_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_correction")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ledger_correction_public_id")),
    )
    with op.batch_alter_table("ledger_correction", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_correction_account_id", ["account_id", "participation"], unique=False)
        batch_op.create_index("ix_ledger_correction_state", ["state"], unique=False)
        batch_op.create_index(
            "uq_ledger_correction_open",
            ["account_id", "participation", "kind"],
            unique=True,
            sqlite_where=sa.text("state IN ('recorded', 'proposed')"),
            postgresql_where=sa.text("state IN ('recorded', 'proposed')"),
        )

    op.create_table(
        "settlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("academic_year", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("frozen_by_id", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_by_id", sa.Integer(), nullable=True),
        sa.Column("notice_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notice_from_on", sa.Date(), nullable=True),
        sa.Column("notice_until_on", sa.Date(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'settled') = (finished_at IS NOT NULL)", name=op.f("ck_settlement_finished")),
        sa.CheckConstraint(
            "state = 'frozen' OR (notice_by_id IS NOT NULL AND notice_at IS NOT NULL AND notice_from_on IS NOT NULL"
            " AND notice_until_on > notice_from_on AND contact <> '')",
            name=op.f("ck_settlement_notice"),
        ),
        sa.CheckConstraint(
            "state IN ('frozen', 'public_notice', 'settling', 'settled')", name=op.f("ck_settlement_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('settling', 'settled') OR (settled_by_id IS NOT NULL AND settled_at IS NOT NULL"
            " AND settled_by_id <> notice_by_id AND settled_by_id <> frozen_by_id)",
            name=op.f("ck_settlement_two_officers"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_settlement_district_id_district")),
        sa.ForeignKeyConstraint(["frozen_by_id"], ["app_user.id"], name=op.f("fk_settlement_frozen_by_id_app_user")),
        sa.ForeignKeyConstraint(["notice_by_id"], ["app_user.id"], name=op.f("fk_settlement_notice_by_id_app_user")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["app_user.id"], name=op.f("fk_settlement_settled_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint("district_id", "academic_year", name=op.f("uq_settlement_district_id_academic_year")),
        sa.UniqueConstraint("public_id", name=op.f("uq_settlement_public_id")),
    )
    op.create_table(
        "settlement_line",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("class_name", sa.Text(), nullable=False),
        sa.Column("by_category", JSON, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("categories", sa.Integer(), nullable=False),
        sa.Column("venue_attendances", sa.Integer(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("missing", JSON, nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.CheckConstraint("(target IS NULL) = (met IS NULL)", name=op.f("ck_settlement_line_met")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_settlement_line_account_id_ledger_account")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_settlement_line_school_id_school")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement.id"], name=op.f("fk_settlement_line_settlement_id_settlement")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_settlement_line_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_line")),
        sa.UniqueConstraint("settlement_id", "account_id", name=op.f("uq_settlement_line_settlement_id_account_id")),
    )
    with op.batch_alter_table("settlement_line", schema=None) as batch_op:
        batch_op.create_index("ix_settlement_line_school_id", ["settlement_id", "school_id", "position"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_line_student_id"), ["student_id"], unique=False)

    op.create_table(
        "settlement_school",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_settlement_school_school_id_school")),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlement.id"], name=op.f("fk_settlement_school_settlement_id_settlement")
        ),
        sa.PrimaryKeyConstraint("settlement_id", "school_id", name=op.f("pk_settlement_school")),
    )
    _refuse_changes()


def downgrade() -> None:
    op.drop_table("settlement_school")
    with op.batch_alter_table("settlement_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_settlement_line_student_id"))
        batch_op.drop_index("ix_settlement_line_school_id")

    op.drop_table("settlement_line")
    op.drop_table("settlement")
    with op.batch_alter_table("ledger_correction", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ledger_correction_open",
            sqlite_where=sa.text("state IN ('recorded', 'proposed')"),
            postgresql_where=sa.text("state IN ('recorded', 'proposed')"),
        )
        batch_op.drop_index("ix_ledger_correction_state")
        batch_op.drop_index("ix_ledger_correction_account_id")

    op.drop_table("ledger_correction")
    op.drop_table("ledger_root_leaf")
    op.drop_table("ledger_root")
