"""The scanner at the door, as an app that opens without a network: its page, its service worker, its manifest.

What they hold is the same for everybody: a device that was enrolled brings its own key, and everything about
occurrences and pupils comes by the interface for devices (docs/door.md).
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Response, current_app, jsonify, render_template, request, url_for
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from credit_app.faces.guards import public
from credit_app.faces.public import blueprint
from credit_app.faces.shell import LOCALES

STYLES = ("vendor/bootstrap-5.3.9/bootstrap.min.css", "css/theme.css", "css/door.css")
# In the order in which they run.
SCRIPTS = (
    "vendor/noble-ed25519-3.2.0/noble-ed25519.min.js",
    "js/card-token.js",
    "vendor/qr-0.7.0/qr-decode.min.js",
    "js/door/base.js",
    "js/door/store.js",
    "js/door/clock.js",
    "js/door/device.js",
    "js/door/queue.js",
    "js/door/undoing.js",
    "js/door/outcomes.js",
    "js/door/sync.js",
    "js/door/bundle.js",
    "js/door/judging.js",
    "js/door/pictures.js",
    "js/door/camera.js",
    "js/door/typing.js",
    "js/door/sound.js",
    "js/door/answer.js",
    "js/door/listing.js",
    "js/door/choosing.js",
    "js/door/scanning.js",
    "js/door/views.js",
    "js/door/installing.js",
    "js/door/page.js",
)
PICTURES = ("img/icon.svg", "img/icon-192.png", "img/icon-512.png")
READER = "js/door/reader-worker.js"
SERVICE_WORKER = "js/door/service-worker.js"


@blueprint.get("/door")
@public
def door() -> Any:
    """The scanner in the language that the address names, else in the reader's."""
    return _fresh(current_app.make_response(_page(_language())))


@blueprint.get("/door/worker.js")
@public
def door_worker() -> Response:
    """The service worker, which begins with the list of exactly its own files: one that changes makes a new version."""
    files = [url_for("static", filename=name) for name in (*STYLES, *SCRIPTS, *PICTURES)]
    pages = {language: url_for("public.door", lang=language) for language in LOCALES}
    more = [url_for("public.door_reader"), *(url_for("public.door_manifest", lang=language) for language in LOCALES)]
    told = {
        "version": _version(),
        "home": url_for("public.door"),
        "pages": pages,
        "files": [*files, *more],
    }
    script = Path(current_app.static_folder or "", SERVICE_WORKER).read_text(encoding="utf-8")
    response = Response(f"self.DOOR = {json.dumps(told)};\n{script}", content_type="text/javascript; charset=utf-8")
    # It stands below /door, and the page itself is within its reach; nothing else is.
    response.headers["Service-Worker-Allowed"] = url_for("public.door")
    return _fresh(response)


@blueprint.get("/door/reader.js")
@public
def door_reader() -> Response:
    """The worker that reads pictures. Below /door, because a worker is in the service worker's reach by its address."""
    folder = Path(current_app.static_folder or "")
    parts = ("vendor/qr-0.7.0/qr-decode.min.js", READER)
    script = "\n".join((folder / part).read_text(encoding="utf-8") for part in parts)
    return _fresh(Response(script, content_type="text/javascript; charset=utf-8"))


@blueprint.get("/door/manifest.webmanifest")
@public
def door_manifest() -> Response:
    """What a phone needs to put the scanner on its home screen."""
    with force_locale(_language()):
        described = {
            "name": _("科普学分 · 验卡"),
            "short_name": _("验卡"),
            "lang": "en" if _language() == "en" else "zh-CN",
            "id": url_for("public.door"),
            "start_url": url_for("public.door"),
            "scope": url_for("public.door"),
            "display": "standalone",
            "background_color": "#063a42",
            "theme_color": "#063a42",
            "icons": [
                {
                    "src": url_for("static", filename=f"img/icon-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": "any",
                }
                for size in (192, 512)
            ],
        }
    response = jsonify(described)
    response.content_type = "application/manifest+json"
    return _fresh(response)


def _language() -> str:
    asked = request.args.get("lang")
    return asked if asked in LOCALES else str(get_locale())


def _page(language: str) -> str:
    """The page in `language`: without a form, a token or a name, so that a copy of it serves everybody."""
    with force_locale(language):
        return render_template("public/door.html", styles=STYLES, scripts=SCRIPTS, language=language)


def _version() -> str:
    """A digest of all that the service worker keeps; the addresses of the files name their versions."""
    folder = Path(current_app.static_folder or "")
    parts = [*(_page(language) for language in LOCALES)]
    parts += [(folder / name).read_text(encoding="utf-8") for name in (READER, SERVICE_WORKER)]
    return sha256("\n".join(parts).encode()).hexdigest()[:12]


def _fresh(response: Response) -> Response:
    """Kept only as long as the server says that it has not changed; nothing in it is personal."""
    response.headers["Cache-Control"] = "no-cache"
    return response
