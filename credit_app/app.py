"""The factory: an app from a configuration."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import credit_app.models  # noqa: F401 — the tables must be known before the first query
from config import Config
from credit_app import cli
from credit_app.extensions import babel, compress, csrf, db, limiter, login_manager, migrate
from credit_app.faces import formatting, shell
from credit_app.faces.account import blueprint as account
from credit_app.faces.api import blueprint as api
from credit_app.faces.bureau import blueprint as bureau
from credit_app.faces.device import blueprint as device
from credit_app.faces.public import blueprint as public
from credit_app.faces.pupil import blueprint as pupil
from credit_app.faces.teacher import blueprint as teacher
from credit_app.faces.venue import blueprint as venue
from credit_app.storage import engine_options, teach_sqlite

ROOT = Path(__file__).resolve().parent.parent


def create_app(config: Config | None = None) -> Flask:
    """A ready app. Raises ConfigurationError when a production setting is missing or unsafe."""
    config = config or Config.from_environment()
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.from_mapping(
        SETTINGS=config,
        SECRET_KEY=config.secret,
        LEDGER_SECRET=config.ledger_secret or config.secret,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        TESTING=config.mode == "testing",
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.https,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="zh",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "credit_app" / "translations"),
        RATELIMIT_STORAGE_URI=config.rate_limit_storage,
        RATELIMIT_HEADERS_ENABLED=True,
        COMPRESS_MIMETYPES=["text/html", "text/css", "application/javascript", "application/json", "image/svg+xml"],
    )
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    if config.database_url.startswith("sqlite:///"):
        Path(config.database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)

    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    for extension in (csrf, compress, limiter, login_manager):
        extension.init_app(app)
    babel.init_app(app, locale_selector=shell.chosen_locale)
    with app.app_context():
        teach_sqlite(db.engine)

    for blueprint in (public, account, pupil, teacher, venue, bureau, api, device):
        app.register_blueprint(blueprint)
    formatting.register(app)
    shell.register(app)
    cli.register(app)
    return app
