"""Writes on districts, schools and venues. Each function flushes; the face commits."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.organisations.models import TIERS, VENUE_KINDS, District, School, Venue

CODE_LENGTH = 32
NAME_LENGTH = 80


def create_district(session: Session, *, code: str, name: str) -> District:
    """A district of this code exists.

    Raises: InvalidInput for an empty or overlong code or name; Conflict when the code is taken.
    """
    code, name = _code(code), _name(name)
    if session.scalar(select(District.id).where(District.code == code)) is not None:
        raise Conflict(_l("区代码 %(code)s 已被使用。", code=code), field="code")
    district = District(code=code, name=name)
    session.add(district)
    session.flush()
    return district


def create_school(session: Session, *, district: District, code: str, name: str) -> School:
    """A school of this code exists in `district`; codes of schools are unique in the whole city.

    Raises: InvalidInput for an empty or overlong code or name; Conflict when the code is taken.
    """
    code, name = _code(code), _name(name)
    if session.scalar(select(School.id).where(School.code == code)) is not None:
        raise Conflict(_l("学校代码 %(code)s 已被使用。", code=code), field="code")
    school = School(district=district, code=code, name=name)
    session.add(school)
    session.flush()
    return school


def create_venue(
    session: Session,
    *,
    district: District,
    name: str,
    kind: str,
    tier: str,
    address: str = "",
    parent_venue: Venue | None = None,
) -> Venue:
    """A venue stands in `district`, under its head venue if it is a branch.

    Raises: InvalidInput for an unknown kind or tier, or for a head venue that cannot be one.
    """
    if kind not in VENUE_KINDS:
        raise InvalidInput(_l("没有这种场馆类型：%(kind)s。", kind=kind), field="kind")
    if tier not in TIERS:
        raise InvalidInput(_l("没有这个场馆层级：%(tier)s。", tier=tier), field="tier")
    venue = Venue(district=district, name=_name(name), kind=kind, tier=tier, address=address.strip())
    session.add(venue)
    session.flush()
    if parent_venue is not None:
        place_under(session, venue=venue, parent_venue=parent_venue)
    return venue


def place_under(session: Session, *, venue: Venue, parent_venue: Venue | None) -> None:
    """`venue` is a branch of `parent_venue`, or stands by itself when that is None.

    Raises: InvalidInput when the head would be the venue itself or one of its own branches: following the heads
    upwards must end.
    """
    head = parent_venue
    while head is not None:
        if head is venue or head.id == venue.id:
            raise InvalidInput(
                _l("总馆不能是该场馆自己或它的分馆，请另选一个总馆。"),
                field="parent_venue",
            )
        head = head.parent_venue
    venue.parent_venue = parent_venue
    session.flush()


def _code(text: str) -> str:
    code = text.strip()
    if not 1 <= len(code) <= CODE_LENGTH:
        raise InvalidInput(_l("代码需为 1 到 %(most)s 个字符。", most=CODE_LENGTH), field="code")
    return code


def _name(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise InvalidInput(_l("名称需为 1 到 %(most)s 个字符。", most=NAME_LENGTH), field="name")
    return name
