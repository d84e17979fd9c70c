"""What bureau officers see of their district: reviews, figures, rule sets.

Figures only, with one exception: a result that waits for the bureau as the second person names its pupil, because the
name is what the document is compared with; those pages write the access log.
"""

from flask import Blueprint

blueprint = Blueprint("bureau", __name__, url_prefix="/bureau")

from credit_app.faces.bureau import (  # noqa: E402
    activities,
    competitions,
    draft_steps,
    drafts,
    home,
    replays,
    results,
    rules,
    simulations,
    trying,
)

__all__ = [
    "activities",
    "blueprint",
    "competitions",
    "draft_steps",
    "drafts",
    "home",
    "replays",
    "results",
    "rules",
    "simulations",
    "trying",
]
