"""A browser becomes a device, by the one-time code that staff were shown."""

from __future__ import annotations

from typing import Any

from flask import jsonify

from credit_app import clock
from credit_app.attendance.devices import enrol_device
from credit_app.attendance.door_items import Enrolment
from credit_app.extensions import db, limiter
from credit_app.faces.device import blueprint
from credit_app.faces.device.entering import body, sent
from credit_app.faces.guards import public

# A venue enrols a handful of tablets in a morning; a guesser of 60 bits gets nowhere.
TABLETS_OF_A_MORNING = "30/minute"


@blueprint.post("/enrol")
@limiter.limit(TABLETS_OF_A_MORNING)
@public
def enrol() -> Any:
    """The holder of the key is a device; 422 `code_invalid` when the code is wrong, used or over."""
    body()
    now = clock.now()
    asked = sent(Enrolment)
    device = enrol_device(db.session, code=asked.code, public_key=asked.public_key, now=now)
    place = device.venue or device.school
    told = {"device": device.public_id, "name": device.name, "organiser": place.name if place is not None else ""}
    db.session.commit()
    return jsonify(told | {"server_ms": int(now.timestamp() * 1000)})
