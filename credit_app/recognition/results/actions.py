"""Entering results: the counselor's write door. Deciding on them is in ``deciding``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from credit_app.errors import Conflict, InvalidInput
from credit_app.people.models import User
from credit_app.recognition.results.competitions import competition_list
from credit_app.recognition.results.entry import Entry, faults_of
from credit_app.recognition.results.keys import title_digest
from credit_app.recognition.results.matching import Place
from credit_app.recognition.results.models import ListedCompetition, ResultReview, ReviewedResult
from credit_app.recognition.results.offer import offered_on
from credit_app.rules.calendar import local_date


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """An entry in which nothing is wrong: whose it is, and the listed competition that it names, if it does."""

    place: Place
    entry: Entry
    competition: ListedCompetition | None


class AlreadyEntered(Conflict):
    """The same result of the pupil stands already."""

    code = "already_entered"


def enter_result(session: Session, *, place: Place, entry: Entry, entered_by: User, now: datetime) -> ReviewedResult:
    """The pupil's result is written down and waits for a second person.

    `place` is the pupil's place on the day of the result, in a school whose counselor enters it.
    Raises: InvalidInput, at its field, for what the book of the day does not know; AlreadyEntered for one that stands.
    """
    competition = _checked(session, place, entry, now)
    result = ReviewedResult(student_id=place.student.id, school_id=place.school.id)
    write(result, place=place, entry=entry, competition=competition, entered_by=entered_by, now=now)
    _flush_new(session, [result])
    note(session, results=[result], step="entered", remark="", taken_by=entered_by, now=now)
    return result


def enter_results(
    session: Session, *, entries: Sequence[CheckedEntry], entered_by: User, now: datetime
) -> list[ReviewedResult]:
    """All of `entries` are written down, or none. Raises: AlreadyEntered when one of them stands by now."""
    results = []
    for checked in entries:
        place = checked.place
        result = ReviewedResult(student_id=place.student.id, school_id=place.school.id)
        write(result, place=place, entry=checked.entry, competition=checked.competition, entered_by=entered_by, now=now)
        results.append(result)
    _flush_new(session, results)
    if results:
        note(session, results=results, step="entered", remark="", taken_by=entered_by, now=now)
    return results


def correct_result(
    session: Session, *, result: ReviewedResult, place: Place, entry: Entry, entered_by: User, now: datetime
) -> None:
    """The result says what `entry` says and waits for a decision again; `entered_by` now stands for it.

    Raises: Conflict when it has been decided in the meantime; else as `enter_result`.
    """
    (result,) = locked(session, ids=[result.id])
    if result.state not in ("submitted", "returned"):
        raise Conflict(_("这项成果已经审核，不能再改。"))
    competition = _checked(session, place, entry, now)
    try:
        with session.begin_nested():
            write(result, place=place, entry=entry, competition=competition, entered_by=entered_by, now=now)
    except IntegrityError as taken:
        raise _already() from taken
    note(session, results=[result], step="corrected", remark="", taken_by=entered_by, now=now)


def withdraw_result(session: Session, *, result: ReviewedResult, withdrawn_by: User, now: datetime) -> None:
    """The result, on which nothing has been posted, is withdrawn. Raises: Conflict when it was decided meanwhile."""
    (result,) = locked(session, ids=[result.id])
    if result.state not in ("submitted", "returned"):
        raise Conflict(_("这项成果已经审核，不能撤回；确有问题请申请撤销认定。"))
    result.state = "withdrawn"
    note(session, results=[result], step="withdrawn", remark="", taken_by=withdrawn_by, now=now)


def write(
    result: ReviewedResult,
    *,
    place: Place,
    entry: Entry,
    competition: ListedCompetition | None,
    entered_by: User,
    now: datetime,
) -> None:
    """`result` holds what `entry` says, submitted; nothing has been decided about this version of it."""
    result.category, result.title, result.level = entry.category, entry.title, entry.level
    result.competition_id = competition.id if competition else None
    result.activity_key = competition.public_id if competition else title_digest(entry.title)
    result.occurred_on, result.document_ref, result.grade = entry.occurred_on, entry.document_ref, place.grade
    result.state, result.remark = "submitted", ""
    result.entered_by_id, result.entered_at = entered_by.id, now
    result.decided_by_id = result.decided_at = None


def locked(session: Session, *, ids: Collection[int]) -> list[ReviewedResult]:
    """These results as they stand now, in order of id, locked until the transaction ends."""
    query = (
        select(ReviewedResult)
        .where(ReviewedResult.id.in_(ids))
        .order_by(ReviewedResult.id)
        .with_for_update(of=ReviewedResult)
        .options(
            selectinload(ReviewedResult.student),
            selectinload(ReviewedResult.school),
            selectinload(ReviewedResult.competition),
        )
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def note(
    session: Session, *, results: Sequence[ReviewedResult], step: str, remark: str, taken_by: User, now: datetime
) -> None:
    """The step stands in the history of each of `results`, with what they said then."""
    session.flush()
    rows = [
        {
            "result_id": result.id,
            "step": step,
            "remark": remark,
            "content": _content(result),
            "taken_by_id": taken_by.id,
            "taken_at": now,
        }
        for result in results
    ]
    session.execute(insert(ResultReview), rows)


def _content(result: ReviewedResult) -> dict[str, Any]:
    return {
        "category": result.category,
        "title": result.title,
        "level": result.level,
        "occurred_on": result.occurred_on.isoformat(),
        "document_ref": result.document_ref,
        "listed": result.competition_id is not None,
    }


def _checked(session: Session, place: Place, entry: Entry, now: datetime) -> ListedCompetition | None:
    """The listed competition that the entry names, if it names one. Raises: InvalidInput."""
    offered = offered_on(session, district_id=place.school.district_id, day=entry.occurred_on)
    faults = faults_of(entry, offered=offered, today=local_date(now))
    for field, message in faults.items():
        raise InvalidInput(message, field=field)
    if not offered[entry.category].listed:
        return None
    return competition_list(session, district_id=place.school.district_id).find(entry.title, entry.occurred_on)


def _flush_new(session: Session, results: Sequence[ReviewedResult]) -> None:
    session.flush()  # so that what fails below is these and nothing that was pending before
    try:
        # The unique index decides, not a look beforehand: two counselors at the same moment cannot both enter it.
        with session.begin_nested():
            session.add_all(results)
    except IntegrityError as taken:
        raise _already() from taken


def _already() -> AlreadyEntered:
    return AlreadyEntered(_("这名学生的同一项成果已经登记过，请在列表中查看。"), field="title")
