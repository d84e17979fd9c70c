"""What venue staff see: what they offer, when it takes place, who was there.

A pupil is a short number, a grade and a school here; names never reach a venue.
"""

from flask import Blueprint

blueprint = Blueprint("venue", __name__, url_prefix="/venue")

from credit_app.faces.venue import activities, devices, home, kiosk, occurrences, preview, runs, voiding  # noqa: E402

__all__ = ["activities", "blueprint", "devices", "home", "kiosk", "occurrences", "preview", "runs", "voiding"]
