"""Background jobs: what each has done afterwards, that a second run does nothing more, and that each run is noted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.activities.models import Occurrence
from credit_app.app import create_app
from credit_app.attendance.models import Attendance
from credit_app.errors import NotFound
from credit_app.extensions import queue
from credit_app.ledger.models import LedgerEntry
from credit_app.operations import actions as operations
from credit_app.operations.models import JobRun
from credit_app.operations.queries import latest_runs
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.databases import release
from tests.scenes import scan, stay
from tests.visitor import Visitor


def runs(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    found = session.execute(select(JobRun.name, JobRun.outcome).order_by(JobRun.id))
    return [(name, outcome) for name, outcome in found]


def test_occurrences_are_closed_an_hour_after_their_end_and_once(
    db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """The lecture ends at 10:30, the course at 12:00: the latest check-out is an hour later."""
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(12, 50))
    scan(db_session, cast.classmate, cast.course, "in", today_at(10, 5))
    clock.set(today_at(13))
    assert jobs.run_job("close_ended_occurrences").figures == {"closed": 1, "ends_assumed": 0}
    assert (cast.lecture.status, cast.course.status) == ("closed", "scheduled")
    clock.set(today_at(13, 1))
    assert jobs.run_job("close_ended_occurrences").figures == {"closed": 1, "ends_assumed": 1}
    assert (cast.course.status, cast.course.closed_at) == ("closed", today_at(13, 1))
    ends = {row.student_id: row.end_assumed for row in db_session.scalars(select(Attendance).order_by(Attendance.id))}
    assert ends == {cast.pupil.id: False, cast.classmate.id: True}
    clock.forward(minutes=5)
    assert jobs.run_job("close_ended_occurrences").figures == {"closed": 0, "ends_assumed": 0}
    assert cast.course.closed_at == today_at(13, 1)
    assert cast.visit.status == "scheduled"


def test_what_staff_closed_or_cancelled_is_left_alone(db_session: Session, cast: Cast, clock: HeldClock) -> None:
    cast.lecture.status, cast.lecture.closed_at = "closed", today_at(10, 31)
    cast.course.status = "cancelled"
    db_session.commit()
    clock.set(today_at(20))
    assert jobs.run_job("close_ended_occurrences").figures == {"closed": 1, "ends_assumed": 0}  # the visit
    assert cast.lecture.closed_at == today_at(10, 31)
    assert cast.course.status == "cancelled"


def test_one_that_was_cut_short_goes_on_where_it_stopped(
    db_session: Session, cast: Cast, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each occurrence is committed by itself, so the second run finds only what the first one did not reach."""
    closing = jobs.close_occurrence

    def power_cut(session: Session, *, occurrence: Occurrence, **rest: object) -> int:
        if occurrence.id == cast.course.id:
            raise RuntimeError("the power went")
        return closing(session, occurrence=occurrence, **rest)  # type: ignore[arg-type]

    clock.set(today_at(20))
    monkeypatch.setattr(jobs, "close_occurrence", power_cut)
    with pytest.raises(RuntimeError):
        jobs.run_job("close_ended_occurrences")
    monkeypatch.setattr(jobs, "close_occurrence", closing)
    db_session.expire_all()
    assert (cast.lecture.status, cast.course.status) == ("closed", "scheduled")
    noted = latest_runs(db_session)["close_ended_occurrences"]
    assert (noted.outcome, noted.report) == ("failed", "RuntimeError: the power went")
    assert jobs.run_job("close_ended_occurrences").figures == {"closed": 2, "ends_assumed": 0}


def test_the_audit_passes_on_what_the_program_wrote(db_session: Session, cast: Cast, clock: HeldClock) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    clock.set(today_at(20))
    assert jobs.run_job("verify_ledger").outcome == "done"


