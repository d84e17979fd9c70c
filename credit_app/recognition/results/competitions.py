"""The list of competitions: what is on it for a day, and the officer who keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.organisations.models import District
from credit_app.people.models import User
from credit_app.recognition.results.keys import name_key
from credit_app.recognition.results.models import ListedCompetition

NAME_LENGTH = 100
SOURCE_LENGTH = 200


class CompetitionList:
    """The city's list and a district's own, to be asked for a name and a day; the district's comes first."""

    def __init__(self, competitions: Iterable[ListedCompetition]) -> None:
        self._by_key: dict[str, list[ListedCompetition]] = {}
        for competition in sorted(competitions, key=lambda each: (each.district_id is None, each.id)):
            self._by_key.setdefault(competition.name_key, []).append(competition)

    def find(self, name: str, day: date) -> ListedCompetition | None:
        """The competition of this name that is on the list on `day`."""
        return next((each for each in self._by_key.get(name_key(name), []) if is_on_list(each, day)), None)


def is_on_list(competition: ListedCompetition, day: date) -> bool:
    """Whether the competition counts on `day`."""
    return competition.starts_on <= day and (competition.ends_on is None or day <= competition.ends_on)


def competition_list(session: Session, *, district_id: int) -> CompetitionList:
    """What is and was listed for the district; one statement."""
    return CompetitionList(competitions_of(session, district_ids=[district_id]))


def competitions_of(session: Session, *, district_ids: Collection[int]) -> list[ListedCompetition]:
    """The city's list and those of these districts, with their districts, by name."""
    listed = session.scalars(
        select(ListedCompetition)
        .where(or_(ListedCompetition.district_id.is_(None), ListedCompetition.district_id.in_(district_ids)))
        .options(joinedload(ListedCompetition.district))
        .order_by(ListedCompetition.name, ListedCompetition.id)
    )
    return list(listed)


def competition_for_bureau(session: Session, *, public_id: str, district_ids: Collection[int]) -> ListedCompetition:
    """The competition, if it is on the list of one of these districts. Raises: NotFound, also for the city's list."""
    found = session.scalar(
        select(ListedCompetition)
        .where(ListedCompetition.public_id == public_id, ListedCompetition.district_id.in_(district_ids))
        .options(joinedload(ListedCompetition.district))
    )
    if found is None:
        raise NotFound
    return found


def add_competition(
    session: Session,
    *,
    district: District | None,
    name: str,
    starts_on: date,
    ends_on: date | None,
    source: str,
    added_by: User | None,
    now: datetime,
) -> ListedCompetition:
    """The competition is on the list of `district`, or on the whole city's.

    Raises: InvalidInput for a name, source or term that cannot stand; Conflict when the name is on the list already.
    """
    _check(name, starts_on, ends_on, source)
    competition = ListedCompetition(
        district_id=district.id if district else None,
        name=name,
        name_key=name_key(name),
        starts_on=starts_on,
        ends_on=ends_on,
        source=source,
        added_by_id=added_by.id if added_by else None,
        added_at=now,
    )
    try:
        with session.begin_nested():
            session.add(competition)
    except IntegrityError as taken:
        raise _taken() from taken
    return competition


def change_competition(
    session: Session,
    *,
    competition: ListedCompetition,
    name: str,
    starts_on: date,
    ends_on: date | None,
    source: str,
) -> None:
    """The competition is called so and counts from then to then. What counted as listed stays so; results that were
    approved while it was not on the list are judged again (`crediting.credit_listed_since`).

    Raises: as `add_competition`.
    """
    _check(name, starts_on, ends_on, source)
    session.flush()
    try:
        with session.begin_nested():
            competition.name, competition.name_key = name, name_key(name)
            competition.starts_on, competition.ends_on, competition.source = starts_on, ends_on, source
    except IntegrityError as taken:
        raise _taken() from taken


def _check(name: str, starts_on: date, ends_on: date | None, source: str) -> None:
    if not name_key(name) or len(name) > NAME_LENGTH:
        raise InvalidInput(_("赛事名称需为 1 到 %(most)s 个字。", most=NAME_LENGTH), field="name")
    if not source or len(source) > SOURCE_LENGTH:
        raise InvalidInput(
            _("请写明列入名单的依据，例如公布名单的文件，最多 %(most)s 个字。", most=SOURCE_LENGTH), field="source"
        )
    if ends_on is not None and ends_on < starts_on:
        raise InvalidInput(_("结束日期不能早于开始日期。"), field="ends_on")


def _taken() -> Conflict:
    return Conflict(_("名单里已有这项赛事，可以直接修改它的起止日期。"), field="name")
