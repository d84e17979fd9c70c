"""What bureau officers see of their district: reviews, figures, rule sets.

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
