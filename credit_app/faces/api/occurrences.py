"""What a screen in a hall asks for every ten seconds."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, request

from credit_app import clock
from credit_app.attendance.queries import head_counts
from credit_app.attendance.screen_pass import occurrence_on_screen
from credit_app.extensions import db
from credit_app.faces.api import blueprint
from credit_app.faces.kiosk_screen import DIRECTIONS, screen_json


@blueprint.get("/occurrences/<public_id>/codes")
def codes(public_id: str) -> Any:
    """The codes from now on, who is in, and the server's time; 401 without the pass that the page was given."""
    now = clock.now()
    occurrence = occurrence_on_screen(
        db.session, screen_pass=request.headers.get("X-Screen-Pass", ""), public_id=public_id, now=now
    )
    direction = request.args.get("direction", "in")
    if direction not in (*DIRECTIONS, "both"):
        abort(400)
    heads = head_counts(db.session, occurrence_id=occurrence.id)
    after = request.args.get("after", default=0, type=int)
    return jsonify(screen_json(occurrence, direction, now, after=after, heads=heads))


# Not a person but a screen enters, by a pass that the query checks.
codes.guard = "screen_pass"  # type: ignore[attr-defined]
