"""What teachers and science counselors see: their classes, their pupils, who was where, results, rosters, sign-ins,
cards.

Whose class or pupil it is, is decided by the query that fetches it: a former teacher finds nothing. A page that shows
minors' fields writes one row into the access log first (``showing``).
"""

from flask import Blueprint

blueprint = Blueprint("teacher", __name__, url_prefix="/teacher")

from credit_app.faces.teacher import (  # noqa: E402, F401
    cards,
    classes,
    corrections,
    held,
    home,
    late_entries,
    merges,
    occurrences,
    pupil_cards,
    pupils,
    result_sheets,
    results,
    roll_calls,
    roster,
    settlements,
    slips,
    transfers,
    voiding,
)
