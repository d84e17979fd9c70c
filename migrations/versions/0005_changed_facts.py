"""Facts that change: attendances voided and restored, duplicate pupils merged, pupils transferred."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = ("attendance_decision", "student_merge")


def upgrade() -> None:
    _create_attendance_decision()
    _create_student_merge()
    _create_transfer()
    _refuse_changes()


def _create_attendance_decision() -> None:
    op.create_table(
        "attendance_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attendance_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scans_through", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("decision IN ('voided', 'restored')", name=op.f("ck_attendance_decision_decision")),
        sa.CheckConstraint(
            "reason IN ('not_there', 'someone_else', 'left_early', 'mistake', 'duplicate', 'other')",
            name=op.f("ck_attendance_decision_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_attendance_decision_attendance_id_attendance")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_attendance_decision_decided_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["scans_through"], ["scan_event.id"], name=op.f("fk_attendance_decision_scans_through_scan_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_decision")),
    )
    with op.batch_alter_table("attendance_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_decision_attendance_id"), ["attendance_id"], unique=False)


def _create_student_merge() -> None:
    op.create_table(
        "student_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("from_student_id", sa.Integer(), nullable=False),
        sa.Column("into_student_id", sa.Integer(), nullable=False),
        sa.Column("from_source_id", sa.Text(), nullable=True),
        sa.Column("merged_by_id", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("from_student_id <> into_student_id", name=op.f("ck_student_merge_two_pupils")),
        sa.ForeignKeyConstraint(
            ["from_student_id"], ["student.id"], name=op.f("fk_student_merge_from_student_id_student")
        ),
        sa.ForeignKeyConstraint(
            ["into_student_id"], ["student.id"], name=op.f("fk_student_merge_into_student_id_student")
        ),
        sa.ForeignKeyConstraint(["merged_by_id"], ["app_user.id"], name=op.f("fk_student_merge_merged_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_merge")),
        sa.UniqueConstraint("from_student_id", name=op.f("uq_student_merge_from_student_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_student_merge_public_id")),
    )
    with op.batch_alter_table("student_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_student_merge_into_student_id"), ["into_student_id"], unique=False)


def _create_transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("from_school_id", sa.Integer(), nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("released_by_id", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_by_id", sa.Integer(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("to_school_id", sa.Integer(), nullable=True),
        sa.Column("received_by_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancelled_by_id IS NULL)", name=op.f("ck_transfer_cancelled")),
        sa.CheckConstraint("cancelled_at IS NULL OR received_at IS NULL", name=op.f("ck_transfer_one_end")),
        sa.CheckConstraint(
            "(received_at IS NULL) = (received_by_id IS NULL) AND (received_at IS NULL) = (to_school_id IS NULL)"
            " AND (received_at IS NULL) = (starts_on IS NULL)",
            name=op.f("ck_transfer_received"),
        ),
        sa.CheckConstraint(
            "received_by_id IS NULL OR (received_by_id <> released_by_id AND to_school_id <> from_school_id)",
            name=op.f("ck_transfer_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by_id"], ["app_user.id"], name=op.f("fk_transfer_cancelled_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["from_school_id"], ["school.id"], name=op.f("fk_transfer_from_school_id_school")),
        sa.ForeignKeyConstraint(["received_by_id"], ["app_user.id"], name=op.f("fk_transfer_received_by_id_app_user")),
        sa.ForeignKeyConstraint(["released_by_id"], ["app_user.id"], name=op.f("fk_transfer_released_by_id_app_user")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_transfer_student_id_student")),
        sa.ForeignKeyConstraint(["to_school_id"], ["school.id"], name=op.f("fk_transfer_to_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_transfer_code_digest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_transfer_public_id")),
    )
    open_only = sa.text("received_at IS NULL AND cancelled_at IS NULL")
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index(
            "uq_transfer_open", ["student_id"], unique=True, sqlite_where=open_only, postgresql_where=open_only
        )
        batch_op.create_index("ix_transfer_from_school_id", ["from_school_id", "released_at"], unique=False)
        batch_op.create_index("ix_transfer_to_school_id", ["to_school_id", "received_at"], unique=False)


def _refuse_changes() -> None:
    """As 0001 has it for the ledger: rows that are evidence are neither changed nor removed."""
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {change} refused'); END"
            )


def downgrade() -> None:
    op.drop_table("transfer")
    op.drop_table("student_merge")
    op.drop_table("attendance_decision")
