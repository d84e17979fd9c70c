"""Results that wait for the bureau as the second person: the queue, and each one with its document's reference."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for

from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.reach import own_district_ids, own_districts
from credit_app.faces.guards import requires
from credit_app.faces.results import (
    DecisionForm,
    QueueForm,
    decide_one,
    note_access,
    queue_context,
    result_context,
    review_several,
)
from credit_app.recognition.results.models import ReviewedResult
from credit_app.recognition.results.queries import ResultReach, result_for


@blueprint.get("/results")
@requires("bureau_officer")
def results() -> str:
    """What waits for a second person in the district's schools, the longest waiting first."""
    return _queue_page(QueueForm(formdata=None))


@blueprint.post("/results")
@requires("bureau_officer")
def result_review() -> Any:
    """The ticked results are approved, returned or refused."""
    form = QueueForm()
    if review_several(result_reach(), form):
        return redirect(url_for("bureau.results"), 303)
    return _queue_page(form), 422


@blueprint.get("/results/<public_id>")
@requires("bureau_officer")
def result(public_id: str) -> str:
    """One result: what it says, where it stands, what it brought, and all that has happened to it."""
    return _page(public_id, DecisionForm(formdata=None))


@blueprint.post("/results/<public_id>")
@requires("bureau_officer")
def result_decide(public_id: str) -> Any:
    """It is approved, returned or refused; or taking an approval back is asked for, confirmed, declined."""
    form = DecisionForm()
    if decide_one(_own(public_id), form):
        return redirect(url_for("bureau.results"), 303)
    return _page(public_id, form), 422


def result_reach() -> ResultReach:
    """The results of the schools of the visitor's districts."""
    return ResultReach(district_ids=own_district_ids())


def _own(public_id: str) -> ReviewedResult:
    return result_for(db.session, reach=result_reach(), public_id=public_id)


def _page(public_id: str, form: DecisionForm) -> str:
    found = _own(public_id)
    note_access("result", public_id)
    return render_template("bureau/result.html", **result_context(found, form))


def _queue_page(form: QueueForm) -> str:
    for district in own_districts():
        note_access("district", district.public_id)
    return render_template("bureau/results.html", districts=own_districts(), **queue_context(result_reach(), form))
