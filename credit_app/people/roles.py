"""Users and the roles they hold."""

from __future__ import annotations

from datetime import date, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.organisations.models import District, School, Venue
from credit_app.people.login_names import acceptable_name
from credit_app.people.models import Role, User
from credit_app.people.passwords import acceptable_password, hash_password

# Which kind of place a role is about; the table's check says the same.
SCOPE_OF_KIND = {
    "pupil": "school",
    "teacher": "school",
    "science_counselor": "school",
    "venue_staff": "venue",
    "bureau_officer": "district",
}
DISPLAY_NAME_LENGTH = 80
Place = School | Venue | District


def create_user(
    session: Session,
    *,
    login_name: str,
    display_name: str,
    now: datetime,
    school: School | None = None,
    password: str | None = None,
    source_id: str | None = None,
) -> User:
    """A user of this name exists in `school` (or among those of no school); without a password it waits for activation.

    A password given here is hashed within the caller's transaction: that is for the few accounts made by hand or by the
    demonstration. Everybody else sets one by an activation code.

    Raises: InvalidInput for a name or password that is not acceptable; Conflict when the name is taken in that school.
    """
    name = acceptable_name(login_name)
    shown = display_name.strip()
    if not 1 <= len(shown) <= DISPLAY_NAME_LENGTH:
        raise InvalidInput(_l("姓名需为 1 到 %(most)s 个字符。", most=DISPLAY_NAME_LENGTH), field="display_name")
    user = User(
        school=school,
        login_name=name,
        display_name=shown,
        password_hash=None if password is None else hash_password(acceptable_password(password, login_name=name)),
        source_id=source_id,
        created_at=now,
    )
    session.flush()  # so that what fails below is this user and nothing that was pending before
    try:
        # The unique index decides, not a look beforehand: two who come at the same moment cannot both get the name.
        with session.begin_nested():
            session.add(user)
    except IntegrityError as taken:
        raise Conflict(
            _l("用户名 %(name)s 已被使用，请换一个。", name=name),
            field="login_name",
        ) from taken
    return user


def grant_role(
    session: Session,
    *,
    user: User,
    kind: str,
    starts_on: date,
    school: School | None = None,
    venue: Venue | None = None,
    district: District | None = None,
    ends_on: date | None = None,
) -> Role:
    """`user` holds the role from `starts_on` until `ends_on`, both days included, or with no end.

    Raises: InvalidInput for an unknown kind, a scope that does not fit it, or an end before the start; Conflict when
    the user already holds this role there on one of those days.
    """
    _check_scope(kind, {"school": school, "venue": venue, "district": district})
    _check_order(starts_on, ends_on)
    place = {
        "school_id": school.id if school else None,
        "venue_id": venue.id if venue else None,
        "district_id": district.id if district else None,
    }
    if _held_meanwhile(session, user=user, kind=kind, place=place, starts_on=starts_on, ends_on=ends_on):
        raise Conflict(_l("该用户在这段时间内已有这个身份。"))
    role = Role(user_id=user.id, kind=kind, starts_on=starts_on, ends_on=ends_on, **place)
    session.add(role)
    session.flush()
    return role


def end_role(session: Session, *, role: Role, ends_on: date) -> None:
    """`ends_on` is the last day on which `role` is held: from the next day its pages are closed to the user.

    Raises: InvalidInput when the role had not begun by then.
    """
    _check_order(role.starts_on, ends_on)
    role.ends_on = ends_on
    session.flush()


def _check_scope(kind: str, given: dict[str, Place | None]) -> None:
    wanted = SCOPE_OF_KIND.get(kind)
    if wanted is None:
        raise InvalidInput(_l("没有这种身份：%(kind)s。", kind=kind), field="kind")
    if {name for name, place in given.items() if place is not None} != {wanted}:
        raise InvalidInput(_l("身份与所属单位不相符。"), field="kind")


def _check_order(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise InvalidInput(_l("结束日期不能早于开始日期。"), field="ends_on")


def _held_meanwhile(
    session: Session, *, user: User, kind: str, place: dict[str, int | None], starts_on: date, ends_on: date | None
) -> bool:
    query = select(Role.id).where(
        Role.user_id == user.id, Role.kind == kind, or_(Role.ends_on.is_(None), Role.ends_on >= starts_on)
    )
    for column, place_id in place.items():
        if place_id is not None:
            query = query.where(getattr(Role, column) == place_id)
    if ends_on is not None:
        query = query.where(Role.starts_on <= ends_on)
    return session.scalar(query.limit(1)) is not None
