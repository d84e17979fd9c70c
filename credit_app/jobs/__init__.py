"""Background jobs: what is done without anybody asking for it.

Each job is idempotent: a second run, or one that was cut short and comes again, changes nothing that is done already.
Each run leaves a row that the officer sees. The worker (``credit_app.worker``) runs them by their timetable, and
``flask jobs run NAME`` at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from flask import Flask, current_app
from huey import SqliteHuey, crontab

from credit_app import clock
from credit_app.activities.models import Occurrence
from credit_app.activities.queries import due_to_close
from credit_app.attendance.actions import close_occurrence
from credit_app.attendance.admission import LEAVES_UNTIL
from credit_app.attendance.signals import raise_signals
from credit_app.errors import NotFound
from credit_app.extensions import db, queue
from credit_app.jobs.rule_changes import SLICE_SECONDS, next_order, work_off_rule_changes
from credit_app.ledger import trials
from credit_app.ledger.models import Settlement
from credit_app.ledger.roots import take_root
from credit_app.ledger.settlements import unfinished_settlements
from credit_app.operations import actions as operations
from credit_app.operations.models import JobRun
from credit_app.operations.queries import latest_done
from credit_app.people import actions as people
from credit_app.progress.settling import settle
from credit_app.recognition.results.crediting import credit_listed_since, post_waiting
from credit_app.recognition.results.deciding import BATCH
from credit_app.recognition.results.sheets import purge_sheets
from credit_app.rules.calendar import local_date
from credit_app.schools.cards.actions import revoke_cards_of_leavers
from credit_app.schools.roster.uploads import purge_uploads
from credit_app.storage import reading_apart
from credit_app.verification import verify

RUNS_KEPT = timedelta(days=30)
SIMULATIONS_KEPT = timedelta(days=30)
MOST_LOGGED = 50
LOOK_BACK = 200  # scans

Figures = dict[str, int]


class JobFailed(Exception):
    """The job ran to its end, and what it found is a failure: the message says which."""


@dataclass(frozen=True)
class Job:
    """`work` takes the present instant, commits as it goes, and returns the figures of what it did."""

    name: str
    work: Callable[[datetime], Figures]
    # When the worker runs it: the fields of a crontab, in UTC, which is Asia/Shanghai minus eight hours.
    timetable: dict[str, str] = field(default_factory=dict)
    # Asked by the worker before each run: whether there is anything to do.
    is_due: Callable[[], bool] = lambda: True


def close_ended_occurrences(now: datetime) -> Figures:
    """Occurrences that took no more check-outs by `now` are closed; commits after each, so that none waits for all."""
    closed = assumed = 0
    due = [found.id for found in due_to_close(db.session(), ended_before=now - LEAVES_UNTIL)]
    db.session.commit()
    for occurrence_id in due:
        occurrence = db.session.get(Occurrence, occurrence_id, with_for_update={"key_share": True})
        # Staff may have closed it in the meantime.
        if occurrence is not None and occurrence.status == "scheduled":
            assumed += close_occurrence(db.session(), occurrence=occurrence, now=now)
            closed += 1
        db.session.commit()
    return {"closed": closed, "ends_assumed": assumed}


def purge_expired(now: datetime) -> Figures:
    """Sign-ins that have ended, failures that no longer count, forgotten uploads, old runs of jobs and old simulations
    are gone."""
    sign_ins = people.purge_expired(db.session(), now=now)
    uploads = purge_uploads(db.session(), now=now) + purge_sheets(db.session(), now=now)
    runs = operations.forget_runs(db.session(), started_before=now - RUNS_KEPT)
    simulations = trials.forget_simulations(db.session(), asked_before=now - SIMULATIONS_KEPT)
    db.session.commit()
    return {"sign_ins": sign_ins, "uploads": uploads, "runs": runs, "simulations": simulations}


def revoke_leavers_cards(now: datetime) -> Figures:
    """Who has left their school by now has no card that opens doors."""
    revoked = revoke_cards_of_leavers(db.session(), day=local_date(now), now=now)
    db.session.commit()
    return {"revoked": revoked}


def credit_waiting_results(now: datetime) -> Figures:
    """Results that were decided while no book covered their day are credited once one does, and those approved before
    their competition came onto the list are judged again with it; a few a transaction."""
    return {"posted": _in_batches(post_waiting, now), "listed": _in_batches(credit_listed_since, now)}


def _in_batches(work: Callable[..., tuple[int, int | None]], now: datetime) -> int:
    done, last = 0, 0
    while True:
        more, reached = work(db.session(), now=now, after_id=last, limit=BATCH)
        db.session.commit()
        done += more
        if reached is None:
            return done
        last = reached


def verify_ledger(now: datetime) -> Figures:
    """Every row has been audited (``flask verify``). Raises: JobFailed, which names the first broken row."""
    broken, first = 0, ""
    with reading_apart(db.session()) as session:
        for finding in verify(session):
            broken += 1
            first = first or str(finding)
            if broken <= MOST_LOGGED:
                current_app.logger.error("broken row: %s", finding)
    if broken:
        raise JobFailed(f"{broken} broken rows, first: {first}")
    return {"broken": 0}


def take_ledger_root(now: datetime) -> Figures:
    """The day's signed root over all chains stands; a second run of the day changes nothing."""
    root = take_root(db.session(), now=now)
    db.session.commit()
    return {"taken": 0} if root is None else {"taken": 1, "accounts": root.accounts, "entries": root.entries}


