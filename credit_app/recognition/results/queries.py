"""Reading results. Each query fetches and authorises in one call: what is out of reach is `NotFound`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from credit_app.errors import NotFound
from credit_app.ledger.models import LedgerEntry
from credit_app.organisations.models import School
from credit_app.people.models import User
from credit_app.recognition.results.models import ResultReview, ReviewedResult
from credit_app.rules.calendar import academic_year_bounds
from credit_app.schools.models import Student

PAGE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultReach:
    """How far somebody sees: the schools whose counselor, and the districts whose officer they are today."""

    school_ids: Sequence[int] = ()
    district_ids: Sequence[int] = ()

    @property
    def condition(self) -> ColumnElement[bool]:
        """On a statement that has `ReviewedResult` and `School` in it."""
        return or_(ReviewedResult.school_id.in_(self.school_ids), School.district_id.in_(self.district_ids))


@dataclass(frozen=True, slots=True)
class ResultPage:
    """A page of a list of results, with what ``macros/pagination.html`` asks for."""

    results: list[ReviewedResult]
    page: int
    pages: int
    total: int


def result_for(session: Session, *, reach: ResultReach, public_id: str) -> ReviewedResult:
    """The result with its pupil and its whole history, for those who may see it. Raises: NotFound."""
    found = session.scalar(
        _within(reach)
        .where(ReviewedResult.public_id == public_id)
        .options(selectinload(ReviewedResult.reviews).joinedload(ResultReview.taken_by))
    )
    if found is None:
        raise NotFound
    return found


def results_page(
    session: Session, *, reach: ResultReach, state: str = "", category: str = "", sought: str = "", page: int = 1
) -> ResultPage:
    """The results within reach, newest event first; `sought` is looked for in names, numbers and titles."""
    query = _within(reach)
    if state:
        query = query.where(ReviewedResult.state == state)
    if category:
        query = query.where(ReviewedResult.category == category)
    if sought:
        like = f"%{_escaped(sought)}%"
        query = query.where(
            or_(
                Student.name.like(like, escape="\\"),
                Student.student_no.like(like, escape="\\"),
                ReviewedResult.title.like(like, escape="\\"),
                ReviewedResult.document_ref.like(like, escape="\\"),
            )
        )
    total = session.scalar(select(func.count()).select_from(query.order_by(None).options().subquery())) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    found = session.scalars(query.limit(PAGE).offset((page - 1) * PAGE))
    return ResultPage(list(found), page, pages, total)


def review_queue(session: Session, *, reach: ResultReach, limit: int) -> list[ReviewedResult]:
    """What waits for a second person, the longest waiting first, at most `limit`: new ones and asked revocations."""
    query = _within(reach).where(_waits()).order_by(None).order_by(ReviewedResult.entered_at, ReviewedResult.id)
    return list(session.scalars(query.limit(limit)))


def waiting_count(session: Session, *, reach: ResultReach) -> int:
    """How many wait for a second person."""
    return (
        session.scalar(
            select(func.count())
            .select_from(ReviewedResult)
            .join(ReviewedResult.school)
            .where(reach.condition, _waits())
        )
        or 0
    )


def counts_by_state(session: Session, *, reach: ResultReach) -> dict[str, int]:
    """How many results within reach there are of each state that occurs."""
    rows = session.execute(
        select(ReviewedResult.state, func.count())
        .join(ReviewedResult.school)
        .where(reach.condition)
        .group_by(ReviewedResult.state)
    )
    return {row.state: row[1] for row in rows}


def results_named(session: Session, *, reach: ResultReach, public_ids: Collection[str]) -> list[ReviewedResult]:
    """Of these results those within reach, in order of id."""
    query = _within(reach).where(ReviewedResult.public_id.in_(public_ids)).order_by(None).order_by(ReviewedResult.id)
    return list(session.scalars(query))


def results_of_student(
    session: Session, *, student: Student, year: str, undecided: bool = False
) -> list[ReviewedResult]:
    """The pupil's results of the academic year that nobody has withdrawn, newest event first; of the `undecided` ones
    nothing has been posted. One statement."""
    query = _of_student(student).where(ReviewedResult.occurred_on.between(*academic_year_bounds(year)))
    if undecided:
        posted = exists().where(
            LedgerEntry.account_id == (student.account_ref or ""),
            LedgerEntry.participation == ReviewedResult.public_id,
            LedgerEntry.kind == "award",
        )
        query = query.where(~posted)
    return list(session.scalars(query.order_by(ReviewedResult.occurred_on.desc(), ReviewedResult.id.desc())))


def result_of_student(session: Session, *, student: Student, public_id: str) -> ReviewedResult | None:
    """This result of the pupil; None when there is none."""
    return session.scalar(_of_student(student).where(ReviewedResult.public_id == public_id))


def can_decide(result: ReviewedResult, user: User) -> bool:
    """Whether `user`, within whose reach it is, may decide on what waits about this result."""
    if result.state == "submitted":
        return result.entered_by_id != user.id
    asked = result.revocation_asked_by_id
    return result.state == "approved" and asked is not None and user.id not in (asked, result.entered_by_id)


def _of_student(student: Student) -> Select[ReviewedResult]:
    return (
        select(ReviewedResult)
        .where(ReviewedResult.student_id == student.id, ReviewedResult.state != "withdrawn")
        .options(
            joinedload(ReviewedResult.competition),
            joinedload(ReviewedResult.school),
            joinedload(ReviewedResult.decided_by),
        )
    )


def _within(reach: ResultReach) -> Select[ReviewedResult]:
    return (
        select(ReviewedResult)
        .join(ReviewedResult.student)
        .join(ReviewedResult.school)
        .where(reach.condition)
        .options(
            contains_eager(ReviewedResult.student),
            contains_eager(ReviewedResult.school),
            joinedload(ReviewedResult.competition),
            joinedload(ReviewedResult.entered_by),
            joinedload(ReviewedResult.decided_by),
            joinedload(ReviewedResult.revocation_asked_by),
        )
        .order_by(ReviewedResult.occurred_on.desc(), ReviewedResult.id.desc())
    )


def _waits() -> ColumnElement[bool]:
    asked = and_(ReviewedResult.state == "approved", ReviewedResult.revocation_asked_by_id.is_not(None))
    return or_(ReviewedResult.state == "submitted", asked)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
