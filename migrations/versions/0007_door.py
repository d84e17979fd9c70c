"""The door: student cards, devices and what they send, roll-calls and headcounts, and what waits for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TABLES = (
    "device",
    "device_enrolment",
    "device_refusal",
    "student_card",
    "headcount",
    "roll_call",
    "hold",
    "roll_call_mark",
    "scan_undo",
)
APPEND_ONLY = ("device_refusal", "headcount", "roll_call", "roll_call_mark", "scan_undo")


def upgrade() -> None:
    _create_device()
    _create_device_enrolment()
    _create_device_refusal()
    _create_student_card()
    _create_headcount()
    _create_roll_call()
    _create_hold()
    _create_roll_call_mark()
    _create_scan_undo()
    _widen_scan_event()
    for table in APPEND_ONLY:
        _refuse(table, "UPDATE")
        _refuse(table, "DELETE")
    # What has been decided is not decided again, and no question is swept away.
    _refuse("hold", "UPDATE", when="OLD.state <> 'open'")
    _refuse("hold", "DELETE")


def _widen_scan_event() -> None:
    op.add_column("scan_event", sa.Column("device_seq", sa.Integer(), nullable=True))
    op.add_column("scan_event", sa.Column("evidence", JSON, nullable=True))
    # In words, because Alembic would copy the table on SQLite, and lose the triggers that refuse changes.
    op.execute(
        "ALTER TABLE scan_event ADD COLUMN device_id INTEGER"
        " CONSTRAINT fk_scan_event_device_id_device REFERENCES device (id)"
    )
    op.create_index("ix_scan_event_device_id", "scan_event", ["device_id", "device_seq"])


def _refuse(table: str, change: str, *, when: str = "") -> None:
    condition = f"WHEN ({when}) " if when else ""
    head = f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"{head}FOR EACH ROW {condition}EXECUTE FUNCTION refuse_change()")
        if change == "DELETE":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    op.execute(f"{head}{condition}BEGIN SELECT RAISE(ABORT, '{table} is append-only: {change} refused'); END")


def _create_device() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_by_id", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_seq", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name=op.f("ck_device_revoked")),
        sa.CheckConstraint("(venue_id IS NULL) <> (school_id IS NULL)", name=op.f("ck_device_one_organiser")),
        sa.CheckConstraint("reported_seq >= 0", name=op.f("ck_device_reported_seq")),
        sa.ForeignKeyConstraint(["enrolled_by_id"], ["app_user.id"], name=op.f("fk_device_enrolled_by_id_app_user")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["app_user.id"], name=op.f("fk_device_revoked_by_id_app_user")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_device_school_id_school")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_device_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("public_id", name=op.f("uq_device_public_id")),
        sa.UniqueConstraint("public_key", name=op.f("uq_device_public_key")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_school_id"), ["school_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_venue_id"), ["venue_id"], unique=False)


def _create_device_enrolment() -> None:
    op.create_table(
        "device_enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("venue_id", sa.Integer(), nullable=True),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(used_at IS NULL) = (device_id IS NULL)", name=op.f("ck_device_enrolment_used")),
        sa.CheckConstraint("(venue_id IS NULL) <> (school_id IS NULL)", name=op.f("ck_device_enrolment_one_organiser")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_enrolment_device_id_device")),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["app_user.id"], name=op.f("fk_device_enrolment_issued_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_device_enrolment_school_id_school")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_device_enrolment_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_enrolment")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_device_enrolment_code_digest")),
        sa.UniqueConstraint("device_id", name=op.f("uq_device_enrolment_device_id")),
    )
    with op.batch_alter_table("device_enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_enrolment_school_id"), ["school_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_device_enrolment_venue_id"), ["venue_id"], unique=False)


def _create_device_refusal() -> None:
    op.create_table(
        "device_refusal",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("client_uid", sa.Text(), nullable=False),
        sa.Column("device_seq", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_refusal_device_id_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_refusal")),
        sa.UniqueConstraint("device_id", "client_uid", name=op.f("uq_device_refusal_device_id_client_uid")),
    )


def _create_student_card() -> None:
    op.create_table(
        "student_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by_id", sa.Integer(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('lost', 'damaged', 'left', 'merged', 'other')", name=op.f("ck_student_card_reason")
        ),
        sa.CheckConstraint("(revoked_at IS NULL) = (reason IS NULL)", name=op.f("ck_student_card_revoked")),
        sa.CheckConstraint("generation BETWEEN 1 AND 255", name=op.f("ck_student_card_generation")),
        sa.ForeignKeyConstraint(["issued_by_id"], ["app_user.id"], name=op.f("fk_student_card_issued_by_id_app_user")),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"], ["app_user.id"], name=op.f("fk_student_card_revoked_by_id_app_user")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_student_card_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_student_card")),
        sa.UniqueConstraint("card_id", "generation", name=op.f("uq_student_card_card_id_generation")),
    )
    with op.batch_alter_table("student_card", schema=None) as batch_op:
        batch_op.create_index("ix_student_card_student_id", ["student_id"], unique=False)
        batch_op.create_index(
            "uq_student_card_open",
            ["student_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )


def _create_headcount() -> None:
    op.create_table(
        "headcount",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("counted_by_id", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_uid", sa.Text(), nullable=False),
        sa.CheckConstraint("moment IN ('arrival', 'departure')", name=op.f("ck_headcount_moment")),
        sa.CheckConstraint("heads >= 0", name=op.f("ck_headcount_heads")),
        sa.ForeignKeyConstraint(["counted_by_id"], ["app_user.id"], name=op.f("fk_headcount_counted_by_id_app_user")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_headcount_occurrence_id_occurrence")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_headcount_school_id_school")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_headcount")),
        sa.UniqueConstraint("counted_by_id", "client_uid", name=op.f("uq_headcount_counted_by_id_client_uid")),
        sa.UniqueConstraint("public_id", name=op.f("uq_headcount_public_id")),
    )
    with op.batch_alter_table("headcount", schema=None) as batch_op:
        batch_op.create_index("ix_headcount_occurrence_id", ["occurrence_id", "school_id"], unique=False)


def _create_roll_call() -> None:
    op.create_table(
        "roll_call",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("called_by_id", sa.Integer(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_uid", sa.Text(), nullable=False),
        sa.CheckConstraint("moment IN ('arrival', 'departure')", name=op.f("ck_roll_call_moment")),
        sa.ForeignKeyConstraint(["called_by_id"], ["app_user.id"], name=op.f("fk_roll_call_called_by_id_app_user")),
        sa.ForeignKeyConstraint(["class_id"], ["school_class.id"], name=op.f("fk_roll_call_class_id_school_class")),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_roll_call_occurrence_id_occurrence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_call")),
        sa.UniqueConstraint("called_by_id", "client_uid", name=op.f("uq_roll_call_called_by_id_client_uid")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roll_call_public_id")),
    )
    with op.batch_alter_table("roll_call", schema=None) as batch_op:
        batch_op.create_index("ix_roll_call_occurrence_id", ["occurrence_id", "class_id"], unique=False)


def _create_hold() -> None:
    op.create_table(
        "hold",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("attendance_id", BIG_ID, nullable=True),
        sa.Column("scan_event_id", BIG_ID, nullable=True),
        sa.Column("headcount_id", BIG_ID, nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("raised_by_id", sa.Integer(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name=op.f("ck_hold_decided"),
        ),
        sa.CheckConstraint(
            "kind <> 'late_entry' OR (raised_by_id IS NOT NULL"
            " AND (decided_by_id IS NULL OR decided_by_id <> raised_by_id))",
            name=op.f("ck_hold_two_people"),
        ),
        sa.CheckConstraint("kind = 'headcount' OR student_id IS NOT NULL", name=op.f("ck_hold_student")),
        sa.CheckConstraint("kind IN ('scan', 'late_entry', 'headcount', 'signal')", name=op.f("ck_hold_kind")),
        sa.CheckConstraint("state IN ('open', 'accepted', 'rejected')", name=op.f("ck_hold_state")),
        sa.ForeignKeyConstraint(["attendance_id"], ["attendance.id"], name=op.f("fk_hold_attendance_id_attendance")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_hold_decided_by_id_app_user")),
        sa.ForeignKeyConstraint(["headcount_id"], ["headcount.id"], name=op.f("fk_hold_headcount_id_headcount")),
        sa.ForeignKeyConstraint(["occurrence_id"], ["occurrence.id"], name=op.f("fk_hold_occurrence_id_occurrence")),
        sa.ForeignKeyConstraint(["raised_by_id"], ["app_user.id"], name=op.f("fk_hold_raised_by_id_app_user")),
        sa.ForeignKeyConstraint(["scan_event_id"], ["scan_event.id"], name=op.f("fk_hold_scan_event_id_scan_event")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_hold_student_id_student")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("key", name=op.f("uq_hold_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_hold_public_id")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hold_attendance_id"), ["attendance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hold_headcount_id"), ["headcount_id"], unique=False)
        batch_op.create_index("ix_hold_occurrence_id", ["occurrence_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_hold_scan_event_id"), ["scan_event_id"], unique=False)
        batch_op.create_index("ix_hold_state_due_on", ["state", "due_on"], unique=False)
        batch_op.create_index("ix_hold_student_id", ["student_id", "state"], unique=False)


def _create_roll_call_mark() -> None:
    op.create_table(
        "roll_call_mark",
        sa.Column("roll_call_id", BIG_ID, nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mark IN ('present', 'absent')", name=op.f("ck_roll_call_mark_mark")),
        sa.ForeignKeyConstraint(
            ["roll_call_id"], ["roll_call.id"], name=op.f("fk_roll_call_mark_roll_call_id_roll_call")
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_roll_call_mark_student_id_student")),
        sa.PrimaryKeyConstraint("roll_call_id", "student_id", name=op.f("pk_roll_call_mark")),
    )
    with op.batch_alter_table("roll_call_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roll_call_mark_student_id"), ["student_id"], unique=False)


def _create_scan_undo() -> None:
    op.create_table(
        "scan_undo",
        sa.Column("scan_event_id", BIG_ID, nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("client_uid", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_scan_undo_device_id_device")),
        sa.ForeignKeyConstraint(
            ["scan_event_id"], ["scan_event.id"], name=op.f("fk_scan_undo_scan_event_id_scan_event")
        ),
        sa.PrimaryKeyConstraint("scan_event_id", name=op.f("pk_scan_undo")),
        sa.UniqueConstraint("device_id", "client_uid", name=op.f("uq_scan_undo_device_id_client_uid")),
    )


def downgrade() -> None:
    op.drop_index("ix_scan_event_device_id", "scan_event")
    op.drop_column("scan_event", "device_id")
    op.drop_column("scan_event", "evidence")
    op.drop_column("scan_event", "device_seq")
    for table in reversed(TABLES):
        op.drop_table(table)
