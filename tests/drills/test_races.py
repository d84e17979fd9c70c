"""Fifty at one moment, in three processes: one attendance each, one award each, no seat given twice."""

from __future__ import annotations

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bench.city import PupilKey, open_occurrences, settle_pupils
from credit_app.attendance.models import Attendance, ScanEvent
from credit_app.extensions import db
from credit_app.ledger.models import LedgerEntry
from credit_app.schools.models import Enrolment, RosterImport, Student
from credit_app.verification import verify
from tests.cast import today_at
from tests.drills.races import CheckIn, all_at_once, import_roster
from tests.schools.importing import bring, new_school
from tests.schools.roster_set import RosterSet, small_school

NOW = today_at(10)
FIFTY = 50


def city(
    session: Session, *, pupils: int, occurrences: int, capacity: int | None = None
) -> tuple[list[PupilKey], list[str]]:
    """Pupils who are signed in, and the handles of lectures that go on."""
    district, officer, keys = settle_pupils(session, pupils=pupils, now=NOW)
    titles = [(f"讲座{number}", "lecture") for number in range(occurrences)]
    handles = open_occurrences(
        session, district=district, officer=officer, happenings=titles, now=NOW, capacity=capacity
    )
    session.commit()
    return keys, list(handles.values())


def count(session: Session, table: type, *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]


def findings(session: Session) -> list[str]:
    session.rollback()
    return [str(finding) for finding in verify(session)]


def drop_unique_key(session: Session) -> None:
    """The attendance's key is gone from this database."""
    session.commit()
    with db.engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("attendance") as table:
            table.drop_constraint("uq_attendance_student_id_occurrence_id_attended_on", type_="unique")


def test_one_card_on_fifty_devices(database: str, db_session: Session, tmp_path: Path) -> None:
    [pupil], [handle] = city(db_session, pupils=1, occurrences=1)
    told = all_at_once(database, tmp_path, [CheckIn(pupil.user_id, handle)] * FIFTY, now=NOW)
    assert told == {"ok": 1, "already": FIFTY - 1}
    assert findings(db_session) == []
    assert count(db_session, Attendance) == count(db_session, LedgerEntry) == 1
    assert count(db_session, ScanEvent) == FIFTY


def test_without_the_unique_key_one_card_is_counted_more_than_once(
    database: str, db_session: Session, tmp_path: Path
) -> None:
    if db_session.get_bind().dialect.name == "sqlite":
        return  # writers take turns there, and each sees the one before: see the test without a transaction
    [pupil], handles = city(db_session, pupils=1, occurrences=3)
    drop_unique_key(db_session)
    check_ins = [CheckIn(pupil.user_id, handle) for handle in handles for _ in range(FIFTY)]
    all_at_once(database, tmp_path, check_ins, now=NOW, sabotage="no unique key")
    assert any(finding.startswith("I2") for finding in findings(db_session))


def linger(session: Session) -> None:
    """On PostgreSQL a row takes its time from being decided on to standing there, so that others decide meanwhile."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text(
                "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$"
            )
        )
        session.execute(
            text("CREATE TRIGGER linger BEFORE INSERT ON attendance FOR EACH ROW EXECUTE FUNCTION linger()")
        )
    session.commit()


def test_the_last_seats_are_given_once(database: str, db_session: Session, tmp_path: Path) -> None:
    pupils, [handle] = city(db_session, pupils=FIFTY, occurrences=1, capacity=3)
    linger(db_session)
    told = all_at_once(database, tmp_path, [CheckIn(pupil.user_id, handle) for pupil in pupils], now=NOW)
    assert told == {"ok": 3, "full": FIFTY - 3}
    assert findings(db_session) == []
    assert count(db_session, Attendance) == 3


def test_without_a_transaction_more_come_in_than_there_are_seats(
    database: str, db_session: Session, tmp_path: Path
) -> None:
    pupils, handles = city(db_session, pupils=FIFTY, occurrences=3, capacity=3)
    linger(db_session)
    check_ins = [CheckIn(pupil.user_id, handle) for handle in handles for pupil in pupils]
    all_at_once(database, tmp_path, check_ins, now=NOW, sabotage="no transaction")
    db_session.rollback()
    assert count(db_session, Attendance) > 3 * len(handles)


def roster(grade: str, school_class: str) -> RosterSet:
    """The small school with fifty more, who stand in that class."""
    made = small_school()
    for number in range(FIFTY):
        made.pupil(f"N{number}", f"林 学生{number}", grade=grade)
        made.enrol(f"N{number}", school_class, beginDate="2026-09-01", endDate="2027-07-09")
    return made


def test_check_ins_while_a_roster_is_imported(database: str, db_session: Session, tmp_path: Path) -> None:
    school = new_school(db_session)
    bring(db_session, school, roster("05", "C51"))
    _, handles = city(db_session, pupils=1, occurrences=4)
    theirs = select(Student.user_id).where(Student.school_id == school.id, Student.name.like("林%"))
    users = db_session.scalars(theirs).all()
    assert len(users) == FIFTY
    check_ins = [CheckIn(user_id or 0, handle) for handle in handles for user_id in users]
    beside = (import_roster, (school.id, roster("06", "C61").zip(), NOW))
    db_session.commit()
    told = all_at_once(database, tmp_path, check_ins, now=NOW, beside=beside)
    assert told == {"ok": len(check_ins)}
    assert findings(db_session) == []
    assert count(db_session, Attendance) == len(check_ins)
    assert count(db_session, RosterImport) == 2
    assert count(db_session, Enrolment, Enrolment.grade == 6, Enrolment.ends_on.is_(None)) == FIFTY + 2
