"""Reading settlements: fetched by the districts or the school that the asker answers for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from credit_app.errors import NotFound
from credit_app.ledger.models import LedgerAccount, Settlement, SettlementLine, SettlementSchool
from credit_app.organisations.models import School


@dataclass(frozen=True, slots=True)
class SchoolFigures:
    """A school's final list in figures; None for one whose list is still to be made."""

    school: School
    pupils: int | None
    met: int = 0
    not_met: int = 0
    without_target: int = 0
    lacks_credits: int = 0
    lacks_breadth: int = 0


def settlements_of(session: Session, *, district_ids: Collection[int]) -> list[Settlement]:
    """Those of these districts, newest year first."""
    query = select(Settlement).where(Settlement.district_id.in_(district_ids)).options(joinedload(Settlement.district))
    return list(session.scalars(query.order_by(Settlement.academic_year.desc(), Settlement.district_id)))


def settlement_of(session: Session, *, public_id: str, district_ids: Collection[int]) -> Settlement:
    """The settlement with who did what, if it is one of these districts'. Raises: NotFound."""
    found = session.scalar(
        select(Settlement)
        .where(Settlement.public_id == public_id, Settlement.district_id.in_(district_ids))
        .options(
            joinedload(Settlement.district),
            joinedload(Settlement.frozen_by),
            joinedload(Settlement.notice_by),
            joinedload(Settlement.settled_by),
        )
    )
    if found is None:
        raise NotFound
    return found


def school_of(session: Session, *, settlement: Settlement, public_id: str) -> School:
    """The school of this public id, if it belongs to the settlement's district. Raises: NotFound."""
    found = session.scalar(
        select(School).where(School.public_id == public_id, School.district_id == settlement.district_id)
    )
    if found is None:
        raise NotFound
    return found


def unfinished_settlements(session: Session) -> list[Settlement]:
    """Those whose lists are still being made, oldest first."""
    return list(session.scalars(select(Settlement).where(Settlement.state == "settling").order_by(Settlement.id)))


def schools_to_settle(session: Session, *, settlement: Settlement) -> list[School]:
    """The district's schools whose list has not been made, by code."""
    made = select(SettlementSchool.school_id).where(SettlementSchool.settlement_id == settlement.id)
    query = select(School).where(School.district_id == settlement.district_id, School.id.not_in(made))
    return list(session.scalars(query.order_by(School.code)))


def final_lines(session: Session, *, settlement: Settlement, school: School) -> list[SettlementLine]:
    """The school's final list in its order, with the pupils' names; empty until it is made."""
    return list(
        session.scalars(
            select(SettlementLine)
            .where(SettlementLine.settlement_id == settlement.id, SettlementLine.school_id == school.id)
            .options(joinedload(SettlementLine.student))
            .order_by(SettlementLine.position)
        )
    )


def figures_by_school(session: Session, *, settlement: Settlement) -> list[SchoolFigures]:
    """How the district's schools ended the year, by code; two statements."""
    schools = session.execute(
        select(School, SettlementSchool.lines)
        .outerjoin(
            SettlementSchool,
            (SettlementSchool.school_id == School.id) & (SettlementSchool.settlement_id == settlement.id),
        )
        .where(School.district_id == settlement.district_id)
        .order_by(School.code)
    ).all()
    met, lacks = SettlementLine.met, SettlementLine.missing
    breadth = func.coalesce(lacks["categories"].as_integer(), 0) + func.coalesce(
        lacks["venue_attendances"].as_integer(), 0
    )
    rows = session.execute(
        select(
            SettlementLine.school_id,
            func.count().filter(met.is_(True)),
            func.count().filter(met.is_(False)),
            func.count().filter(met.is_(None)),
            func.count().filter(func.coalesce(lacks["centicredits"].as_integer(), 0) > 0),
            func.count().filter(breadth > 0),
        )
        .where(SettlementLine.settlement_id == settlement.id)
        .group_by(SettlementLine.school_id)
    )
    figures = {school_id: counts for school_id, *counts in rows}
    return [SchoolFigures(school, lines, *figures.get(school.id, ())) for school, lines in schools]


def settled_through(session: Session, *, account_ref: str | None) -> date | None:
    """The last day of the latest year that was settled for the account."""
    return session.scalar(select(LedgerAccount.settled_through).where(LedgerAccount.id == account_ref))
