"""What bureau officers see of their district: reviews, figures, rule sets, the settling of a year, corrections.

Figures, but for what needs a pupil's name: a result that waits for the bureau as the second person, because the name is
what the document is compared with; a correction to decide on; the lists of a settlement. Each look at one is noted in
the access log.
"""

from flask import Blueprint

blueprint = Blueprint("bureau", __name__, url_prefix="/bureau")

from credit_app.faces.bureau import (  # noqa: E402
    activities,
    competitions,
    corrections,
    draft_steps,
    drafts,
    home,
    replays,
    results,
    rules,
    settlements,
    simulations,
    trying,
)

__all__ = [
    "activities",
    "blueprint",
    "competitions",
    "corrections",
    "draft_steps",
    "drafts",
    "home",
    "replays",
    "results",
    "rules",
    "settlements",
    "simulations",
    "trying",
]
