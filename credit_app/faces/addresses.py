"""Where to send somebody: home by role, back to a page of ours, or from a QR to one."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import current_app, request, url_for

from credit_app.people.models import Role

# The first of these that someone holds decides where they arrive.
HOME_OF_KIND = {
    "bureau_officer": "bureau.home",
    "venue_staff": "venue.home",
    "science_counselor": "teacher.home",
    "teacher": "teacher.home",
    "pupil": "pupil.home",
}


def home_of(roles: Iterable[Role]) -> str:
    """The page where someone with `roles` begins; without any, their own account."""
    held = {role.kind for role in roles}
    return url_for(next((home for kind, home in HOME_OF_KIND.items() if kind in held), "account.own"))


def path_of_ours(text: str | None) -> str | None:
    """`text` when it is a path on this site, else None: a link must never lead someone elsewhere after signing in.

    Browsers read ``//host`` and ``/\\host`` as another site, and skip control characters on the way.
    """
    if not text or not text.startswith("/") or text[1:2] in {"/", "\\"}:
        return None
    if any(ord(character) < 0x20 or character == "\x7f" for character in text):
        return None
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else None


def address_for_qr(path: str) -> str:
    """The whole address of `path` (capitals and digits), in the letters that a QR holds with a third fewer dots.

    Host and scheme have no case; a path that somebody put before the program has, and is left as it is.
    """
    scheme = "https" if current_app.config["SETTINGS"].https else request.scheme
    return f"{scheme}://{request.host}".upper() + request.script_root + path
