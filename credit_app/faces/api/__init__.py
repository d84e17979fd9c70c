"""JSON for our own pages and devices."""

from flask import Blueprint

blueprint = Blueprint("api", __name__, url_prefix="/api")

from credit_app.faces.api import claims, occurrences, openapi, participations, roll_calls  # noqa: E402

__all__ = ["blueprint", "claims", "occurrences", "openapi", "participations", "roll_calls"]
