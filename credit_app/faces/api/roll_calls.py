"""A roll-call sent by the page's script, perhaps long after it was called: idempotent, with a receipt."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request

from credit_app.errors import InvalidInput
from credit_app.faces.api import blueprint
from credit_app.faces.calling import called_json, received, to_call
from credit_app.faces.guards import requires


@blueprint.post("/roll-calls")
@requires("teacher", "science_counselor")
def call() -> Any:
    """The call is recorded once, however often it is sent; the receipt says who could not be counted, and why.

    Raises: NotFound for another's class; InvalidInput (422) for what is no call; OtherContent (422) for a used key.
    """
    raw = request.get_json(silent=True)
    if not isinstance(raw, dict):
        raise InvalidInput
    asked = called_json(raw)
    occurrence, school_class, students = to_call(str(raw.get("occurrence")), str(raw.get("class")))
    called = received(occurrence, school_class, students, **asked)
    marks = [mark for _student, mark, _at in asked["marks"]]
    by_id = {student.id: student.public_id for student in students}
    return jsonify(
        status="ok",
        again=called.again,
        client_uid=asked["client_uid"],
        present=marks.count("present"),
        absent=marks.count("absent"),
        refused=[
            {
                "student": by_id[student_id],
                "status": answer.status,
                "title": answer.title,
                "next_step": answer.next_step,
            }
            for student_id, answer in called.refused.items()
        ],
    )
