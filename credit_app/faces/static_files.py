"""Style sheets, scripts and pictures carry a digest of their content in the address, and are kept for a year.

An old phone then loads them once, and a new version is fetched at once, since its address is another.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

ONE_YEAR_SECONDS = 365 * 24 * 3600


@lru_cache(maxsize=512)
def _digest(path: Path, _changed_ns: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:10]


def version_of(path: Path) -> str | None:
    """A digest of the file's content, or None when there is no such file."""
    try:
        return _digest(path, path.stat().st_mtime_ns)
    except OSError:
        return None


def register(app: Flask) -> None:
    """``url_for('static', …)`` of `app` names the version, and versioned answers may be kept."""
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def _name_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values and (version := version_of(folder / values["filename"])):
            values["v"] = version

    @app.after_request
    def _keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code == 200 and request.args.get("v"):
            response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR_SECONDS}, immutable"
        return response
