"""Which browser is whose: flask-login with a server-side sign-in behind it.

The cookie carries the random token of a row in ``sign_in_session``, never a user's id, so that ending the row ends
every copy of the cookie. Session protection stays ``basic``: a phone that leaves the school's network for the street
keeps its sign-in.
"""

from __future__ import annotations

from flask import Flask, Response, jsonify, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import UserMixin, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from credit_app import clock
from credit_app.extensions import db, login_manager
from credit_app.people import actions as people_actions
from credit_app.people import queries as people
from credit_app.people.models import User

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SignedInVisitor(UserMixin):
    """What flask-login keeps for a request: the user, and the token of this browser."""

    def __init__(self, user: User, token: str) -> None:
        self.user = user
        self.token = token

    @property
    def display_name(self) -> str:
        """The name to greet by."""
        return self.user.display_name

    def get_id(self) -> str:
        """What stands in the cookie: the token."""
        return self.token


def begin(user: User, token: str, *, keep: bool = False) -> None:
    """From now on this browser is signed in by `token`; with `keep` also after it has been closed.

    Everything else that the cookie held is dropped, so that nothing planted before the sign-in lives on after it.
    """
    _drop_all_but_language()
    session.permanent = keep
    login_user(SignedInVisitor(user, token))


def forget() -> None:
    """This browser holds nothing any more; see `end_in_database` for the copies."""
    logout_user()
    _drop_all_but_language()


def end_in_database() -> None:
    """The sign-in that this browser holds, if any, is over for every copy of its cookie; the face commits."""
    token = session.get("_user_id")
    if token:
        people_actions.sign_out(db.session, token=token)


def _drop_all_but_language() -> None:
    kept = {name: session[name] for name in ("locale",) if name in session}
    session.clear()
    session.update(kept)


def not_signed_in() -> AnyResponse | tuple[Response, int]:
    """Pages send the visitor to sign in and come back; the interface for programs says 401."""
    if request.path.startswith("/api/"):
        return jsonify(status="not_signed_in", message=_("请先登录。")), 401
    back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else None
    return redirect(url_for("account.sign_in", next=back))


def register(app: Flask) -> None:
    """`app` knows its visitors by their token."""
    login_manager.session_protection = "basic"
    login_manager.unauthorized_handler(not_signed_in)

    @login_manager.user_loader
    def load(token: str) -> SignedInVisitor | None:
        user = people.user_by_token(db.session, token=token, now=clock.now())
        return SignedInVisitor(user, token) if user is not None else None
