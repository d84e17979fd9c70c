"""Imports that were applied, and the kinds of groups that could stand for the class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from credit_app.errors import NotFound
from credit_app.organisations.models import School
from credit_app.people.models import User
from credit_app.schools.models import RosterImport
from credit_app.schools.queries import school_for_counselor


@dataclass(frozen=True, slots=True)
class PastImport:
    """An import and who applied it; nobody when it was done by command."""

    applied: RosterImport
    applied_by: str | None


def past_imports(session: Session, *, school: School, limit: int = 20) -> list[PastImport]:
    """The school's latest imports, the last one first."""
    return [PastImport(*row) for row in session.execute(_of(school).limit(limit))]


def past_import_for(session: Session, *, user: User, public_id: str, day: date) -> PastImport:
    """The import, for a science counselor of its school. Raises: NotFound for everybody else."""
    school = school_for_counselor(session, user=user, day=day)
    row = session.execute(_of(school).where(RosterImport.public_id == public_id)).first()
    if row is None:
        raise NotFound
    return PastImport(*row)


def _of(school: School) -> Select[RosterImport, str | None]:
    return (
        select(RosterImport, User.display_name)
        .outerjoin(User, User.id == RosterImport.applied_by_id)
        .where(RosterImport.school_id == school.id)
        .order_by(RosterImport.applied_at.desc())
    )