def test_the_audit_fails_and_names_the_row_after_an_edit_behind_the_programs_back(
    db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    _edit_an_entry(db_session)
    clock.set(today_at(20))
    with pytest.raises(jobs.JobFailed, match="ledger_entry"):
        jobs.run_job("verify_ledger")
    noted = latest_runs(db_session)["verify_ledger"]
    assert noted.outcome == "failed"
    assert "ledger_entry" in noted.report


def _edit_an_entry(session: Session) -> None:
    """Somebody with the database's own rights takes the trigger away and gives a pupil nine credits."""
    table = LedgerEntry.__tablename__
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    else:
        for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
    session.execute(text(f"UPDATE {table} SET centicredits = 900"))
    session.commit()


def test_ended_sign_ins_and_old_runs_are_purged(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    client.sign_in(cast.venue_staff)
    old = operations.start_run(db_session, name="purge_expired", now=today_at(8) - timedelta(days=29))
    operations.finish_run(db_session, run=old, figures={}, now=today_at(8))
    db_session.commit()
    assert jobs.run_job("purge_expired").figures == {"sign_ins": 0, "uploads": 0, "runs": 0, "simulations": 0}
    clock.forward(days=2)
    assert jobs.run_job("purge_expired").figures == {"sign_ins": 1, "uploads": 0, "runs": 1, "simulations": 0}
    assert client.get("/venue").status_code == 302


def test_a_run_that_never_reported_is_failed_when_the_next_one_starts(
    db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    operations.start_run(db_session, name="purge_expired", now=today_at(3))
    operations.start_run(db_session, name="verify_ledger", now=today_at(3))
    db_session.commit()
    clock.set(today_at(4))
    jobs.run_job("purge_expired")
    assert runs(db_session) == [("purge_expired", "failed"), ("verify_ledger", "running"), ("purge_expired", "done")]


def test_the_command_runs_a_job_and_ends_with_one_when_it_fails(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(20))
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    runner = app.test_cli_runner()
    done = runner.invoke(args=["jobs", "run", "close_ended_occurrences"])
    assert (done.exit_code, '"closed":3' in done.output) == (0, True)
    assert runner.invoke(args=["jobs", "run", "nosuchjob"]).exit_code == 2
    listed = runner.invoke(args=["jobs", "list"]).output
    assert "close_ended_occurrences" in listed
    assert "done" in listed
    assert listed.count("never ran") == len(jobs.JOBS) - 1
    _edit_an_entry(db_session)
    assert runner.invoke(args=["jobs", "run", "verify_ledger"]).exit_code == 1


def test_a_name_that_no_job_has_is_refused(db_session: Session) -> None:
    with pytest.raises(NotFound):
        jobs.run_job("nosuchjob")


@pytest.mark.sqlite_only
def test_the_worker_is_given_every_job_with_its_timetable(app: Flask, cast: Cast, clock: HeldClock) -> None:
    """The audit and the purge at night in Shanghai; closing every five minutes."""
    clock.set(today_at(20))
    tasks = {task.name: task for task in jobs.schedule(app)._registry.periodic_tasks}
    assert set(tasks) == set(jobs.JOBS)

    def hours(name: str) -> list[int]:
        midnight = today_at(0).replace(tzinfo=None) - timedelta(hours=8)  # the worker reckons in UTC
        minutes = [midnight + timedelta(minutes=minute) for minute in range(24 * 60)]
        return [(at - midnight).seconds // 60 for at in minutes if tasks[name].validate_datetime(at)]

    assert hours("verify_ledger") == [3 * 60 + 30]
    assert hours("take_ledger_root") == [3 * 60 + 20]  # before the audit, which then checks it
    assert hours("settle_years") == list(range(24 * 60))
    assert hours("purge_expired") == [3 * 60 + 10]
    assert hours("close_ended_occurrences") == list(range(0, 24 * 60, 5))
    jobs.db.session.commit()  # the worker has a connection of its own
    tasks["close_ended_occurrences"].execute()
    with app.app_context():
        assert latest_runs(jobs.db.session())["close_ended_occurrences"].outcome == "done"


@pytest.mark.sqlite_only
def test_a_face_wakes_the_worker_and_the_worker_wakes_itself(app: Flask, cast: Cast, clock: HeldClock) -> None:
    """Face and worker are two processes; what they share is the file of the queue."""
    clock.set(today_at(20))
    jobs.db.session.commit()
    worker = create_app(app.config["SETTINGS"])
    huey = jobs.schedule(worker)
    queue.send(app, "close_ended_occurrences")
    for sender in (app, worker):  # also after the worker itself has sent
        queue.send(sender, "close_ended_occurrences")
    while (task := huey.dequeue()) is not None:
        huey.execute(task)
    with app.app_context():
        assert runs(jobs.db.session()) == [("close_ended_occurrences", "done")] * 3
    release(worker)
