"""What ``flask verify`` asks of reviewed results, and of awards as a whole.

I3: a result that is approved or refused has exactly one award with its present facts, any other has none; and no award
speaks of a participation of which nothing is known. Attendances are audited in their own room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance
from credit_app.errors import NoRuleSet
from credit_app.findings import Finding, Progress
from credit_app.ledger.models import LedgerCorrection, LedgerEntry
from credit_app.ledger.queries import entries_by_participation
from credit_app.ledger.withholding import withheld_facts
from credit_app.organisations.models import School
from credit_app.recognition.results.crediting import result_fact
from credit_app.recognition.results.models import ListedCompetition, ReviewedResult
from credit_app.rule_books.queries import book_for
from credit_app.rules.facts import Fact
from credit_app.rules.single import award as judge
from credit_app.schools.models import Student

CHUNK = 1000  # rows


def audit(session: Session, progress: Progress) -> Iterator[Finding]:
    """Every result that the ledger does not answer to, and every award that answers to nothing."""
    in_all = session.scalar(select(func.count()).select_from(ReviewedResult)) or 0
    last = done = 0
    while rows := session.execute(_after(last)).all():
        entries = entries_by_participation(session, rows)
        withheld = withheld_facts(
            session,
            account_refs={row.account_ref for row in rows if row.account_ref},
            participations={row.public_id for row in rows},
        )
        for row in rows:
            posted = entries.get((row.account_ref, row.public_id), [])
            yield from _audit_result(session, row, posted, withheld.get(row.public_id))
        last, done = rows[-1].id, done + len(rows)
        progress(done, in_all)
    yield from _audit_orphans(session)


def _audit_result(
    session: Session, row: Any, entries: Sequence[Any], withheld: LedgerCorrection | None
) -> Iterator[Finding]:
    name = f"reviewed_result ({row.id}) participation {row.public_id}"
    if row.account_ref is None:
        return  # erased: the ledger keeps the amounts under a pseudonym that nothing here leads to
    awards = [entry for entry in entries if entry.kind == "award"]
    if row.state not in ("approved", "refused"):
        # What a merge has found entered twice is withdrawn after it was decided: then nothing of it may be left.
        if entries and (row.state != "withdrawn" or sum(entry.centicredits for entry in entries)):
            yield Finding("I3", name, f"{row.state}, but something was posted for it")
        return
    if len(awards) > 1:
        yield Finding("I3", name, f"{len(awards)} awards for one participation")
    fact = result_fact(row, competition=row.competition)
    # After the year was settled a fact is recorded and waits for two people, instead of being posted.
    if withheld is not None and withheld.kind == "late_fact":
        if Fact.from_json(withheld.facts) != fact:
            yield Finding("I3", name, "its facts have changed since they were recorded as late")
        return
    if awards:
        if Fact.from_json(entries[-1].facts) != fact:
            yield Finding("I3", name, "its facts have changed and no adjustment says so")
        return
    try:
        book = book_for(session, district_id=row.district_id, day=row.occurred_on)
    except NoRuleSet:
        return  # waits for a book, as DESIGN §4 has it
    if judge(fact, {}, book).state != "pending":
        yield Finding("I3", name, "decided, but no award was posted")


def _audit_orphans(session: Session) -> Iterator[Finding]:
    orphans = (
        select(LedgerEntry.account_id, LedgerEntry.seq, LedgerEntry.participation)
        .outerjoin(Attendance, Attendance.public_id == LedgerEntry.participation)
        .outerjoin(ReviewedResult, ReviewedResult.public_id == LedgerEntry.participation)
        .where(LedgerEntry.kind == "award", Attendance.id.is_(None), ReviewedResult.id.is_(None))
    )
    for row in session.execute(orphans):
        what = f"an award for participation {row.participation}, of which nothing is known"
        yield Finding("I3", f"ledger_entry ({row.account_id}, {row.seq})", what)


def _after(last: int) -> Any:
    return (
        select(
            *ReviewedResult.__table__.columns,
            Student.account_ref,
            School.district_id,
            ListedCompetition.public_id.label("competition"),
        )
        .join(Student, Student.id == ReviewedResult.student_id)
        .join(School, School.id == ReviewedResult.school_id)
        .outerjoin(ListedCompetition, ListedCompetition.id == ReviewedResult.competition_id)
        .where(ReviewedResult.id > last)
        .order_by(ReviewedResult.id)
        .limit(CHUNK)
    )
