"""The demonstration's open doors: one click signs in as somebody of the demonstration city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, redirect

from credit_app import clock
from credit_app.errors import NotFound
from credit_app.extensions import db
from credit_app.faces.account import blueprint
from credit_app.faces.account.arrival import arrive
from credit_app.faces.guards import public
from credit_app.people import actions as people_actions
from credit_app.people import queries as people


@dataclass(frozen=True)
class Part:
    """Somebody to try the program as; `role` is the word by which the start page describes the part."""

    kind: str
    role: str
    login_name: str


PARTS = (
    Part("pupil", "pupil", "demo-pupil"),
    Part("teacher", "homeroom_teacher", "demo-teacher"),
    Part("science_counselor", "science_counselor", "demo-counselor"),
    Part("venue", "venue_staff", "demo-venue"),
    Part("bureau", "bureau_officer", "demo-officer"),
)


@blueprint.post("/try/<kind>")
@public
def try_as(kind: str) -> Any:
    """This browser is signed in as that part, in demonstration mode only.

    Raises: NotFound anywhere else, as if the page did not exist.
    """
    part = next((part for part in PARTS if part.kind == kind), None)
    if part is None or not current_app.config["SETTINGS"].demonstration:
        raise NotFound
    user = people.demonstration_user(db.session, login_name=part.login_name)
    if user is None:
        raise NotFound
    home = arrive(user, people_actions.begin_sign_in(db.session, user=user, now=clock.now()))
    db.session.commit()
    return redirect(home)
