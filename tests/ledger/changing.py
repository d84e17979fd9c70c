"""A change of rules, from the draft to the last posting, for the tests of what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.jobs import rule_changes
from credit_app.ledger import actions as ledger
from credit_app.ledger import replay as replays
from credit_app.ledger import trials
from credit_app.ledger.changes import Replay, SimulatedChange, Simulation
from credit_app.ledger.models import LedgerEntry
from credit_app.organisations.models import District
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.models import RuleBook, RuleBookDraft
from credit_app.rule_books.queries import book_for
from credit_app.rules.facts import Fact
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.cast import SAMPLE_BOOK, YEAR, Cast

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def new_rules(
    rule_set: str = "nanshan-2026", *, visit: str = "0.8", lecture: str = "0.3", first_on: str = "2026-09-01"
) -> str:
    """The sample for one year under another id: a visit and a lecture are worth something else."""
    text = SAMPLE_BOOK.read_text(encoding="utf-8")
    for old, new in (
        ("id: sample-2026", f"id: {rule_set}"),
        ("effective_on: 2025-09-01", f"effective_on: {first_on}"),
        ("until: 2028-08-31", "until: 2027-08-31"),
        (
            "for: {category: venue_visit}\n    credits: 0.5",
            f"for: {{category: venue_visit}}\n    credits: {visit}",
        ),
        ("for: {category: lecture}\n    credits: 0.3", f"for: {{category: lecture}}\n    credits: {lecture}"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    return text


def drafted(session: Session, cast: Cast, text: str, district: District | None = None) -> RuleBookDraft:
    """A draft of the district's, as the officer saved it."""
    draft = RuleBookDraft(
        district_id=(district or cast.district).id,
        text=text,
        created_by_id=cast.officer.id,
        created_at=NOW,
        edited_by_id=cast.officer.id,
        edited_at=NOW,
    )
    session.add(draft)
    session.commit()
    return draft


def took_part(session: Session, student: Student, fact: Fact) -> None:
    """The participation in `fact` is posted to the pupil by the book that holds now."""
    assert student.account_ref is not None
    book = book_for(session, district_id=student.school.district_id, day=fact.occurred_on)
    ledger.award(session, account_ref=student.account_ref, fact=fact, book=book, now=NOW)
    session.commit()


def simulated(session: Session, cast: Cast, draft: RuleBookDraft, year: str = YEAR) -> Simulation:
    """The draft has been simulated to its end."""
    simulation = trials.ask_simulation(session, draft=draft, year=year, asked_by=cast.officer, now=NOW)
    session.commit()
    while simulation.state in ("queued", "running"):
        rule_changes.advance_simulation(simulation.id, now=NOW)
        session.refresh(simulation)
    assert simulation.state == "done", simulation.problem
    return simulation


def differences_simulated(session: Session, simulation: Simulation) -> dict[str, int]:
    """participation → what the simulation would add."""
    rows = session.scalars(select(SimulatedChange).where(SimulatedChange.simulation_id == simulation.id))
    return {row.participation: row.difference_centicredits for row in rows}


def published(session: Session, draft: RuleBookDraft) -> str:
    """The draft's text holds for its district. Returns: its rule set."""
    return publish_book(session, text=draft.text, now=NOW, district=draft.district).rule_set


def asked_replay(session: Session, cast: Cast, rule_set: str, district: District | None) -> Replay:
    """A replay of the published book waits for the worker."""
    book = session.scalars(select(RuleBook).where(RuleBook.rule_set == rule_set)).one()
    district_id = district.id if district else None
    replay = replays.start_replay(session, rule_book=book, district_id=district_id, asked_by=cast.officer, now=NOW)
    session.commit()
    return replay


def replayed(session: Session, cast: Cast, rule_set: str, district: District | None) -> Replay:
    """The published book has been replayed to its end."""
    replay = asked_replay(session, cast, rule_set, district)
    while rule_changes.advance_replay(replay.id, now=NOW):
        pass
    session.refresh(replay)
    assert replay.state == "done", replay.problem
    return replay


def differences_posted(session: Session, replay: Replay) -> dict[str, int]:
    """participation → what the replay's entries add up to, those of 0 left out."""
    sums: dict[str, int] = {}
    for entry in session.scalars(select(LedgerEntry).where(LedgerEntry.cause == replay.public_id)):
        sums[entry.participation] = sums.get(entry.participation, 0) + entry.centicredits
    return {participation: amount for participation, amount in sums.items() if amount}


def broken_rows(session: Session) -> list[str]:
    """What the audit finds, but for participations that these tests post without an attendance."""
    session.rollback()
    return [str(finding) for finding in verify(session) if "of which nothing is known" not in str(finding)]


def entry_count(session: Session) -> int:
    """How many entries the ledger has."""
    session.rollback()
    return session.scalar(select(func.count()).select_from(LedgerEntry)) or 0
