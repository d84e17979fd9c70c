"""What surrounds every page: the language, the security headers, the error pages, the kind of transaction."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, has_request_context, jsonify, render_template, request, session
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException

from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.faces import browser_session, correcting, explaining, navigation, settling, static_files, titles, worth
from credit_app.faces.browser_session import SAFE_METHODS
from credit_app.storage import expect_writes

LOCALES = ("zh", "en")
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def chosen_locale() -> str:
    """The language picked on the page, else the browser's among ours, else Chinese; Chinese outside of a request."""
    if not has_request_context():
        return LOCALES[0]
    # Devices carry no cookie, and one that comes along says nothing.
    picked = session.get("locale") if request.blueprint != "device" else None
    if picked in LOCALES:
        return str(picked)
    # Not best_match: for "zh-CN,en;q=0.8" it prefers the exact "en" to a Chinese that is wanted more.
    wanted = (tag.split("-")[0].lower() for tag, quality in request.accept_languages if quality > 0)
    return next((tag for tag in wanted if tag in LOCALES), LOCALES[0])


def _wants_json() -> bool:
    return request.path.startswith("/api/")


def _error_page(status: int, code: str, message: Any) -> tuple[Response | str, int]:
    if _wants_json():
        return jsonify(status=code, message=str(message or DomainError.message)), status
    return render_template("errors/error.html", status=status, code=code, message=message), status


def _on_domain_error(error: DomainError) -> tuple[Response | str, int]:
    db.session.rollback()
    return _error_page(error.status, error.code, error.message)


def _on_csrf_error(error: CSRFError) -> tuple[Response | str, int]:
    return _error_page(400, "form_expired", _("这个页面打开得太久了，请刷新后再提交一次。"))


def _on_http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if 300 <= status < 400:
        return error
    body, status = _error_page(status, error.name.lower().replace(" ", "_"), None)
    response = current_app.make_response((body, status))
    for header in ("Allow", "Retry-After"):
        value = dict(error.get_headers()).get(header)
        if value:
            response.headers[header] = value
    return response


def _on_database_busy(error: OperationalError | PoolExhausted) -> Response:
    db.session.rollback()
    current_app.logger.exception("the database did not answer")
    body, status = _error_page(503, "server_busy", _("现在人有点多，请稍等几秒再试一次。"))
    response = current_app.make_response((body, status))
    response.headers["Retry-After"] = "3"
    return response


def _set_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["X-Frame-Options"] = "DENY"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    if current_app.config["SETTINGS"].https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        # Pages show minors' names: no shared computer's cache may keep them.
        headers.setdefault("Cache-Control", "no-store")
    return response


def register(app: Flask) -> None:
    """Give `app` its headers, error pages and template globals."""

    @app.before_request
    def _choose_transaction() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        expect_writes(request.method not in SAFE_METHODS and not getattr(view, "only_reads", False))

    app.after_request(_set_headers)
    app.register_error_handler(DomainError, _on_domain_error)
    app.register_error_handler(CSRFError, _on_csrf_error)
    app.register_error_handler(OperationalError, _on_database_busy)
    app.register_error_handler(PoolExhausted, _on_database_busy)
    app.register_error_handler(HTTPException, _on_http_error)

    @app.context_processor
    def _globals() -> dict[str, Any]:
        return {"demonstration": app.config["SETTINGS"].demonstration, "get_locale": get_locale}

    browser_session.register(app)
    correcting.register(app)
    explaining.register(app)
    navigation.register(app)
    settling.register(app)
    static_files.register(app)
    titles.register(app)
    worth.register(app)
