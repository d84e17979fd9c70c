"""Who is it, and since when: signing in by user name and password, and the sign-ins that last.

A sign-in is a row: the cookie holds a random token, the row its digest, and signing out deletes the row. So a cookie
that was copied before is worth nothing afterwards. It lasts 12 hours; a pupil on a device of their own may stay signed
in for 30 days, so that a scan at the door needs no password. Neither is prolonged by use: pages that are only read
need no write, and a forgotten browser is out on a day that can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from credit_app.organisations.models import School
from credit_app.people import backoff, queries
from credit_app.people.activation import set_password
from credit_app.people.login_names import NO_SCHOOL, same_name
from credit_app.people.models import SignInSession, User
from credit_app.people.passwords import acceptable_password, hash_password, is_outdated, password_matches
from credit_app.people.tokens import new_token, token_digest
from credit_app.rules.calendar import local_date
from credit_app.storage import reading_apart

SHORT_STAY = timedelta(hours=12)
LONG_STAY = timedelta(days=30)
MOST_CANDIDATES = 3
"""Each candidate costs a hash. Past this many users of one name the school must be said first, by the same refusal
that a name nobody has would get."""


@dataclass(frozen=True)
class SignedIn:
    """`token` is for the browser, and exists nowhere else."""

    user: User
    token: str


@dataclass(frozen=True)
class ChooseSchool:
    """The password fits users of this name in several places; None stands for the place of those without a school."""

    schools: list[School | None]


@dataclass(frozen=True)
class Refused:
    """Name and password do not fit, or the name is so common that the school must be said: it looks the same."""


@dataclass(frozen=True)
class Blocked:
    """Too many failures: nothing is tried before `until`."""

    until: datetime


Outcome = SignedIn | ChooseSchool | Refused | Blocked


@dataclass(frozen=True)
class _Candidate:
    user_id: int
    password_hash: str | None
    school: School | None


def sign_in(
    session: Session,
    *,
    login_name: str,
    password: str,
    now: datetime,
    school_public_id: str | None = None,
    on_own_device: bool = False,
) -> Outcome:
    """Name and password have been judged; when they fit one user, a sign-in stands in the table.

    The users are read and the password checked before anything is written, so `session` should not be in the middle
    of a transaction.

    Raises: TooManySignIns.
    """
    name = same_name(login_name)
    subject = backoff.name_subject(name, school_public_id)
    with reading_apart(session) as apart:
        until = backoff.blocked_until(apart, subject=subject, now=now)
        candidates = _candidates(apart, name, school_public_id)
    if until is not None:
        return Blocked(until)
    matching = _matching(candidates, password)
    if not matching:
        return _refuse(session, subject, now)
    if len(matching) > 1:
        return ChooseSchool([candidate.school for candidate in matching])

    (found,) = matching
    new_hash = hash_password(password) if is_outdated(found.password_hash or "") else None
    # Of guesses made side by side, the right one must not come through once the others have closed the account.
    until = backoff.blocked_until(session, subject=subject, now=now)
    if until is not None:
        return Blocked(until)
    user = session.get_one(User, found.user_id)
    if user.password_hash != found.password_hash or not user.is_active:
        return Refused()  # reset or closed while the hash was being computed
    if new_hash is not None:
        user.password_hash = new_hash
    if len(candidates) == 1:
        # Else one's own password would clear the failures of a namesake.
        backoff.forget_failures(session, subject)
    return SignedIn(user, begin_sign_in(session, user=user, now=now, on_own_device=on_own_device))


def begin_sign_in(session: Session, *, user: User, now: datetime, on_own_device: bool = False) -> str:
    """A sign-in of `user` stands in the table; its token is returned, for the cookie."""
    held = {role.kind for role in queries.roles_on(session, user=user, day=local_date(now))}
    stay = LONG_STAY if on_own_device and held <= {"pupil"} else SHORT_STAY
    token = new_token()
    session.add(SignInSession(token_digest=token_digest(token), user_id=user.id, created_at=now, expires_at=now + stay))
    session.flush()
    return token


def sign_out(session: Session, *, token: str) -> None:
    """`token` signs nobody in any more, wherever a copy of it lies."""
    session.execute(delete(SignInSession).where(SignInSession.token_digest == token_digest(token)))


def change_password(
    session: Session, *, user_id: int, current: str, new: str, now: datetime
) -> User | Refused | Blocked:
    """The user's password is `new`, and every browser is signed out; the caller signs this one in again.

    Refused means that `current` is not the present password, which counts as a failure. Takes an id, and wants a
    `session` outside of a transaction, for the same reason as `sign_in`.

    Raises: InvalidInput when `new` is not acceptable; TooManySignIns.
    """
    subject = backoff.own_password_subject(user_id)
    with reading_apart(session) as apart:
        until = backoff.blocked_until(apart, subject=subject, now=now)
        user = apart.get_one(User, user_id)
        stored, name = user.password_hash, user.login_name
    if until is not None:
        return Blocked(until)
    new_hash = hash_password(acceptable_password(new, login_name=name)) if password_matches(current, stored) else None

    if new_hash is None:
        return _refuse(session, subject, now)
    user = session.get_one(User, user_id)
    set_password(session, user=user, password_hash=new_hash)
    return user


def purge_expired(session: Session, *, now: datetime) -> int:
    """Sign-ins that have ended and failures that no longer count are gone; how many rows that were."""
    ended = session.execute(delete(SignInSession).where(SignInSession.expires_at <= now))
    return int(ended.rowcount) + backoff.forget_old_failures(session, now=now)  # type: ignore[attr-defined]


def _candidates(session: Session, name: str, school_public_id: str | None) -> list[_Candidate]:
    """Who may be meant by `name`: nobody when they are too many to try."""
    query = (
        select(User)
        .where(User.login_name == name, User.is_active.is_(True))
        .options(joinedload(User.school).joinedload(School.district))
        .order_by(User.id)
        .limit(MOST_CANDIDATES + 1)
    )
    if school_public_id == NO_SCHOOL:
        query = query.where(User.school_id.is_(None))
    elif school_public_id is not None:
        query = query.join(User.school).where(School.public_id == school_public_id)
    users = session.scalars(query).all()
    if len(users) > MOST_CANDIDATES:
        return []
    return [_Candidate(user.id, user.password_hash, user.school) for user in users]


def _refuse(session: Session, subject: str, now: datetime) -> Refused | Blocked:
    until = backoff.record_failure(session, subject=subject, now=now)
    return Refused() if until is None else Blocked(until)


def _matching(candidates: list[_Candidate], password: str) -> list[_Candidate]:
    if not candidates:
        password_matches(password, None)
    return [candidate for candidate in candidates if password_matches(password, candidate.password_hash)]
