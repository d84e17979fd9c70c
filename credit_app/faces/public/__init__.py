"""The start page, the programme, receipts, the scanner of the door, the sign of life: open to anyone, without personal
data."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)

from credit_app.faces.public import door, health, programme, receipts, start  # noqa: E402

__all__ = ["blueprint", "door", "health", "programme", "receipts", "start"]
