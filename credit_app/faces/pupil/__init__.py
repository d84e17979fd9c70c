"""What a pupil sees: the answer to a scan, the year's credits with the reasons for each, and the card.

A claim is answered without a role, by the one query that finds the pupil of the account; every other page asks for the
role of a pupil and shows this pupil alone.
"""

from flask import Blueprint

blueprint = Blueprint("pupil", __name__)

from credit_app.faces.pupil import card, claims, credits, home  # noqa: E402

__all__ = ["blueprint", "card", "claims", "credits", "home"]
