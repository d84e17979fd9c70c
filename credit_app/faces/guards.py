"""Who may enter a view. Every view wears exactly one of `public`, `signed_in` or `requires`; a test goes through them.

A guard only answers "is this the right kind of person for the whole route". *Which* class, venue or pupil one may see
is decided by the query that fetches it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import g
from flask_login import current_user

from credit_app import clock
from credit_app.errors import NotAllowed
from credit_app.extensions import db, login_manager
from credit_app.people import queries as people
from credit_app.people.models import Role, User

P = ParamSpec("P")
R = TypeVar("R")


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Anyone may enter; the view shows no personal data."""
    view.guard = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Any signed-in user may enter; others are sent to sign in (pages) or told 401 (``/api``)."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        if not current_user.is_authenticated:
            return login_manager.unauthorized()
        return view(*args, **kwargs)

    guarded.guard = "signed_in"  # type: ignore[attr-defined]
    return guarded


def requires(*kinds: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Users who hold a role of one of `kinds` today may enter; `entered_as` gives the roles that let them in.

    Raises: NotAllowed (403) when signed in without such a role; not signed in goes the way of `signed_in`.
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            if not current_user.is_authenticated:
                return login_manager.unauthorized()
            roles = [role for role in held_roles() if role.kind in kinds]
            if not roles:
                raise NotAllowed
            g.entered_as = roles
            return view(*args, **kwargs)

        guarded.guard = "requires:" + ",".join(kinds)  # type: ignore[attr-defined]
        return guarded

    return decorate


def only_reads(view: Callable[P, R]) -> Callable[P, R]:
    """What is sent to the view is only looked at: on SQLite its transaction waits for nobody and holds up nobody."""
    view.only_reads = True  # type: ignore[attr-defined]
    return view


def this_user() -> User:
    """The signed-in user; only faces ask for it."""
    return cast(User, current_user.user)


def held_roles() -> list[Role]:
    """The roles the signed-in user holds today, read once a request."""
    if "held_roles" not in g:
        g.held_roles = people.roles_on(db.session, user=this_user(), day=clock.today())
    return g.held_roles


def entered_as(*kinds: str) -> list[Role]:
    """Of the roles that opened this view, those of `kinds` (all when none is given)."""
    return [role for role in g.get("entered_as", ()) if not kinds or role.kind in kinds]
