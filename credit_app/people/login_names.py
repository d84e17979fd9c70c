"""What counts as the same user name."""

from __future__ import annotations

import unicodedata

from flask_babel import lazy_gettext as _l

from credit_app.errors import InvalidInput

SHORTEST = 2
LONGEST = 64
NO_SCHOOL = "none"
"""Stands for a school's public id where a user of no school is meant: staff of venues and bureaus."""


def same_name(text: str) -> str:
    """The one form of a user name that is stored and compared.

    Chinese keyboards write full-width letters and digits, phones put a capital first and a space after: none of that
    makes another name. Spaces within a name stay, since rosters have them.
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def acceptable_name(text: str) -> str:
    """`text` in its stored form. Raises: InvalidInput when it is too short or too long."""
    name = same_name(text)
    if not SHORTEST <= len(name) <= LONGEST:
        raise InvalidInput(
            _l("用户名需为 %(least)s 到 %(most)s 个字符。", least=SHORTEST, most=LONGEST), field="login_name"
        )
    return name
