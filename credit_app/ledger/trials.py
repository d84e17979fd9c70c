"""Simulations as orders that are worked off: asked for, advanced chunk by chunk, cancelled, read by the bureau.

Nothing here writes to an account or an entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, joinedload

from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.ledger.changes import SimulatedChange, Simulation
from credit_app.ledger.figures import Figures
from credit_app.ledger.rebooking import accounts_in_all, held_accounts
from credit_app.ledger.rejudging import Past, judge_again, past_of
from credit_app.ledger.simulation import Judged, Trial, read_chunk, trial_of
from credit_app.ledger.writing import entries_of
from credit_app.people.models import User
from credit_app.rule_books.models import RuleBook, RuleBookDraft
from credit_app.rule_books.queries import book_finder, every_book
from credit_app.rules.book import load_book
from credit_app.rules.calendar import academic_year_bounds
from credit_app.rules.single import Award
from credit_app.storage import reading_apart

VenueAttendances = Callable[[Session, Collection[str], str], Mapping[str, int]]
"""Account → attendances at venues in a year: the ledger does not know them all, since some wait for their award."""

OPEN = ("queued", "running")
CHUNK = 200  # accounts judged at once: the memory of a simulation, whatever the size of the city


def sha256_of(text: str) -> str:
    """What tells one text of a rule set from another."""
    return hashlib.sha256(text.encode()).hexdigest()


def ask_simulation(session: Session, *, draft: RuleBookDraft, year: str, asked_by: User, now: datetime) -> Simulation:
    """The draft as it stands is queued to be tried on `year`; the same question that still waits is not asked twice.

    Raises: BookError when the draft's text is no valid book; Conflict when the draft is no longer worked on;
    InvalidInput for a year that is none.
    """
    if draft.state not in ("draft", "submitted"):
        raise Conflict(_("这份草稿已经发布或作废，不能再模拟。"))
    try:
        academic_year_bounds(year)
    except ValueError as error:
        raise InvalidInput(_("请选择一个学年。"), field="year") from error
    load_book(draft.text)
    sha256 = sha256_of(draft.text)
    waiting = session.scalar(
        select(Simulation).where(
            Simulation.draft_id == draft.id,
            Simulation.sha256 == sha256,
            Simulation.academic_year == year,
            Simulation.state.in_(OPEN),
        )
    )
    if waiting is not None:
        return waiting
    asked = Simulation(
        district_id=draft.district_id,
        draft_id=draft.id,
        text=draft.text,
        sha256=sha256,
        academic_year=year,
        asked_by_id=asked_by.id,
        asked_at=now,
    )
    session.add(asked)
    session.flush()
    return asked


def cancel_simulation(session: Session, *, simulation: Simulation, now: datetime) -> bool:
    """The simulation stops where it is. Returns: False when it had come to its end before."""
    simulation = _locked(session, simulation.id)
    if simulation.state not in OPEN:
        return False
    simulation.state, simulation.finished_at = "cancelled", now
    session.flush()
    return True


def fail_simulation(session: Session, *, order_id: int, problem: str, now: datetime) -> None:
    """The simulation could not be carried out; `problem` is for whoever mends it."""
    simulation = _locked(session, order_id)
    if simulation.state in OPEN:
        simulation.state, simulation.finished_at, simulation.problem = "failed", now, problem[:500]
    session.flush()


def advance_simulation(
    session: Session, *, simulation_id: int, venue_attendances: VenueAttendances, now: datetime
) -> bool:
    """One chunk more is in the result. Judging holds no lock; only adding its figures does.

    Returns: whether there is more to do. Must be called outside of a transaction, and committed after.
    """
    with reading_apart(session) as apart:
        seen = apart.get_one(Simulation, simulation_id)
        if seen.state not in OPEN:
            return False
        trial = _trial(apart, seen)
        cursor, in_all = seen.cursor, seen.in_all or accounts_in_all(apart, district_id=seen.district_id)
        pupils = read_chunk(apart, trial, after=cursor, most=CHUNK)
        venues = venue_attendances(apart, [pupil.held.account_id for pupil in pupils], trial.year)
        published = {book.id: book for book in every_book(apart)}
    simulation = _locked(session, simulation_id)
    if simulation.state not in OPEN or simulation.cursor != cursor:
        return simulation.state in OPEN  # cancelled, or another worker was faster: what was judged here is dropped
    simulation.state, simulation.in_all = "running", in_all
    figures = Figures.from_json(simulation.result)
    for pupil in pupils:
        figures.add(pupil, trial, published, venue_attendances=venues.get(pupil.held.account_id, 0))
    _keep(session, simulation, [item for pupil in pupils for item in pupil.judged if item.shown and item.difference])
    simulation.result = figures.to_json()
    if pupils:
        simulation.cursor = pupils[-1].held.account_id
        simulation.done = min(simulation.done + len(pupils), in_all)
    else:
        simulation.state, simulation.finished_at, simulation.done = "done", now, in_all
    session.flush()
    return bool(pupils)


def forget_simulations(session: Session, *, asked_before: datetime) -> int:
    """Simulations from before that instant are gone; of a text that has been published the newest finished one keeps
    its figures, since they are what its officers went by, and loses the single awards. Returns: how many are gone."""
    old = (Simulation.asked_at < asked_before, Simulation.state.not_in(OPEN))
    session.execute(
        delete(SimulatedChange).where(SimulatedChange.simulation_id.in_(select(Simulation.id).where(*old))),
        execution_options={"synchronize_session": False},
    )
    newest_of_text = select(func.max(Simulation.id)).where(Simulation.state == "done")
    published = newest_of_text.where(Simulation.sha256.in_(select(RuleBook.sha256))).group_by(
        Simulation.district_id, Simulation.sha256
    )
    kept = set(session.scalars(published))
    gone = session.scalars(select(Simulation.id).where(*old, Simulation.id.not_in(kept))).all()
    session.execute(delete(Simulation).where(Simulation.id.in_(gone)), execution_options={"synchronize_session": False})
    return len(gone)


def open_simulations(session: Session) -> list[int]:
    """Those that are not at their end, in the order in which they were asked for."""
    return list(session.scalars(select(Simulation.id).where(Simulation.state.in_(OPEN)).order_by(Simulation.id)))


def simulation_for_bureau(session: Session, *, public_id: str, district_ids: Collection[int]) -> Simulation:
    """The simulation, if it is one of these districts'. Raises: NotFound."""
    found = session.scalar(
        select(Simulation)
        .where(Simulation.public_id == public_id, Simulation.district_id.in_(district_ids))
        .options(joinedload(Simulation.draft), joinedload(Simulation.district), joinedload(Simulation.asked_by))
    )
    if found is None:
        raise NotFound
    return found


