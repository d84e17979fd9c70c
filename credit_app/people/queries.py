"""Reads about users: who holds which role on a day, and whose browser this is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, joinedload

from credit_app.organisations.models import School, Venue
from credit_app.people.login_names import same_name
from credit_app.people.models import Role, SignInSession, User
from credit_app.people.tokens import token_digest

_SIGNED_IN = (
    SignInSession.token_digest == bindparam("token_digest"),
    SignInSession.expires_at > bindparam("now", type_=SignInSession.expires_at.type),
    User.is_active.is_(True),
)
_USER_ID = select(User.id).join(SignInSession, SignInSession.user_id == User.id).where(*_SIGNED_IN)


def _signed_in(token: str, now: datetime) -> dict[str, Any]:
    return {"token_digest": token_digest(token), "now": now}


def roles_on(session: Session, *, user: User, day: date) -> list[Role]:
    """The roles that `user` holds on `day`, oldest first, each with its school, venue or district loaded."""
    query = (
        select(Role)
        .where(Role.user_id == user.id, Role.starts_on <= day, or_(Role.ends_on.is_(None), Role.ends_on >= day))
        .options(
            joinedload(Role.school).joinedload(School.district),
            joinedload(Role.venue).joinedload(Venue.district),
            joinedload(Role.district),
        )
        .order_by(Role.starts_on, Role.id)
    )
    return list(session.scalars(query))


def user_by_token(session: Session, *, token: str, now: datetime) -> User | None:
    """The user whose browser holds `token`, while that sign-in lasts and the user is active."""
    return session.scalar(
        select(User).join(SignInSession, SignInSession.user_id == User.id).where(*_SIGNED_IN), _signed_in(token, now)
    )


def user_id_by_token(session: Session, *, token: str, now: datetime) -> int | None:
    """The id of that user, without loading the user: where many ask at once and nothing else is wanted of them."""
    return session.connection().scalar(_USER_ID, _signed_in(token, now))


def user_named(session: Session, *, login_name: str, school: School | None) -> User | None:
    """The user of this name in `school`, or among those who belong to no school."""
    return session.scalar(
        select(User).where(
            User.login_name == same_name(login_name),
            User.school_id == school.id if school is not None else User.school_id.is_(None),
        )
    )


def demonstration_user(session: Session, *, login_name: str) -> User | None:
    """The member of the demonstration's cast of this name, whatever the school; the first if there were several."""
    return session.scalar(
        select(User)
        .where(User.login_name == login_name, User.is_active.is_(True))
        .options(joinedload(User.school))
        .order_by(User.id)
        .limit(1)
    )


def display_names(session: Session, *, user_ids: Iterable[int | None]) -> dict[int, str]:
    """What these users are called, by id. At most one statement."""
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_(wanted)))
    return {row.id: row.display_name for row in rows}
