"""User names for a roster's people: the one the roster gives, or numbered where the school has it already. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from credit_app.people.login_names import LONGEST
from credit_app.schools.roster.present import PresentUser

_NUMBERED = re.compile(r"(.+)-(\d+)", re.DOTALL)


def login_names(
    wanted: Mapping[str, str], *, known: Mapping[str, PresentUser], present: Iterable[PresentUser]
) -> dict[str, str]:
    """A user name for each sourcedId of `wanted` (sourcedId to name), unique among `present` users and each other.

    Who is `known` keeps a name that still is the wanted one, numbered or not, so that importing again renames nobody.
    The others get theirs in the order of their sourcedIds, whatever the order of rows.
    """
    given = {
        source_id: known[source_id].login_name
        for source_id, name in wanted.items()
        if source_id in known and _is_form_of(known[source_id].login_name, name)
    }
    renamed = {known[source_id].id for source_id in wanted if source_id in known and source_id not in given}
    taken = {user.login_name for user in present if user.id not in renamed}
    for source_id in sorted(wanted.keys() - given.keys()):
        name, number = wanted[source_id], 1
        while name in taken:
            number += 1
            name = numbered(wanted[source_id], number)
        given[source_id] = name
        taken.add(name)
    return given


def numbered(name: str, number: int) -> str:
    """The name with a number behind it, no longer than a user name may be."""
    ending = f"-{number}"
    return name[: LONGEST - len(ending)] + ending


def _is_form_of(login_name: str, name: str) -> bool:
    match = _NUMBERED.fullmatch(login_name)
    return login_name == name or (match is not None and numbered(name, int(match[2])) == login_name)
