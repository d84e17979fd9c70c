"""The macros alone: templates, languages and filters, with no database behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from flask_wtf import CSRFProtect

from credit_app.faces import formatting

ROOT = Path(__file__).parents[2]

Render = Callable[..., str]


@pytest.fixture(scope="session")
def templates_only() -> Flask:
    """One app for all, so that each template is compiled once."""
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="only for this test, and long enough", TESTING=True, WTF_CSRF_ENABLED=False)
    Babel(app, default_locale="zh")
    CSRFProtect(app)
    formatting.register(app)
    for endpoint, rule in {"public.start": "/", "account.sign_in": "/sign-in"}.items():
        app.add_url_rule(rule, endpoint, lambda: "")
    for endpoint, rule in {"account.set_language": "/language", "account.sign_out": "/sign-out"}.items():
        app.add_url_rule(rule, endpoint, lambda: "", methods=["POST"])
    app.add_template_global(lambda: "zh", "get_locale")
    return app


@pytest.fixture
def bare_app(templates_only: Flask) -> Iterator[Flask]:
    with templates_only.test_request_context("/"):
        yield templates_only


@pytest.fixture
def render(bare_app: Flask) -> Render:
    """``render("{{ … }}", name=value)`` with every macro file under its own name."""
    files = (
        "forms",
        "page",
        "ring",
        "bar",
        "state",
        "trace",
        "outcome",
        "table",
        "pagination",
        "empty",
        "icons",
        "shell",
    )
    heading = "".join(f'{{% import "macros/{name}.html" as {name} %}}' for name in files)

    def of(source: str, **values: Any) -> str:
        return render_template_string(heading + source, **values)

    return of
