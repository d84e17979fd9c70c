"""What bureau officers see of their district: reviews, figures, rule sets.

Figures only: no page here shows a pupil; a simulated award stands under the opaque id of its participation.
"""

from flask import Blueprint

blueprint = Blueprint("bureau", __name__, url_prefix="/bureau")

from credit_app.faces.bureau import activities, home, replays, rules, simulations  # noqa: E402

__all__ = ["activities", "blueprint", "home", "replays", "rules", "simulations"]
