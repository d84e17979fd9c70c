"""What venue staff see: what they offer, when it takes place, who was there.

A pupil is a short number, a grade and a school here; names never reach a venue.
"""

from flask import Blueprint

blueprint = Blueprint("venue", __name__, url_prefix="/venue")

from credit_app.faces.venue import (  # noqa: E402
    activities,
    devices,
    held,
    home,
    kiosk,
    late_entries,
    occurrences,
    preview,
    runs,
    voiding,
)

__all__ = [
    "activities",
    "blueprint",
    "devices",
    "held",
    "home",
    "kiosk",
    "late_entries",
    "occurrences",
    "preview",
    "runs",
    "voiding",
]
