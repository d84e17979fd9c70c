"""How many questions wait for the visitor, for the navigation and the home pages; asked once a request."""

from __future__ import annotations

from flask import g

from credit_app import clock
from credit_app.attendance.questions import open_questions
from credit_app.attendance.reach import Reach
from credit_app.extensions import db
from credit_app.faces.guards import held_roles, this_user

Counts = tuple[int, int]


def held_counts(face: str) -> Counts:
    """(waiting, overdue) of the face ``teacher`` or ``venue``; (0, 0) for who has no such face."""
    if "held_counts" not in g:
        g.held_counts = {}
    known: dict[str, Counts] = g.held_counts
    if face not in known:
        reach = _reach(face)
        known[face] = (0, 0) if reach is None else open_questions(db.session(), reach=reach)
    return known[face]


def _reach(face: str) -> Reach | None:
    roles, day = held_roles(), clock.today()
    if face == "venue":
        venues = [role.venue_id for role in roles if role.kind == "venue_staff" and role.venue_id is not None]
        return Reach(day=day, venue_ids=venues) if venues else None
    if not any(role.kind in ("teacher", "science_counselor") for role in roles):
        return None
    schools = [role.school_id for role in roles if role.kind == "science_counselor" and role.school_id is not None]
    return Reach(day=day, school_ids=schools, teacher_id=this_user().id)
