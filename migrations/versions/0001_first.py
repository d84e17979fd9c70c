"""The first tables: places, people, schools, rule books, programme, ledger, attendance, reviews, job runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Rows of these tables are never changed nor removed, by whatever program is connected.
APPEND_ONLY = ("ledger_entry", "scan_event", "access_log")


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
            END $$
            """
        )
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


def upgrade() -> None:
    op.create_table(
        "district",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district")),
        sa.UniqueConstraint("code", name=op.f("uq_district_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_district_public_id")),
    )
    op.create_table(
        "job_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.CheckConstraint("outcome IN ('running', 'done', 'failed')", name=op.f("ck_job_run_outcome")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index("ix_job_run_name_started_at", ["name", "started_at"], unique=False)

    op.create_table(
        "ledger_account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("entry_count", sa.Integer(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("balance_centicredits", sa.Integer(), nullable=False),
        sa.Column("totals", JSON, nullable=False),
        sa.Column("totals_rule_set", sa.Text(), nullable=False),
        sa.Column("last_order", sa.Text(), nullable=False),
        sa.Column("settled_through", sa.Date(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("entry_count >= 0", name=op.f("ck_ledger_account_entry_count")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
    )
    op.create_table(
        "refused_code",
        sa.Column("refused_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("refused_on", "reason", name=op.f("pk_refused_code")),
    )
    op.create_table(
        "sign_in_backoff",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_backoff")),
    )
    with op.batch_alter_table("sign_in_backoff", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_backoff_last_failed_at"), ["last_failed_at"], unique=False)

    op.create_table(
        "ledger_balance",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("academic_year", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("centicredits", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_balance_account_id_ledger_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "academic_year", "category", name=op.f("pk_ledger_balance")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("points_to", sa.Integer(), nullable=True),
        sa.Column("participation", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("centicredits", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("academic_year", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("trace", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind = 'award') = (points_to IS NULL)", name=op.f("ck_ledger_entry_points_to")),
        sa.CheckConstraint("kind <> 'award' OR centicredits >= 0", name=op.f("ck_ledger_entry_award_not_negative")),
        sa.CheckConstraint("kind IN ('award', 'adjustment', 'reversal')", name=op.f("ck_ledger_entry_kind")),
        sa.CheckConstraint("seq > 0", name=op.f("ck_ledger_entry_seq")),
        sa.ForeignKeyConstraint(
            ["account_id", "points_to"],
            ["ledger_entry.account_id", "ledger_entry.seq"],
            name=op.f("fk_ledger_entry_account_id_points_to_ledger_entry"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_entry_account_id_ledger_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "seq", name=op.f("pk_ledger_entry")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(
            "uq_ledger_entry_award",
            ["account_id", "participation", "clause"],
            unique=True,
            sqlite_where=sa.text("kind = 'award'"),
            postgresql_where=sa.text("kind = 'award'"),
        )

    op.create_table(
        "school",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("class_course_source_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_school_district_id_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("code", name=op.f("uq_school_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_school_public_id")),
    )
    with op.batch_alter_table("school", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_school_district_id"), ["district_id"], unique=False)

    op.create_table(
        "venue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("parent_venue_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.CheckConstraint("tier IN ('lead', 'backbone', 'grassroots')", name=op.f("ck_venue_tier")),
        sa.CheckConstraint("parent_venue_id IS NULL OR parent_venue_id <> id", name=op.f("ck_venue_not_its_own_head")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_venue_district_id_district")),
        sa.ForeignKeyConstraint(["parent_venue_id"], ["venue.id"], name=op.f("fk_venue_parent_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
        sa.UniqueConstraint("public_id", name=op.f("uq_venue_public_id")),
    )
    with op.batch_alter_table("venue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_venue_district_id"), ["district_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_venue_parent_venue_id"), ["parent_venue_id"], unique=False)

    op.create_table(
        "app_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("login_name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_app_user_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("public_id", name=op.f("uq_app_user_public_id")),
    )
    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.create_index("ix_app_user_login_name", ["login_name"], unique=False)
        batch_op.create_index(
            "uq_app_user_login_name_without_school",
            ["login_name"],
            unique=True,
            sqlite_where=sa.text("school_id IS NULL"),
            postgresql_where=sa.text("school_id IS NULL"),
        )
        batch_op.create_index("uq_app_user_school_id_login_name", ["school_id", "login_name"], unique=True)

    op.create_table(
        "school_class",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("academic_year", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("course_source_id", sa.Text(), nullable=True),
        sa.Column("course_title", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('homeroom', 'group')", name=op.f("ck_school_class_kind")),
        sa.CheckConstraint("grade IS NULL OR grade BETWEEN 1 AND 12", name=op.f("ck_school_class_grade")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_school_class_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_class")),
        sa.UniqueConstraint("public_id", name=op.f("uq_school_class_public_id")),
    )
    with op.batch_alter_table("school_class", schema=None) as batch_op:
        batch_op.create_index("ix_school_class_school_id_academic_year", ["school_id", "academic_year"], unique=False)
        batch_op.create_index(
            "uq_school_class_source",
            ["school_id", "academic_year", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "access_log",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_access_log_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log")),
    )
    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.create_index("ix_access_log_scope", ["scope", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_log_user_id"), ["user_id"], unique=False)

    op.create_table(
        "activation_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["app_user.id"], name=op.f("fk_activation_code_issued_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_activation_code_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_code")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_activation_code_code_digest")),
    )
    with op.batch_alter_table("activation_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activation_code_user_id"), ["user_id"], unique=False)

    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("at_venue", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("grade_from", sa.Integer(), nullable=False),
        sa.Column("grade_to", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'published', 'withdrawn')", name=op.f("ck_activity_status")
        ),
        sa.CheckConstraint("(venue_id IS NULL) <> (school_id IS NULL)", name=op.f("ck_activity_one_organiser")),
        sa.CheckConstraint(
            "grade_from BETWEEN 1 AND 9 AND grade_to BETWEEN grade_from AND 9", name=op.f("ck_activity_grades")
        ),
        sa.ForeignKeyConstraint(["created_by_id"], ["app_user.id"], name=op.f("fk_activity_created_by_id_app_user")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_activity_district_id_district")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_activity_school_id_school")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_activity_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("public_id", name=op.f("uq_activity_public_id")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_district_id_status", ["district_id", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_school_id"), ["school_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_venue_id"), ["venue_id"], unique=False)

    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(kind IN ('pupil', 'teacher', 'science_counselor') AND school_id IS NOT NULL"
            " AND venue_id IS NULL AND district_id IS NULL)"
            " OR (kind = 'venue_staff' AND venue_id IS NOT NULL AND school_id IS NULL AND district_id IS NULL)"
            " OR (kind = 'bureau_officer' AND district_id IS NOT NULL AND school_id IS NULL AND venue_id IS NULL)",
            name=op.f("ck_role_scope_fits_kind"),
        ),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_role_district_id_district")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_role_school_id_school")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_role_user_id_app_user")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_role_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
    )
    with op.batch_alter_table("role", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_district_id"), ["district_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_school_id"), ["school_id"], unique=False)
        batch_op.create_index("ix_role_user_id", ["user_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_venue_id"), ["venue_id"], unique=False)

    op.create_table(
        "roster_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("summary", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["applied_by_id"], ["app_user.id"], name=op.f("fk_roster_import_applied_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_roster_import_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_import")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roster_import_public_id")),
        sa.UniqueConstraint("school_id", "applied_at", name=op.f("uq_roster_import_school_id_applied_at")),
    )
    op.create_table(
        "roster_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("choices", JSON, nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_roster_upload_school_id_school")),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["app_user.id"], name=op.f("fk_roster_upload_uploaded_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_upload")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roster_upload_public_id")),
    )
    with op.batch_alter_table("roster_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roster_upload_school_id"), ["school_id"], unique=False)

    op.create_table(
        "rule_book",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_rule_book_district_id_district")),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["app_user.id"], name=op.f("fk_rule_book_published_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_book")),
        sa.UniqueConstraint("rule_set", name=op.f("uq_rule_book_rule_set")),
    )
    with op.batch_alter_table("rule_book", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rule_book_district_id"), ["district_id"], unique=False)

    op.create_table(
        "sign_in_session",
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_sign_in_session_user_id_app_user")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_sign_in_session")),
    )
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "student",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("account_ref", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_name", sa.Text(), nullable=False),
        sa.Column("student_no", sa.Text(), nullable=False),
        sa.Column("registry_digest", sa.Text(), nullable=True),
        sa.Column("registry_last4", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_student_school_id_school")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_student_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student")),
        sa.UniqueConstraint("account_ref", name=op.f("uq_student_account_ref")),
        sa.UniqueConstraint("public_id", name=op.f("uq_student_public_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_student_user_id")),
    )
    with op.batch_alter_table("student", schema=None) as batch_op:
        batch_op.create_index("ix_student_school_id_sort_name", ["school_id", "sort_name"], unique=False)
        batch_op.create_index(
            "uq_student_source",
            ["school_id", "source_id"],
            unique=True,
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )

    op.create_table(
        "teaching",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('homeroom_teacher', 'teacher')", name=op.f("ck_teaching_kind")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_teaching_order")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_teaching_class_id_school_class")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_teaching_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching")),
    )
    with op.batch_alter_table("teaching", schema=None) as batch_op:
        batch_op.create_index("ix_teaching_user_id", ["user_id", "ends_on"], unique=False)
        batch_op.create_index(
            "uq_teaching_open",
            ["class_id", "user_id"],
            unique=True,
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )

    op.create_table(
        "activity_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('approved', 'returned', 'withdrawn')", name=op.f("ck_activity_review_decision")
        ),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_activity_review_activity_id_activity")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_activity_review_decided_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_review")),
    )
    with op.batch_alter_table("activity_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_review_activity_id"), ["activity_id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("academic_year", sa.Text(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_enrolment_order")),
        sa.CheckConstraint("grade BETWEEN 1 AND 12", name=op.f("ck_enrolment_grade")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_enrolment_class_id_school_class")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_enrolment_school_id_school")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_enrolment_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index("ix_enrolment_class_id", ["class_id", "ends_on"], unique=False)
        batch_op.create_index("ix_enrolment_school_id", ["school_id", "academic_year", "grade"], unique=False)
        batch_op.create_index("ix_enrolment_student_id", ["student_id", "starts_on"], unique=False)
        batch_op.create_index(
            "uq_enrolment_open",
            ["student_id"],
            unique=True,
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )

    op.create_table(
        "group_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_group_member_order")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_group_member_class_id_school_class")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_group_member_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_member")),
    )
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.create_index("ix_group_member_student_id", ["student_id"], unique=False)
        batch_op.create_index(
            "uq_group_member_open",
            ["class_id", "student_id"],
            unique=True,
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )

    op.create_table(
        "occurrence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurs_on", sa.Date(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code_epoch", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('scheduled', 'closed', 'cancelled')", name=op.f("ck_occurrence_status")),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_occurrence_capacity")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_occurrence_ends_after_start")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_occurrence_activity_id_activity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
        sa.UniqueConstraint("handle", name=op.f("uq_occurrence_handle")),
        sa.UniqueConstraint("public_id", name=op.f("uq_occurrence_public_id")),
    )
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.create_index("ix_occurrence_activity_id", ["activity_id", "starts_at"], unique=False)
        batch_op.create_index("ix_occurrence_starts_at", ["starts_at"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("attended_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("first_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_since_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stayed_seconds", sa.Integer(), nullable=False),
        sa.Column("end_assumed", sa.Boolean(), nullable=False),
        sa.Column("worksheet", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "proof IN ('staff_scan', 'roll_call', 'self_scan', 'declared')", name=op.f("ck_attendance_proof")
        ),
        sa.CheckConstraint("state IN ('present', 'held', 'voided')", name=op.f("ck_attendance_state")),
        sa.CheckConstraint(
            "worksheet IN ('none', 'submitted', 'approved', 'returned', 'refused')",
            name=op.f("ck_attendance_worksheet"),
        ),
        sa.CheckConstraint("stayed_seconds >= 0", name=op.f("ck_attendance_stayed_seconds")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_attendance_occurrence_id_occurrence")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_attendance_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attendance_public_id")),
        sa.UniqueConstraint(
            "student_id",
            "occurrence_id",
            "attended_on",
            name=op.f("uq_attendance_student_id_occurrence_id_attended_on"),
        ),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index("ix_attendance_occurrence_id", ["occurrence_id", "state"], unique=False)
        batch_op.create_index("ix_attendance_student_id_attended_on", ["student_id", "attended_on"], unique=False)

    op.create_table(
        "scan_event",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("client_uid", sa.Text(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_scan_event_direction")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_scan_event_occurrence_id_occurrence")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_scan_event_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_event")),
        sa.UniqueConstraint("origin", "client_uid", name=op.f("uq_scan_event_origin_client_uid")),
    )
    with op.batch_alter_table("scan_event", schema=None) as batch_op:
        batch_op.create_index("ix_scan_event_occurrence_id", ["occurrence_id", "student_id"], unique=False)

    op.create_table(
        "worksheet_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attendance_id", BIG_ID, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('approved', 'returned', 'refused')", name=op.f("ck_worksheet_review_decision")
        ),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendance.id"], name=op.f("fk_worksheet_review_attendance_id_attendance")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["app_user.id"], name=op.f("fk_worksheet_review_decided_by_id_app_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worksheet_review")),
    )
    with op.batch_alter_table("worksheet_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_worksheet_review_attendance_id"), ["attendance_id"], unique=False)

    _refuse_changes()


def downgrade() -> None:
    with op.batch_alter_table("worksheet_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_worksheet_review_attendance_id"))

    op.drop_table("worksheet_review")
    with op.batch_alter_table("scan_event", schema=None) as batch_op:
        batch_op.drop_index("ix_scan_event_occurrence_id")

    op.drop_table("scan_event")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index("ix_attendance_student_id_attended_on")
        batch_op.drop_index("ix_attendance_occurrence_id")

    op.drop_table("attendance")
    with op.batch_alter_table("occurrence", schema=None) as batch_op:
        batch_op.drop_index("ix_occurrence_starts_at")
        batch_op.drop_index("ix_occurrence_activity_id")

    op.drop_table("occurrence")
    with op.batch_alter_table("group_member", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_group_member_open", sqlite_where=sa.text("ends_on IS NULL"), postgresql_where=sa.text("ends_on IS NULL")
        )
        batch_op.drop_index("ix_group_member_student_id")

    op.drop_table("group_member")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_enrolment_open", sqlite_where=sa.text("ends_on IS NULL"), postgresql_where=sa.text("ends_on IS NULL")
        )
        batch_op.drop_index("ix_enrolment_student_id")
        batch_op.drop_index("ix_enrolment_school_id")
        batch_op.drop_index("ix_enrolment_class_id")

    op.drop_table("enrolment")
    with op.batch_alter_table("activity_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activity_review_activity_id"))

    op.drop_table("activity_review")
    with op.batch_alter_table("teaching", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_teaching_open", sqlite_where=sa.text("ends_on IS NULL"), postgresql_where=sa.text("ends_on IS NULL")
        )
        batch_op.drop_index("ix_teaching_user_id")

    op.drop_table("teaching")
    with op.batch_alter_table("student", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_student_source",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_student_school_id_sort_name")

    op.drop_table("student")
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_session_user_id"))
        batch_op.drop_index(batch_op.f("ix_sign_in_session_expires_at"))

    op.drop_table("sign_in_session")
    with op.batch_alter_table("rule_book", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rule_book_district_id"))

    op.drop_table("rule_book")
    with op.batch_alter_table("roster_upload", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roster_upload_school_id"))

    op.drop_table("roster_upload")
    op.drop_table("roster_import")
    with op.batch_alter_table("role", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_venue_id"))
        batch_op.drop_index("ix_role_user_id")
        batch_op.drop_index(batch_op.f("ix_role_school_id"))
        batch_op.drop_index(batch_op.f("ix_role_district_id"))

    op.drop_table("role")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activity_venue_id"))
        batch_op.drop_index(batch_op.f("ix_activity_school_id"))
        batch_op.drop_index("ix_activity_district_id_status")

    op.drop_table("activity")
    with op.batch_alter_table("activation_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activation_code_user_id"))

    op.drop_table("activation_code")
    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_log_user_id"))
        batch_op.drop_index("ix_access_log_scope")

    op.drop_table("access_log")
    with op.batch_alter_table("school_class", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_school_class_source",
            sqlite_where=sa.text("source_id IS NOT NULL"),
            postgresql_where=sa.text("source_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_school_class_school_id_academic_year")

    op.drop_table("school_class")
    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.drop_index("uq_app_user_school_id_login_name")
        batch_op.drop_index(
            "uq_app_user_login_name_without_school",
            sqlite_where=sa.text("school_id IS NULL"),
            postgresql_where=sa.text("school_id IS NULL"),
        )
        batch_op.drop_index("ix_app_user_login_name")

    op.drop_table("app_user")
    with op.batch_alter_table("venue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_venue_parent_venue_id"))
        batch_op.drop_index(batch_op.f("ix_venue_district_id"))

    op.drop_table("venue")
    with op.batch_alter_table("school", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_school_district_id"))

    op.drop_table("school")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ledger_entry_award", sqlite_where=sa.text("kind = 'award'"), postgresql_where=sa.text("kind = 'award'")
        )

    op.drop_table("ledger_entry")
    op.drop_table("ledger_balance")
    with op.batch_alter_table("sign_in_backoff", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_backoff_last_failed_at"))

    op.drop_table("sign_in_backoff")
    op.drop_table("refused_code")
    op.drop_table("ledger_account")
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.drop_index("ix_job_run_name_started_at")

    op.drop_table("job_run")
    op.drop_table("district")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
