"""What the devices at a door ask for and send (docs/door.md). They carry no cookie and no token of a page: each request
is signed, so that a browser can be made to send none of these for anybody."""

from flask import Blueprint

from credit_app.extensions import csrf

blueprint = Blueprint("device", __name__, url_prefix="/api/device")
csrf.exempt(blueprint)

from credit_app.faces.device import bundle, enrolment, scans  # noqa: E402

__all__ = ["blueprint", "bundle", "enrolment", "scans"]
