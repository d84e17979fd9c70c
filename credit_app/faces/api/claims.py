"""A claim confirmed by a program: the same way as the page's, with the answer as codes and words."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request, session

from credit_app import clock
from credit_app.attendance.answers import Answer
from credit_app.attendance.lists import arrival_number
from credit_app.extensions import db, login_manager
from credit_app.faces.api import blueprint
from credit_app.faces.claiming import answer_claim, answer_other_occurrence, held_claim, status_of
from credit_app.people.queries import user_id_by_token


@blueprint.post("/claims")
def confirm_claim() -> Any:
    """The scan of whoever is signed in, by the claim in the cookie; ``occurrence``, if sent, must be the claim's.

    Answers 200 with a ``status`` of the fixed vocabulary; 400 without a genuine claim, 401 for a stranger, 403 for who
    is no pupil.
    """
    now = clock.now()
    user_id = user_id_by_token(db.session(), token=session.get("_user_id", ""), now=now)
    if user_id is None:
        return login_manager.unauthorized()
    claim = held_claim()
    if claim is None:
        return jsonify(_told(Answer("code_invalid"))), 400
    meant = (request.get_json(silent=True) or {}).get("occurrence", claim.handle)
    if meant != claim.handle:
        return jsonify(_told(answer_other_occurrence()))
    answer, _ = answer_claim(claim, user_id=user_id, now=now)
    return jsonify(_told(answer)), status_of(answer)


# The usual guard loads the user as an object, which costs as much as three of the scan's statements.
confirm_claim.guard = "signed_in"  # type: ignore[attr-defined]


def _told(answer: Answer) -> dict[str, Any]:
    told = answer.to_json() | {"title": answer.title, "next_step": answer.next_step}
    if "participation" in answer.params:
        told["number"] = arrival_number(answer.params["participation"])
    return told
