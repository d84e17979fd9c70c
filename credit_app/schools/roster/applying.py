"""A plan into the database, in one short write transaction that holds nothing but the writes.

Everything slow (reading the files, comparing) is done before. So what the plan was made from is read once more with
the school locked, and the plan is refused when it is not the same any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.keys import new_public_id
from credit_app.organisations.models import School
from credit_app.people.models import Role, User
from credit_app.schools.cards.actions import revoke_cards_of_leavers
from credit_app.schools.models import Enrolment, GroupMember, RosterImport, SchoolClass, Student, Teaching
from credit_app.schools.roster.plan import Plan, Ref
from credit_app.schools.roster.present import PresentSchool, present_school


def apply_plan(
    session: Session, *, plan: Plan, present: PresentSchool, applied_by_id: int | None, file_name: str, now: datetime
) -> RosterImport | None:
    """The school is as the plan says, and the import stands in its history; with an empty plan nothing is written.

    Raises: Conflict when the school has changed since `present` was read; nothing is written then.
    """
    if plan.is_empty:
        return None
    writer = _Writer(session, plan, present.school_id, now)
    # Two imports of one school follow one another; on SQLite the whole transaction is the lock.
    session.execute(select(School.id).where(School.id == present.school_id).with_for_update())
    standing = present_school(session, school_id=present.school_id, academic_year=present.academic_year)
    if standing != present:
        raise Conflict
    try:
        writer.write()
        if plan.steps.place_endings:
            # Who is gone cannot be scanned any more; who comes back gets a new card.
            revoke_cards_of_leavers(
                session, day=plan.today, now=now, school_id=present.school_id, revoked_by_id=applied_by_id
            )
    except IntegrityError as taken:
        raise Conflict from taken
    applied = RosterImport(
        school_id=present.school_id,
        applied_at=now,
        applied_by_id=applied_by_id,
        file_name=file_name,
        summary=summary(plan),
    )
    session.add(applied)
    session.flush()
    session.expire_all()
    return applied


def summary(plan: Plan) -> dict[str, Any]:
    """The counts that stay in the history."""
    return {
        "academic_year": plan.academic_year,
        "org": plan.org_name,
        "pupils": plan.pupils.counts(),
        "classes": plan.classes.counts(),
        "staff": plan.staff.counts(),
        "left_out": len(plan.left_out),
        "errors": len(plan.errors),
        "notices": len(plan.notices),
    }


class _Writer:
    """Writes the steps of a plan, a statement for each kind of step. What needs no lock is made ready beforehand."""

    def __init__(self, session: Session, plan: Plan, school_id: int, now: datetime) -> None:
        self.session, self.plan, self.steps, self.school_id = session, plan, plan.steps, school_id
        of_school = {"school_id": school_id}
        self.new_classes = [
            {**row._asdict(), **of_school, "academic_year": plan.academic_year, "public_id": new_public_id()}
            for row in plan.steps.new_classes
        ]
        self.new_users = [
            {**row._asdict(), **of_school, "created_at": now, "public_id": new_public_id()}
            for row in plan.steps.new_users
        ]
        made = {"created_at": now, **of_school}
        self.new_students = [
            {**row._asdict(), **made, "public_id": new_public_id(), "account_ref": new_public_id()}
            for row in plan.steps.new_students
        ]

    def write(self) -> None:
        if self.steps.school is not None:
            source_id, course = self.steps.school
            self.session.execute(
                update(School)
                .where(School.id == self.school_id)
                .values(source_id=source_id, class_course_source_id=course)
            )
        classes = self._write_classes()
        users = self._write_users()
        students = self._write_students(users)
        self._write_places(students, classes)
        self._write_belongings(students, classes, users)

    def _insert(self, model: Any, rows: list[dict[str, Any]]) -> None:
        # By table, not by class: the unit of work would cost more than the insert itself.
        if rows:
            self.session.execute(insert(model.__table__), rows)

    def _update(self, model: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.session.execute(update(model), rows)

    def _ids(self, model: Any, created: list[Any], *conditions: Any) -> dict[str, int]:
        """Ids by sourcedId of what the plan created."""
        if not created:
            return {}
        query = select(model.source_id, model.id).where(
            model.school_id == self.school_id, model.source_id.is_not(None), *conditions
        )
        return dict(self.session.execute(query).all())

    def _write_classes(self) -> dict[str, int]:
        steps = self.steps
        self._update(SchoolClass, [{"id": class_id, **row._asdict()} for class_id, row in steps.class_edits])
        self._update(SchoolClass, [{"id": class_id, "is_active": False} for class_id in steps.class_closings])
        self._insert(SchoolClass, self.new_classes)
        return self._ids(SchoolClass, self.new_classes, SchoolClass.academic_year == self.plan.academic_year)

    def _write_users(self) -> dict[str, int]:
        self._let_go_of_names([user_id for user_id, _row in self.steps.user_edits])
        self._update(User, [{"id": user_id, **row._asdict()} for user_id, row in self.steps.user_edits])
        self._insert(User, self.new_users)
        users = self._ids(User, self.new_users)
        self._update(Role, [ending._asdict() for ending in self.steps.role_endings])
        self._insert(
            Role,
            [
                {"user_id": _id(user, users), "kind": kind, "school_id": self.school_id, "starts_on": self.plan.today}
                for user, kind in self.steps.new_roles
            ],
        )
        return users

    def _let_go_of_names(self, user_ids: list[int]) -> None:
        """Two who swap their names would for a moment both have one of them: so first all let go of theirs."""
        if user_ids:
            self.session.execute(
                update(User)
                .where(User.id.in_(user_ids))
                .values(login_name="~" + User.public_id)
                .execution_options(synchronize_session=False)
            )

    def _write_students(self, users: Mapping[str, int]) -> dict[str, int]:
        edits = [{"id": student_id, **row._asdict()} for student_id, row in self.steps.student_edits]
        for row in (*edits, *self.new_students):
            row["user_id"] = _id(row.pop("user"), users)
        self._update(Student, edits)
        self._insert(Student, self.new_students)
        return self._ids(Student, self.new_students)

    def _write_places(self, students: Mapping[str, int], classes: Mapping[str, int]) -> None:
        self._update(Enrolment, [ending._asdict() for ending in self.steps.place_endings])
        self._update(
            Enrolment,
            [
                {"id": edit.id, "grade": edit.grade, "class_id": _id(edit.school_class, classes), "ends_on": None}
                for edit in self.steps.place_edits
            ],
        )
        self._insert(
            Enrolment,
            [
                {
                    "student_id": _id(row.student, students),
                    "school_id": self.school_id,
                    "academic_year": self.plan.academic_year,
                    "grade": row.grade,
                    "class_id": _id(row.school_class, classes),
                    "joined_on": row.joined_on,
                    "starts_on": row.starts_on,
                }
                for row in self.steps.new_places
            ],
        )

    def _write_belongings(
        self, students: Mapping[str, int], classes: Mapping[str, int], users: Mapping[str, int]
    ) -> None:
        steps, today = self.steps, self.plan.today
        self._update(GroupMember, [ending._asdict() for ending in steps.member_endings])
        self._insert(
            GroupMember,
            [
                {"class_id": _id(group, classes), "student_id": _id(student, students), "starts_on": today}
                for group, student in steps.new_members
            ],
        )
        self._update(Teaching, [ending._asdict() for ending in steps.teaching_endings])
        self._update(Teaching, [{"id": teaching_id, "kind": kind} for teaching_id, kind in steps.teaching_edits])
        self._insert(
            Teaching,
            [
                {
                    "class_id": _id(row.school_class, classes),
                    "user_id": _id(row.user, users),
                    "kind": row.kind,
                    "starts_on": today,
                }
                for row in steps.new_teachings
            ],
        )


def _id(ref: Ref | None, created: Mapping[str, int]) -> int | None:
    return created[ref] if isinstance(ref, str) else ref
