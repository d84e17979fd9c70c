"""The start page, the public programme, receipts and the sign of life: open to anyone, without personal data."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)

from credit_app.faces.public import health, programme, receipts, start  # noqa: E402

__all__ = ["blueprint", "health", "programme", "receipts", "start"]
