"""Reads of districts, schools and venues. They are public knowledge: nobody is asked who they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from credit_app.errors import NotFound
from credit_app.organisations.models import District, School, Venue


def districts(session: Session) -> Sequence[District]:
    """Every district, by code."""
    return session.scalars(select(District).order_by(District.code)).all()


def district_coded(session: Session, code: str) -> District:
    """The district of this code. Raises: NotFound."""
    found = session.scalar(select(District).where(District.code == code.strip()))
    if found is None:
        raise NotFound(_l("没有代码为 %(code)s 的区。", code=code))
    return found


def schools(session: Session, district: District | None = None) -> Sequence[School]:
    """The schools of `district`, or of the whole city, by district and code; their districts come along."""
    query = select(School).options(joinedload(School.district)).join(School.district)
    if district is not None:
        query = query.where(School.district_id == district.id)
    return session.scalars(query.order_by(District.code, School.code)).all()


def school_named(session: Session, code: str) -> School:
    """The school that people call by this code. Raises: NotFound, which names the code."""
    found = session.scalar(select(School).where(School.code == code.strip()))
    if found is None:
        raise NotFound(_l("没有代码为 %(code)s 的学校，请核对学校代码。", code=code))
    return found


def school_by_public_id(session: Session, public_id: str) -> School | None:
    """The school of this public id, if there is one."""
    return session.scalar(select(School).where(School.public_id == public_id))


def venues(session: Session, district: District | None = None) -> Sequence[Venue]:
    """The venues of `district`, or of the whole city, by name; their districts come along."""
    query = select(Venue).options(joinedload(Venue.district))
    if district is not None:
        query = query.where(Venue.district_id == district.id)
    return session.scalars(query.order_by(Venue.name, Venue.id)).all()


def branches(session: Session, venue: Venue) -> Sequence[Venue]:
    """The venues right under `venue`, by name."""
    return session.scalars(select(Venue).where(Venue.parent_venue_id == venue.id).order_by(Venue.name, Venue.id)).all()


def school_names(session: Session, *, school_ids: Collection[int]) -> dict[str, str]:
    """The names of these schools by the id as a text, as stored figures know them."""
    rows = session.execute(select(School.id, School.name).where(School.id.in_(school_ids)))
    return {str(row.id): row.name for row in rows}