def settle_years(now: datetime) -> Figures:
    """Years that an officer has settled are carried out; commits after each piece, so that none is done twice."""
    pieces = settled = 0
    due = [settlement.id for settlement in unfinished_settlements(db.session())]
    db.session.commit()
    for settlement_id in due:
        settlement = db.session.get_one(Settlement, settlement_id)
        for _piece in settle(db.session(), settlement=settlement, now=now):
            db.session.commit()
            pieces += 1
        settled += 1
    return {"pieces": pieces, "settled": settled}


def ask_about_signals(now: datetime) -> Figures:
    """Scans since the last run have been looked at for what is odd; commits after each batch, and goes on from the last
    scan that it saw. A run that was cut short asks nothing twice: a question's key is unique."""
    before = latest_done(db.session(), name="ask_about_signals")
    through = before.figures.get("through", 0) if before is not None else 0
    # On PostgreSQL a scan may be committed after one with a higher number: the last few are looked at once more.
    through = max(0, through - LOOK_BACK)
    raised, until = 0, monotonic() + SLICE_SECONDS
    while monotonic() < until:
        looked = raise_signals(db.session(), after_id=through, now=now)
        db.session.commit()
        if looked.last_id is None:
            break
        through, raised = looked.last_id, raised + looked.raised
    return {"raised": raised, "through": through}


JOBS = {
    job.name: job
    for job in (
        Job("close_ended_occurrences", close_ended_occurrences, {"minute": "*/5"}),
        Job("credit_waiting_results", credit_waiting_results, {"minute": "40"}),
        Job("purge_expired", purge_expired, {"hour": "19", "minute": "10"}),
        Job("revoke_leavers_cards", revoke_leavers_cards, {"hour": "19", "minute": "15"}),
        Job("take_ledger_root", take_ledger_root, {"hour": "19", "minute": "20"}),
        Job("settle_years", settle_years, {"minute": "*"}),
        Job("ask_about_signals", ask_about_signals, {"minute": "*/10"}),
        Job("verify_ledger", verify_ledger, {"hour": "19", "minute": "30"}),
        Job(
            "work_off_rule_changes",
            work_off_rule_changes,
            {"minute": "*"},
            is_due=lambda: next_order() is not None,
        ),
    )
}


def run_job(name: str) -> JobRun:
    """The job has run once, and its run is noted, whether it is done or has failed.

    Raises: NotFound for a name that no job has; whatever the job raised, after noting it.
    """
    job = JOBS.get(name)
    if job is None:
        raise NotFound(f"{name}: {', '.join(JOBS)}")
    started_at = clock.now()
    run = operations.start_run(db.session(), name=name, now=started_at)
    db.session.commit()
    try:
        figures = job.work(started_at)
    except Exception as problem:
        db.session.rollback()
        operations.fail_run(db.session(), run=run, error=f"{type(problem).__name__}: {problem}", now=clock.now())
        db.session.commit()
        raise
    operations.finish_run(db.session(), run=run, figures=figures, now=clock.now())
    db.session.commit()
    return run


def schedule(app: Flask) -> SqliteHuey:
    """The queue that runs every job by its timetable within `app`, or when it is woken; what ``huey_consumer`` is
    given."""
    huey = queue.huey_for(app)
    for job in JOBS.values():
        huey.periodic_task(crontab(**job.timetable), name=job.name)(_within(app, job.name))
    queue.answer(app, lambda name: _within(app, name)())
    return huey


def _within(app: Flask, name: str) -> Callable[[], None]:
    def task() -> None:
        with app.app_context():
            # A job that looks every minute leaves no row for the minutes in which there was nothing to do.
            if JOBS[name].is_due():
                run_job(name)

    return task
