"""What bureau officers see of their district: reviews, figures, rule sets, the settling of a year, corrections.

Figures, but for two things that need a pupil's name: the lists of a settlement and a correction to decide on. Each look
at one is noted in the access log.
"""

from flask import Blueprint

blueprint = Blueprint("bureau", __name__, url_prefix="/bureau")

from credit_app.faces.bureau import activities, corrections, home, rules, settlements  # noqa: E402

__all__ = ["activities", "blueprint", "corrections", "home", "rules", "settlements"]
