"""From a roster to a school: what stands there after the first, the second and the tenth import."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.schools import queries
from credit_app.schools.models import Enrolment
from tests.schools.importing import (
    AUTUMN,
    LATER,
    Place,
    bring,
    imports,
    new_school,
    no_writes,
    places,
    standing,
    student,
    teaching,
    user,
)
from tests.schools.roster_set import RosterSet, large_school, small_school
from tests.statements import count_statements

TODAY = date(2026, 10, 17)


# The first import.


def test_a_roster_brings_pupils_with_class_group_account_and_pinyin(db_session: Session) -> None:
    school = new_school(db_session)
    plan = bring(db_session, school, small_school())
    assert plan.pupils.counts() == {"new": 5, "changed": 0, "back": 0, "gone": 0, "same": 0}
    assert standing(db_session, school) == {
        "P1": (5, "五年级1班", frozenset({"科学社"})),
        "P2": (5, "五年级1班", frozenset()),
        "P3": (5, "五年级1班", frozenset()),
        "P4": (6, "六年级1班", frozenset({"科学社"})),
        "P5": (6, "六年级1班", frozenset()),
    }
    zeng = student(db_session, "P1")
    assert (zeng.name, zeng.sort_name, zeng.student_no) == ("曾小雨", "zeng xiao yu", "0501")
    assert zeng.user is not None
    assert (zeng.user.login_name, zeng.user.password_hash, zeng.user.school_id) == ("p1", None, school.id)
    assert [role.kind for role in zeng.user.roles] == ["pupil"]
    assert places(db_session, "P1") == [Place(5, "五年级1班", "2026-09-01", "2026-09-01", None)]


def test_a_roster_brings_staff_with_what_they_lead_and_teach(db_session: Session) -> None:
    school = new_school(db_session)
    bring(db_session, school, small_school())
    assert teaching(db_session) == {
        ("五年级1班", "林老师", "homeroom_teacher"),
        ("五年级1班", "范老师", "teacher"),
        ("六年级1班", "范老师", "homeroom_teacher"),
        ("科学社", "顾老师", "teacher"),
    }
    fan = user(db_session, "T-fan")
    assert [role.kind for role in fan.roles] == ["teacher"]
    assert [c.name for c in queries.classes_of(db_session, user=fan, day=TODAY)] == ["五年级1班", "六年级1班"]
    gu = user(db_session, "T-gu")
    assert [c.name for c in queries.classes_of(db_session, user=gu, day=TODAY)] == ["科学社"]
    group = queries.classes_of(db_session, user=gu, day=TODAY)[0]
    assert [s.name for s in queries.students_of_class(db_session, school_class=group, day=TODAY)] == ["曾小雨", "王芳"]


def test_the_import_stands_in_the_history(db_session: Session) -> None:
    school = new_school(db_session)
    bring(db_session, school, small_school())
    (done,) = imports(db_session)
    assert (done.file_name, done.applied_at.date()) == ("roster.zip", TODAY)
    assert done.summary["pupils"]["new"] == 5
    assert school.source_id == "S1"


def test_however_many_groups_a_pupil_is_in_the_school_counts_them_once(db_session: Session) -> None:
    school = new_school(db_session)
    bring(db_session, school, large_school(20, groups_each=4))
    counted = select(func.count()).select_from(Enrolment).where(queries.holds_on(Enrolment, TODAY))
    assert db_session.scalar(counted) == 20


def test_the_number_of_statements_does_not_grow_with_the_school(db_session: Session) -> None:
    """One statement a kind of step: a school of 60 costs as many as one of 20."""
    counts = []
    for code, pupils in (("a", 20), ("b", 60)):
        school = new_school(db_session, code=code)
        with count_statements(db.engine) as seen:
            bring(db_session, school, large_school(pupils, groups_each=2))
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 40


def test_a_registry_number_is_nowhere_in_the_database(db_session: Session) -> None:
    school = new_school(db_session)
    roster = small_school()
    roster.row("users", "P1")["identifier"] = "G440305201501011234"
    roster.row("users", "P2")["userIds"] = "{学籍号:G440305201502022345},{Local:17}"
    bring(db_session, school, roster)
    kept = "\n".join(
        repr(row)
        for table in db.metadata.sorted_tables
        for row in db_session.execute(text(f'select * from "{table.name}"'))
    )
    assert "0315010112" not in kept
    assert "44030520150" not in kept
    ouyang = student(db_session, "P2")
    assert (ouyang.registry_last4, ouyang.student_no) == ("2345", "0502")
    assert ouyang.registry_digest not in {None, student(db_session, "P1").registry_digest}


# Again.


@pytest.mark.parametrize("now", [AUTUMN, LATER, datetime(2027, 4, 1, tzinfo=UTC)], ids=["same day", "later", "spring"])
def test_importing_again_writes_nothing_at_all(db_session: Session, now: datetime) -> None:
    school = new_school(db_session)
    bring(db_session, school, small_school())
    with no_writes(db.engine):
        plan = bring(db_session, school, small_school().shuffled(3), now=now)
    assert plan.is_empty
    assert plan.pupils.same == 5
    assert len(imports(db_session)) == 1


def test_importing_again_with_faults_writes_nothing_either(db_session: Session) -> None:
    school, roster = new_school(db_session), faulty()
    bring(db_session, school, roster)
    with no_writes(db.engine):
        plan = bring(db_session, school, roster.shuffled(5), now=LATER)
    assert plan.is_empty


def faulty() -> RosterSet:
    """Names taken twice, a pupil twice, nobody's class, an unreadable row, an unusable user name."""
    roster = small_school()
    roster.row("users", "P2")["username"] = "P1"
    roster.row("users", "P3")["username"] = " p1 "
    roster.pupil("P6", "何 六", username="x")
    roster.pupil("P7", "何 七", grade="")
    roster.rows["users"].append({**roster.row("users", "P5"), "givenName": "弱"})
    roster.enrol("P6", "C99")
    roster.enrol("P4", "C51", beginDate="2026-09-01")
    return roster
