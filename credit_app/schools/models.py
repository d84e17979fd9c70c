"""Tables of a school from within.

Grades 1 to 9 are the scheme's; the tables hold up to 12, because a school of grades 7 to 12 may ask for its upper
grades to stand in the lists (``flask roster import --grades``). What a book says of a grade is the book's affair.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credit_app.extensions import Model
from credit_app.keys import new_public_id
from credit_app.organisations.models import School
from credit_app.people.models import User
from credit_app.storage import Json, UtcDateTime


class SchoolClass(Model):
    """A class of one academic year: a ``homeroom`` (班级) or a teaching ``group``; a group may have no single grade."""

    __tablename__ = "school_class"
    __table_args__ = (
        CheckConstraint("kind IN ('homeroom', 'group')", name="kind"),
        CheckConstraint("grade IS NULL OR grade BETWEEN 1 AND 12", name="grade"),
        Index("ix_school_class_school_id_academic_year", "school_id", "academic_year"),
        Index(
            "uq_school_class_source",
            "school_id",
            "academic_year",
            "source_id",
            unique=True,
            sqlite_where=text("source_id IS NOT NULL"),
            postgresql_where=text("source_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    academic_year: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, default="homeroom")
    grade: Mapped[int | None]
    name: Mapped[str] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text)
    course_source_id: Mapped[str | None] = mapped_column(Text)
    course_title: Mapped[str] = mapped_column(Text, default="")
    is_active: Mapped[bool] = mapped_column(default=True)

    school: Mapped[School] = relationship()
    teachings: Mapped[list[Teaching]] = relationship(back_populates="school_class")


class Student(Model):
    """A pupil as a school knows them.

    `account_ref` is the random id of the ledger account and the only link to it: erasing a person clears the column,
    and the ledger keeps its amounts under a pseudonym. The 学籍号 is a keyed digest and the last four characters.
    """

    __tablename__ = "student"
    __table_args__ = (
        Index("ix_student_school_id_sort_name", "school_id", "sort_name"),
        Index(
            "uq_student_source",
            "school_id",
            "source_id",
            unique=True,
            sqlite_where=text("source_id IS NOT NULL"),
            postgresql_where=text("source_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), unique=True)
    account_ref: Mapped[str | None] = mapped_column(Text, unique=True, default=new_public_id)
    name: Mapped[str] = mapped_column(Text)
    sort_name: Mapped[str] = mapped_column(Text)  # pinyin: no database here sorts Chinese by itself
    student_no: Mapped[str] = mapped_column(Text, default="")
    registry_digest: Mapped[str | None] = mapped_column(Text)
    registry_last4: Mapped[str] = mapped_column(Text, default="")
    source_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    school: Mapped[School] = relationship()
    user: Mapped[User | None] = relationship()
    enrolments: Mapped[list[Enrolment]] = relationship(back_populates="student")


class Enrolment(Model):
    """A pupil's place in a school, from `starts_on` to `ends_on` (both inclusive; None while it lasts).

    `class_id` None means "no class yet": the pupil stands under the grade. `joined_on` is the day the pupil joined
    in this academic year, kept when the class changes; it decides whether the half target holds.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint("grade BETWEEN 1 AND 12", name="grade"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="order"),
        # A pupil stands in one place at a time, so no figure of a school can count one twice.
        Index(
            "uq_enrolment_open",
            "student_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
        Index("ix_enrolment_class_id", "class_id", "ends_on"),
        Index("ix_enrolment_school_id", "school_id", "academic_year", "grade"),
        Index("ix_enrolment_student_id", "student_id", "starts_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    academic_year: Mapped[str] = mapped_column(Text)
    grade: Mapped[int]
    class_id: Mapped[int | None] = mapped_column(ForeignKey("school_class.id"))
    joined_on: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    student: Mapped[Student] = relationship(back_populates="enrolments")
    school_class: Mapped[SchoolClass | None] = relationship()


class GroupMember(Model):
    """A pupil's membership of a teaching group; never a place to count pupils by."""

    __tablename__ = "group_member"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="order"),
        Index(
            "uq_group_member_open",
            "class_id",
            "student_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
        Index("ix_group_member_student_id", "student_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"))
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Teaching(Model):
    """Who leads (``homeroom_teacher``) or teaches (``teacher``) a class, and from when to when."""

    __tablename__ = "teaching"
    __table_args__ = (
        CheckConstraint("kind IN ('homeroom_teacher', 'teacher')", name="kind"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="order"),
        Index(
            "uq_teaching_open",
            "class_id",
            "user_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
        Index("ix_teaching_user_id", "user_id", "ends_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    kind: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    school_class: Mapped[SchoolClass] = relationship(back_populates="teachings")
    user: Mapped[User] = relationship()


class RosterImport(Model):
    """One applied roster import: who, when, and the counts it reported."""

    __tablename__ = "roster_import"
    __table_args__ = (UniqueConstraint("school_id", "applied_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    applied_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # None: by command
    file_name: Mapped[str] = mapped_column(Text)
    summary: Mapped[dict[str, Any]] = mapped_column(Json)


class RosterUpload(Model):
    """An uploaded roster between its preview and its applying, then deleted; at most a day old.

    In the database, because the worker that applies it need not be the one that took it in; encrypted, because a
    roster may hold 学籍号, which are never stored in clear. `choices` are what the counselor picked for it.
    """

    __tablename__ = "roster_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), index=True)
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    file_name: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    choices: Mapped[dict[str, Any]] = mapped_column(Json)


class StudentMerge(Model):
    """One row says that two rows of a school were the same child: `from_student` has been taken up by `into_student`.

    Append-only by trigger: a merge cannot be undone. `from_source_id` is the duplicate's sourcedId where the surviving
    row had one of its own: a roster that still lists it means the surviving pupil.
    """

    __tablename__ = "student_merge"
    __table_args__ = (CheckConstraint("from_student_id <> into_student_id", name="two_pupils"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    from_student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), unique=True)
    into_student_id: Mapped[int] = mapped_column(ForeignKey("student.id"), index=True)
    from_source_id: Mapped[str | None] = mapped_column(Text)
    merged_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    merged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)


_OPEN_TRANSFER = text("received_at IS NULL AND cancelled_at IS NULL")


class Transfer(Model):
    """A pupil on the way from one school to another: released under a single-use code, then received or cancelled."""

    __tablename__ = "transfer"
    __table_args__ = (
        CheckConstraint("(cancelled_at IS NULL) = (cancelled_by_id IS NULL)", name="cancelled"),
        CheckConstraint("cancelled_at IS NULL OR received_at IS NULL", name="one_end"),
        CheckConstraint(
            "(received_at IS NULL) = (received_by_id IS NULL) AND (received_at IS NULL) = (to_school_id IS NULL)"
            " AND (received_at IS NULL) = (starts_on IS NULL)",
            name="received",
        ),
        CheckConstraint(
            "received_by_id IS NULL OR (received_by_id <> released_by_id AND to_school_id <> from_school_id)",
            name="two_people",
        ),
        Index(
            "uq_transfer_open",
            "student_id",
            unique=True,
            sqlite_where=_OPEN_TRANSFER,
            postgresql_where=_OPEN_TRANSFER,
        ),
        Index("ix_transfer_from_school_id", "from_school_id", "released_at"),
        Index("ix_transfer_to_school_id", "to_school_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(Text, unique=True, default=new_public_id)
    student_id: Mapped[int] = mapped_column(ForeignKey("student.id"))
    from_school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    code_digest: Mapped[str] = mapped_column(Text, unique=True)
    released_by_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    released_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    to_school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    received_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    starts_on: Mapped[date | None]
    # What the old school's roster calls the pupil: it may list them still, and must not bring them back.
    from_source_id: Mapped[str | None] = mapped_column(Text)

    student: Mapped[Student] = relationship()
    from_school: Mapped[School] = relationship(foreign_keys=[from_school_id])
    to_school: Mapped[School | None] = relationship(foreign_keys=[to_school_id])
