"""Drafts of rule sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_book_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_by_id", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("published_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'published') = (published_id IS NOT NULL)", name=op.f("ck_rule_book_draft_published")
        ),
        sa.CheckConstraint(
            "state <> 'published' OR (submitted_by_id IS NOT NULL AND decided_by_id IS NOT NULL"
            " AND decided_by_id <> submitted_by_id AND decided_by_id <> edited_by_id)",
            name=op.f("ck_rule_book_draft_two_officers"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'published', 'discarded')", name=op.f("ck_rule_book_draft_state")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["app_user.id"], name=op.f("fk_rule_book_draft_created_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_rule_book_draft_decided_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_rule_book_draft_district_id_district")),
        sa.ForeignKeyConstraint(
            ["edited_by_id"], ["app_user.id"], name=op.f("fk_rule_book_draft_edited_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(
            ["published_id"], ["rule_book.id"], name=op.f("fk_rule_book_draft_published_id_rule_book")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["app_user.id"], name=op.f("fk_rule_book_draft_submitted_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_book_draft")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rule_book_draft_public_id")),
    )
    with op.batch_alter_table("rule_book_draft", schema=None) as batch_op:
        batch_op.create_index("ix_rule_book_draft_district_id_state", ["district_id", "state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("rule_book_draft", schema=None) as batch_op:
        batch_op.drop_index("ix_rule_book_draft_district_id_state")

    op.drop_table("rule_book_draft")
