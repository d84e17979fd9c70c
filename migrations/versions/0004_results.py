"""Reviewed results, the list of competitions, sheets of results."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listed_competition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("name <> '' AND name_key <> ''", name=op.f("ck_listed_competition_named")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_listed_competition_order")),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["app_user.id"], name=op.f("fk_listed_competition_added_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["district_id"], ["district.id"], name=op.f("fk_listed_competition_district_id_district")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_competition")),
        sa.UniqueConstraint("public_id", name=op.f("uq_listed_competition_public_id")),
    )
    with op.batch_alter_table("listed_competition", schema=None) as batch_op:
        batch_op.create_index(
            "uq_listed_competition_city_name",
            ["name_key"],
            unique=True,
            sqlite_where=sa.text("district_id IS NULL"),
            postgresql_where=sa.text("district_id IS NULL"),
        )
        batch_op.create_index(
            "uq_listed_competition_district_name",
            ["district_id", "name_key"],
            unique=True,
            sqlite_where=sa.text("district_id IS NOT NULL"),
            postgresql_where=sa.text("district_id IS NOT NULL"),
        )

    op.create_table(
        "result_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_result_sheet_school_id_school")),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["app_user.id"], name=op.f("fk_result_sheet_uploaded_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_sheet")),
        sa.UniqueConstraint("public_id", name=op.f("uq_result_sheet_public_id")),
    )
    with op.batch_alter_table("result_sheet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_result_sheet_school_id"), ["school_id"], unique=False)

    op.create_table(
        "reviewed_result",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("activity_key", sa.Text(), nullable=False),
        sa.Column("competition_id", sa.Integer(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("document_ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("revocation_asked_by_id", sa.Integer(), nullable=True),
        sa.Column("revocation_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revocation_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(revocation_asked_by_id IS NULL) = (revocation_asked_at IS NULL)"
            " AND (revocation_asked_by_id IS NULL OR state IN ('approved', 'refused'))",
            name=op.f("ck_reviewed_result_revocation"),
        ),
        sa.CheckConstraint(
            "document_ref <> '' AND title <> '' AND activity_key <> ''", name=op.f("ck_reviewed_result_documented")
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR revocation_asked_by_id IS NULL OR revocation_asked_by_id <> decided_by_id",
            name=op.f("ck_reviewed_result_revocation_two_people"),
        ),
        sa.CheckConstraint(
            "state IN ('submitted', 'approved', 'returned', 'refused', 'withdrawn')",
            name=op.f("ck_reviewed_result_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'returned', 'refused') OR decided_by_id IS NOT NULL",
            name=op.f("ck_reviewed_result_decided"),
        ),
        sa.CheckConstraint(
            "(decided_by_id IS NULL) = (decided_at IS NULL)", name=op.f("ck_reviewed_result_decided_when")
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> entered_by_id", name=op.f("ck_reviewed_result_two_people")
        ),
        sa.CheckConstraint("grade BETWEEN 1 AND 12", name=op.f("ck_reviewed_result_grade")),
        sa.ForeignKeyConstraint(
            ["competition_id"],
            ["listed_competition.id"],
            name=op.f("fk_reviewed_result_competition_id_listed_competition"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_reviewed_result_decided_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["app_user.id"], name=op.f("fk_reviewed_result_entered_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["revocation_asked_by_id"], ["app_user.id"], name=op.f("fk_reviewed_result_revocation_asked_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_reviewed_result_school_id_school")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_reviewed_result_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviewed_result")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reviewed_result_public_id")),
    )
    with op.batch_alter_table("reviewed_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reviewed_result_competition_id"), ["competition_id"], unique=False)
        batch_op.create_index("ix_reviewed_result_school_id", ["school_id", "state", "occurred_on"], unique=False)
        batch_op.create_index("ix_reviewed_result_student_id", ["student_id", "occurred_on"], unique=False)
        batch_op.create_index(
            "uq_reviewed_result_standing",
            ["student_id", "category", "activity_key", "level", "occurred_on"],
            unique=True,
            sqlite_where=sa.text("state IN ('submitted', 'returned', 'approved')"),
            postgresql_where=sa.text("state IN ('submitted', 'returned', 'approved')"),
        )

    op.create_table(
        "result_review",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("result_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "step IN ('entered', 'corrected', 'approved', 'returned', 'refused', 'withdrawn',"
            " 'revocation_asked', 'revocation_declined', 'revoked')",
            name=op.f("ck_result_review_step"),
        ),
        sa.ForeignKeyConstraint(
            ["result_id"], ["reviewed_result.id"], name=op.f("fk_result_review_result_id_reviewed_result")
        ),
        sa.ForeignKeyConstraint(["taken_by_id"], ["app_user.id"], name=op.f("fk_result_review_taken_by_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_review")),
    )
    with op.batch_alter_table("result_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_result_review_result_id"), ["result_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("result_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_result_review_result_id"))

    op.drop_table("result_review")
    with op.batch_alter_table("reviewed_result", schema=None) as batch_op:
        batch_op.drop_index("uq_reviewed_result_standing")
        batch_op.drop_index("ix_reviewed_result_student_id")
        batch_op.drop_index("ix_reviewed_result_school_id")
        batch_op.drop_index(batch_op.f("ix_reviewed_result_competition_id"))

    op.drop_table("reviewed_result")
    with op.batch_alter_table("result_sheet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_result_sheet_school_id"))

    op.drop_table("result_sheet")
    with op.batch_alter_table("listed_competition", schema=None) as batch_op:
        batch_op.drop_index("uq_listed_competition_district_name")
        batch_op.drop_index("uq_listed_competition_city_name")

    op.drop_table("listed_competition")
