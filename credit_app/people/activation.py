"""Activation codes: how somebody whom a roster brought sets a first password, and a new one when it is forgotten.

The code in clear is given out once, to be printed; the database keeps a keyed digest. A code works once, for one user
name, until the end of the day that stands on the slip.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.organisations.models import School
from credit_app.people.backoff import forget_failures, name_subject, own_password_subject
from credit_app.people.login_names import NO_SCHOOL, same_name
from credit_app.people.models import ActivationCode, SignInSession, User
from credit_app.people.passwords import acceptable_password, hash_password
from credit_app.people.tokens import activation_digest, new_activation_code
from credit_app.rules.calendar import LOCAL, local_date
from credit_app.storage import reading_apart

VALID_DAYS = 14


def last_day_of_codes(now: datetime, valid_days: int = VALID_DAYS) -> date:
    """The last local day on which a code issued `now` works: the day to print on the slip."""
    return local_date(now) + timedelta(days=valid_days)


def issue_activation(
    session: Session, *, user: User, issued_by: User, now: datetime, valid_days: int = VALID_DAYS
) -> str:
    """`user` has exactly one usable activation code, which is returned in clear this once (``XXXXX-XXXXX``).

    Raises: Conflict when the account has been closed.
    """
    return issue_activations(session, users=[user], issued_by=issued_by, now=now, valid_days=valid_days)[user.id]


def issue_activations(
    session: Session, *, users: Sequence[User], issued_by: User, now: datetime, valid_days: int = VALID_DAYS
) -> dict[int, str]:
    """Each of `users` has exactly one usable activation code; the codes in clear by user id. Two statements in all.

    Raises: Conflict when one of the accounts has been closed.
    """
    closed = next((user for user in users if not user.is_active), None)
    if closed is not None:
        raise Conflict(_l("%(name)s 的账号已停用，不能发放激活码。", name=closed.display_name))
    codes = {user.id: new_activation_code() for user in users}
    if not codes:
        return {}
    session.execute(
        update(ActivationCode)
        .where(ActivationCode.user_id.in_(codes), ActivationCode.used_at.is_(None), ActivationCode.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    until = datetime.combine(last_day_of_codes(now, valid_days) + timedelta(days=1), time(), LOCAL)
    session.execute(
        insert(ActivationCode),
        [
            {
                "user_id": user_id,
                "code_digest": activation_digest(code),
                "issued_by_id": issued_by.id,
                "issued_at": now,
                "expires_at": until,
            }
            for user_id, code in codes.items()
        ],
    )
    return codes


def activate(
    session: Session, *, school: School | None, login_name: str, code: str, password: str, now: datetime
) -> User:
    """The user's password is `password`, the code is spent, and every browser signed in before is signed out.

    `school` None means that nobody asked: the code itself says whose it is. The code is read and the password hashed
    before anything is written, so `session` should not be in the middle of a transaction.

    Raises: InvalidInput, which says whether the code is unknown, used, replaced or expired, or what is wrong with the
    password.
    """
    with reading_apart(session) as apart:
        known = apart.execute(
            select(ActivationCode, User)
            .join(User, User.id == ActivationCode.user_id)
            .where(ActivationCode.code_digest == activation_digest(code), User.is_active.is_(True))
        ).first()
        if known is None or not _belongs(known.User, school=school, login_name=login_name):
            raise InvalidInput(_l("用户名和激活码对不上，请照着激活单再输入一次。"), field="code")
        _check_usable(known.ActivationCode, now)
        code_id, user_id, name = known.ActivationCode.id, known.User.id, known.User.login_name
    password_hash = hash_password(acceptable_password(password, login_name=name))

    spent = session.execute(
        update(ActivationCode)
        .where(ActivationCode.id == code_id, ActivationCode.used_at.is_(None), ActivationCode.revoked_at.is_(None))
        .values(used_at=now)
        .returning(ActivationCode.id)
    ).first()
    if spent is None:
        raise InvalidInput(_l("这个激活码刚刚被使用或更换，请向老师领取新的激活码。"), field="code")
    user = session.get_one(User, user_id)
    set_password(session, user=user, password_hash=password_hash)
    return user


def reset_sign_in(session: Session, *, user: User, issued_by: User, now: datetime) -> str:
    """`user` is signed out everywhere and has no password; the new activation code is returned in clear this once.

    Raises: Conflict when the account has been closed.
    """
    code = issue_activation(session, user=user, issued_by=issued_by, now=now)
    set_password(session, user=user, password_hash=None)
    return code


def set_password(session: Session, *, user: User, password_hash: str | None) -> None:
    """The password has changed: every browser is signed out, and old failures no longer count."""
    user.password_hash = password_hash
    session.execute(delete(SignInSession).where(SignInSession.user_id == user.id))
    forget_failures(
        session,
        name_subject(user.login_name, None),
        name_subject(user.login_name, user.school.public_id if user.school else NO_SCHOOL),
        own_password_subject(user.id),
    )
    session.flush()


def _belongs(user: User, *, school: School | None, login_name: str) -> bool:
    return user.login_name == same_name(login_name) and (school is None or user.school_id == school.id)


def _check_usable(code: ActivationCode, now: datetime) -> None:
    """Whoever holds the code may know what became of it: it cannot be guessed."""
    if code.used_at is not None:
        raise InvalidInput(_l("这个激活码已经用过了。忘记密码时，请老师重置后领取新的激活码。"), field="code")
    if code.revoked_at is not None:
        raise InvalidInput(_l("这个激活码已被新的激活码代替，请使用最近发放的那一张。"), field="code")
    if code.expires_at <= now:
        last_day = local_date(code.expires_at - timedelta(seconds=1)).isoformat()
        raise InvalidInput(
            _l("这个激活码的有效期到 %(day)s 为止，请向老师领取新的激活码。", day=last_day), field="code"
        )
