"""What bureau officers see of their district: reviews, figures, rule sets.

Figures only: no page here shows a pupil.
"""

from flask import Blueprint

blueprint = Blueprint("bureau", __name__, url_prefix="/bureau")

from credit_app.faces.bureau import activities, draft_steps, drafts, home, rules, trying  # noqa: E402

__all__ = ["activities", "blueprint", "draft_steps", "drafts", "home", "rules", "trying"]