def simulations_of(session: Session, *, draft: RuleBookDraft) -> list[Simulation]:
    """The draft's simulations, newest first, at most twenty."""
    return list(
        session.scalars(
            select(Simulation).where(Simulation.draft_id == draft.id).order_by(Simulation.id.desc()).limit(20)
        )
    )


def simulation_of_text(session: Session, *, district_id: int, sha256: str) -> Simulation | None:
    """The newest finished simulation of exactly this text in the district."""
    return session.scalar(
        select(Simulation)
        .where(Simulation.district_id == district_id, Simulation.sha256 == sha256, Simulation.state == "done")
        .order_by(Simulation.id.desc())
        .limit(1)
    )


def simulated_changes(session: Session, *, simulation: Simulation, skip: int, most: int) -> list[SimulatedChange]:
    """A page of the changed awards with their schools, the largest losses first."""
    return list(
        session.scalars(
            select(SimulatedChange)
            .where(SimulatedChange.simulation_id == simulation.id)
            .order_by(SimulatedChange.difference_centicredits, SimulatedChange.position)
            .offset(skip)
            .limit(most)
            .options(joinedload(SimulatedChange.school))
        )
    )


def simulated_change(session: Session, *, simulation: Simulation, participation: str) -> SimulatedChange:
    """The change of this participation. Raises: NotFound when the simulation changes nothing in it."""
    found = session.scalars(
        select(SimulatedChange)
        .where(SimulatedChange.simulation_id == simulation.id, SimulatedChange.participation == participation)
        .options(joinedload(SimulatedChange.school))
    ).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One participation as it stands and as the draft would have it; `award` None: by now the two do not differ."""

    standing: Past
    award: Award | None
    trial: Trial


def side_by_side(session: Session, *, simulation: Simulation, change: SimulatedChange) -> SideBySide:
    """Both judgements of a changed award with their traces, computed from the ledger as it is now.

    Raises: NotFound when the participation no longer stands.
    """
    trial = _trial(session, simulation)
    (held,) = held_accounts(session, account_ids=[change.account_id])
    past = past_of(entries_of(session, change.account_id))
    standing = past.get(change.participation)
    if standing is None or standing.reversed:
        raise NotFound

    named = book_finder(session)
    again = judge_again(past, named, rebook=held.rebook(trial.change, named))
    moved = next((post.award for post in again.posts if post.fact.participation == change.participation), None)
    return SideBySide(standing, moved, trial)


def _trial(session: Session, simulation: Simulation) -> Trial:
    book = load_book(simulation.text)
    return trial_of(session, book=book, district_id=simulation.district_id, year=simulation.academic_year)


def _locked(session: Session, simulation_id: int) -> Simulation:
    # The row alone: what was fetched along with it earlier cannot be locked in one statement with it.
    session.execute(select(Simulation.id).where(Simulation.id == simulation_id).with_for_update(key_share=True))
    return session.get_one(Simulation, simulation_id, populate_existing=True)


def _keep(session: Session, simulation: Simulation, changed: list[Judged]) -> None:
    if not changed:
        return
    session.execute(
        insert(SimulatedChange),
        [
            {
                "simulation_id": simulation.id,
                "position": position,
                "account_id": item.account_id,
                "participation": item.participation,
                "school_id": item.school_id,
                "grade": item.grade,
                "category": item.category,
                "occurred_on": item.occurred_on,
                "before_centicredits": item.before,
                "after_centicredits": item.after,
                "difference_centicredits": item.difference,
            }
            for position, item in enumerate(changed, start=simulation.changed + 1)
        ],
    )
    simulation.changed += len(changed)
