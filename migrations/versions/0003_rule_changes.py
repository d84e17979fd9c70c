"""Simulations of drafts, replays of published rule sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('queued', 'running', 'stopped') AND district_id IS NOT NULL")
OPEN_CITY = sa.text("state IN ('queued', 'running', 'stopped') AND district_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "replay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("rule_book_id", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("in_all", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("gained_centicredits", sa.BigInteger(), nullable=False),
        sa.Column("lost_centicredits", sa.BigInteger(), nullable=False),
        sa.Column("credited", sa.Integer(), nullable=False),
        sa.Column("settled", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f("ck_replay_finished")
        ),
        sa.CheckConstraint("phase IN ('accounts', 'waiting')", name=op.f("ck_replay_phase")),
        sa.CheckConstraint("state IN ('queued', 'running', 'stopped', 'done', 'failed')", name=op.f("ck_replay_state")),
        sa.CheckConstraint("gained_centicredits >= 0 AND lost_centicredits >= 0", name=op.f("ck_replay_amounts")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["app_user.id"], name=op.f("fk_replay_asked_by_id_app_user")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_replay_district_id_district")),
        sa.ForeignKeyConstraint(["rule_book_id"], ["rule_book.id"], name=op.f("fk_replay_rule_book_id_rule_book")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replay")),
        sa.UniqueConstraint("public_id", name=op.f("uq_replay_public_id")),
    )
    with op.batch_alter_table("replay", schema=None) as batch_op:
        batch_op.create_index("ix_replay_rule_book_id", ["rule_book_id", "asked_at"], unique=False)
        batch_op.create_index("ix_replay_state", ["state"], unique=False)
        batch_op.create_index(
            "uq_replay_open", ["rule_book_id", "district_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        )
        batch_op.create_index(
            "uq_replay_open_city", ["rule_book_id"], unique=True, sqlite_where=OPEN_CITY, postgresql_where=OPEN_CITY
        )

    op.create_table(
        "simulation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("academic_year", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("in_all", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column(
            "result", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False
        ),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)", name=op.f("ck_simulation_finished")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_simulation_state")
        ),
        sa.CheckConstraint("done >= 0 AND in_all >= 0", name=op.f("ck_simulation_progress")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["app_user.id"], name=op.f("fk_simulation_asked_by_id_app_user")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_simulation_district_id_district")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["rule_book_draft.id"], name=op.f("fk_simulation_draft_id_rule_book_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_simulation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_simulation_public_id")),
    )
    with op.batch_alter_table("simulation", schema=None) as batch_op:
        batch_op.create_index("ix_simulation_district_id_sha256", ["district_id", "sha256"], unique=False)
        batch_op.create_index("ix_simulation_draft_id", ["draft_id", "asked_at"], unique=False)
        batch_op.create_index("ix_simulation_state", ["state"], unique=False)

    op.create_table(
        "simulated_change",
        sa.Column("simulation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("participation", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("before_centicredits", sa.Integer(), nullable=False),
        sa.Column("after_centicredits", sa.Integer(), nullable=False),
        sa.Column("difference_centicredits", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "after_centicredits - before_centicredits = difference_centicredits",
            name=op.f("ck_simulated_change_difference"),
        ),
        sa.CheckConstraint("difference_centicredits <> 0", name=op.f("ck_simulated_change_changed")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_simulated_change_school_id_school")),
        sa.ForeignKeyConstraint(
            ["simulation_id"], ["simulation.id"], name=op.f("fk_simulated_change_simulation_id_simulation")
        ),
        sa.PrimaryKeyConstraint("simulation_id", "position", name=op.f("pk_simulated_change")),
    )
    with op.batch_alter_table("simulated_change", schema=None) as batch_op:
        batch_op.create_index(
            "ix_simulated_change_difference", ["simulation_id", "difference_centicredits", "position"], unique=False
        )
        batch_op.create_index(
            "uq_simulated_change_participation", ["simulation_id", "account_id", "participation"], unique=True
        )


def downgrade() -> None:
    with op.batch_alter_table("simulated_change", schema=None) as batch_op:
        batch_op.drop_index("uq_simulated_change_participation")
        batch_op.drop_index("ix_simulated_change_difference")

    op.drop_table("simulated_change")
    with op.batch_alter_table("simulation", schema=None) as batch_op:
        batch_op.drop_index("ix_simulation_state")
        batch_op.drop_index("ix_simulation_draft_id")
        batch_op.drop_index("ix_simulation_district_id_sha256")

    op.drop_table("simulation")
    with op.batch_alter_table("replay", schema=None) as batch_op:
        batch_op.drop_index("uq_replay_open_city", sqlite_where=OPEN_CITY, postgresql_where=OPEN_CITY)
        batch_op.drop_index("uq_replay_open", sqlite_where=OPEN, postgresql_where=OPEN)
        batch_op.drop_index("ix_replay_state")
        batch_op.drop_index("ix_replay_rule_book_id")

    op.drop_table("replay")
