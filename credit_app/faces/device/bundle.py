"""What a device may scan for, and all that it needs to go on without the network."""

from __future__ import annotations

from typing import Any

from flask import current_app, jsonify, request

from credit_app import clock
from credit_app.attendance.bundle_id import new_bundle_id
from credit_app.attendance.bundles import (
    VALID_FOR,
    bundle_tag,
    bundled_occurrences,
    listed_occurrences,
    roster_for,
    sealed,
)
from credit_app.extensions import db
from credit_app.faces.device import blueprint
from credit_app.faces.device.entering import device_enters, this_device


@blueprint.get("/occurrences")
@device_enters()
def occurrences() -> Any:
    """The occurrences of the device's organiser, with how many came and are inside."""
    now = clock.now()
    found = listed_occurrences(db.session, device=this_device(), now=now)
    return jsonify(server_ms=_ms(now), occurrences=found)


@blueprint.get("/bundle")
@device_enters()
def bundle() -> Any:
    """The bundle, or 304 while the one in the device's hands would be the same."""
    now, device = clock.now(), this_device()
    handles = {handle.upper() for handle in request.args.getlist("occurrence")}
    found = bundled_occurrences(db.session, device=device, handles=handles, now=now)
    roster = roster_for(db.session, device=device, occurrences=found, now=now)
    tag = bundle_tag(roster, found)
    if _holds(tag):
        response = current_app.response_class(status=304)
    else:
        # Sealing thousands takes a moment: no connection is kept waiting for it.
        db.session.rollback()
        response = jsonify(
            bundle=new_bundle_id(device=device.public_id, now=now),
            server_ms=_ms(now),
            valid_until_ms=_ms(now + VALID_FOR),
            occurrences=found,
            **sealed(roster),
        )
    # Weak: a proxy or we ourselves may compress what it names.
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _holds(tag: str) -> bool:
    return request.if_none_match.contains_weak(tag)


def _ms(instant: Any) -> int:
    return int(instant.timestamp() * 1000)
