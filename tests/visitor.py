"""A visitor of the app: a test client whose requests stand alone, as those of a browser do."""

from __future__ import annotations

import re
from contextvars import Context
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from credit_app.extensions import db
from credit_app.people.models import User
from tests.cast import PASSWORD

_TOKEN = re.compile(r'<input[^>]*name="csrf_token"[^>]*value="([^"]+)"')


class Visitor(FlaskClient):
    """Flask runs a test client's request inside the test's own app context, where it would share the session, ``g`` and
    who is signed in with the test. Here every request has a context of its own, and what the test has written so far
    is committed before, so that the request can see it and need not wait for it.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(app, app.response_class, use_cookies=True)

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if has_app_context():
            db.session.commit()
        return Context().run(super().open, *args, **kwargs)

    def submit(
        self, path: str, fields: dict[str, Any] | None = None, *, seen_on: str = "/", **options: Any
    ) -> TestResponse:
        """Sends a form to `path`, with the token of a form on the page `seen_on`; every page has one, for the language.

        `options` are those of the test client (``follow_redirects=True`` …).
        """
        page = self.get(seen_on)
        token = _TOKEN.search(page.text)
        assert token is not None, f"no form on {seen_on}, which answered {page.status}"
        return self.post(path, data={"csrf_token": token.group(1), **(fields or {})}, **options)

    def sign_in(self, user: User, password: str = PASSWORD) -> TestResponse:
        """The visitor is signed in as `user`, by name and password on the sign-in page."""
        answer = self.submit("/sign-in", {"login_name": user.login_name, "password": password})
        assert answer.status_code == 302, f"{user.login_name} was not let in: {answer.status}"
        return answer
