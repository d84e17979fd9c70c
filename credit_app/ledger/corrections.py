"""Reading corrections: each is fetched for whoever asks, by the school or district that the pupil belongs to."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import Session, joinedload

from credit_app.errors import NotFound
from credit_app.ledger.models import LedgerCorrection
from credit_app.organisations.models import School
from credit_app.schools.models import Student

SHOWN = 200


class Correcting(NamedTuple):
    """A correction with the pupil whom it is about, and their school."""

    correction: LedgerCorrection
    student: Student
    school: School


def corrections_in_schools(session: Session, *, school_ids: Collection[int]) -> list[Correcting]:
    """The corrections of these schools' pupils, those that wait first, then the newest; at most 200."""
    return _found(session, Student.school_id.in_(school_ids))


def corrections_in_districts(session: Session, *, district_ids: Collection[int]) -> list[Correcting]:
    """The corrections of these districts' pupils, those that wait first, then the newest; at most 200."""
    return _found(session, School.district_id.in_(district_ids))


def correction_in_schools(session: Session, *, public_id: str, school_ids: Collection[int]) -> Correcting:
    """The correction, if it is of a pupil of these schools. Raises: NotFound."""
    return _one(session, public_id, Student.school_id.in_(school_ids))


def correction_in_districts(session: Session, *, public_id: str, district_ids: Collection[int]) -> Correcting:
    """The correction, if it is of a pupil of these districts. Raises: NotFound."""
    return _one(session, public_id, School.district_id.in_(district_ids))


def corrections_behind(session: Session, *, causes: Collection[str]) -> dict[str, LedgerCorrection]:
    """Those of `causes` (of entries that the asker may see) that are corrections, by public id; none is no question."""
    if not causes:
        return {}
    rows = session.scalars(select(LedgerCorrection).where(LedgerCorrection.public_id.in_(causes)))
    return {row.public_id: row for row in rows}


def open_corrections_of(session: Session, *, account_ref: str | None, participation: str) -> list[LedgerCorrection]:
    """What waits for a decision about this participation, oldest first."""
    return list(
        session.scalars(
            select(LedgerCorrection)
            .where(
                LedgerCorrection.account_id == account_ref,
                LedgerCorrection.participation == participation,
                LedgerCorrection.state.in_(("recorded", "proposed")),
            )
            .order_by(LedgerCorrection.id)
        )
    )


def _found(session: Session, reach: ColumnElement[bool]) -> list[Correcting]:
    waiting = case((LedgerCorrection.state == "proposed", 0), (LedgerCorrection.state == "recorded", 1), else_=2)
    return [
        Correcting(*row)
        for row in session.execute(_reaching().where(reach).order_by(waiting, LedgerCorrection.id.desc()).limit(SHOWN))
    ]


def _one(session: Session, public_id: str, reach: ColumnElement[bool]) -> Correcting:
    row = session.execute(_reaching().where(LedgerCorrection.public_id == public_id, reach)).one_or_none()
    if row is None:
        raise NotFound
    return Correcting(*row)


def _reaching() -> Select[LedgerCorrection, Student, School]:
    return (
        select(LedgerCorrection, Student, School)
        .join(Student, Student.account_ref == LedgerCorrection.account_id)
        .join(School, School.id == Student.school_id)
        .options(joinedload(LedgerCorrection.proposed_by), joinedload(LedgerCorrection.decided_by))
    )
