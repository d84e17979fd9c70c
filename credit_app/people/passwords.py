"""Passwords: what is acceptable, and argon2id behind a bound.

A hash costs about 64 MiB and 0.2 s on purpose. So only a few are computed at once in one process (see `people.line`),
and never inside a transaction: a class that signs in together would otherwise hold the door's database for every
check-in.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from flask_babel import lazy_gettext as _l

from credit_app.errors import InvalidInput
from credit_app.people.line import line
from credit_app.people.login_names import same_name

SHORTEST = 8
LONGEST = 128


def acceptable_password(password: str, *, login_name: str) -> str:
    """`password` when one may choose it. Raises: InvalidInput that says what to change.

    Length and rarity are what protects; signs and capitals on command only make children write it on the desk.
    """
    plain = _normal(password)
    if len(plain) < SHORTEST:
        raise InvalidInput(_l("密码至少要有 %(least)s 个字符。", least=SHORTEST), field="password")
    if len(plain) > LONGEST:
        raise InvalidInput(_l("密码最多 %(most)s 个字符。", most=LONGEST), field="password")
    if same_name(plain) == same_name(login_name):
        raise InvalidInput(_l("密码不能和用户名相同。"), field="password")
    if plain.casefold() in _commonest() or _is_pattern(plain):
        raise InvalidInput(_l("这个密码太容易被猜到，请换一个，比如几个不相关的词连在一起。"), field="password")
    return password


def hash_password(password: str) -> str:
    """The argon2id hash to store. Raises: TooManySignIns."""
    with line.seat():
        return _hasher().hash(_normal(password))


def password_matches(password: str, stored: str | None) -> bool:
    """True when `password` is the one behind `stored`; None (no such user, not activated) costs the same time.

    Raises: TooManySignIns.
    """
    if len(password) > LONGEST:
        password, stored = "", None
    with line.seat():
        try:
            return _hasher().verify(stored or _nobody(), _normal(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """True when `stored` was made at another cost than today's, and should be made anew at the next sign-in."""
    return _hasher().check_needs_rehash(stored)


def _hasher() -> PasswordHasher:
    return _hasher_at(*current_app.config["SETTINGS"].password_cost)


@lru_cache(maxsize=4)
def _hasher_at(memory_kib: int, passes: int) -> PasswordHasher:
    return PasswordHasher(memory_cost=memory_kib, time_cost=passes, parallelism=1)


def _nobody() -> str:
    return _hash_of_nobody(*current_app.config["SETTINGS"].password_cost)


@lru_cache(maxsize=4)
def _hash_of_nobody(memory_kib: int, passes: int) -> str:
    return _hasher_at(memory_kib, passes).hash("nobody has this password")


def _normal(password: str) -> str:
    # A Chinese keyboard may write １２３ for 123: the same keys must give the same password on every device.
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _commonest() -> frozenset[str]:
    text = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def _is_pattern(password: str) -> bool:
    """One or two characters over and over, or a run such as 23456789 or hgfedcba."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(set(password.casefold())) <= 2 or steps in ({1}, {-1})
