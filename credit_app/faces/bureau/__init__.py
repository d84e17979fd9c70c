"""What bureau officers see of their district: reviews, figures, rule sets.

Figures only: no page here shows a pupil; a simulated award stands under the opaque id of its participation.
"""

from flask import Blueprint

blueprint = Blueprint("bureau", __name__, url_prefix="/bureau")

from credit_app.faces.bureau import (  # noqa: E402
    activities,
    draft_steps,
    drafts,
    home,
    replays,
    rules,
    simulations,
    trying,
)

__all__ = ["activities", "blueprint", "draft_steps", "drafts", "home", "replays", "rules", "simulations", "trying"]
