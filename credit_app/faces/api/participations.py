"""Why a participation earned what it earned, for programs: the same sentences as on the pages, with their codes."""

from __future__ import annotations

from typing import Any

from flask import jsonify

from credit_app import clock
from credit_app.extensions import db
from credit_app.faces.api import blueprint
from credit_app.faces.explaining import Chapter, Explanation, chapters, explain, rule_sets_of, void_reason
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.people.actions import record_access
from credit_app.progress.queries import Participation, participation_of, student_of_participation
from credit_app.rule_books.queries import books_named
from credit_app.schools.models import Student
from credit_app.schools.queries import student_for_staff, student_of_user

FIELDS = "participations,credits"


@blueprint.get("/participations/<public_id>")
@requires("pupil", "teacher", "science_counselor")
def participation(public_id: str) -> Any:
    """One participation: to the pupil their own, to teachers and counselors those of the pupils they look after."""
    found = participation_of(db.session, student=_student(public_id), public_id=public_id)
    books = books_named(db.session, rule_sets=rule_sets_of([found]))
    return jsonify(_told(found, explain(found, books), chapters(found, books)))


def _student(public_id: str) -> Student:
    """Raises: NotFound for who may not see the pupil, and for what does not exist."""
    user = this_user()
    if entered_as("pupil"):
        own = student_of_user(db.session, user=user)
        if own is not None:
            return own
    student_id = student_of_participation(db.session, public_id=public_id)
    student = student_for_staff(db.session, user=user, public_id=student_id, day=clock.today())
    record_access(user_id=user.id, scope=f"student:{student_id}", fields=FIELDS, now=clock.now())
    return student


def _told(found: Participation, explanation: Explanation | None, posted: list[Chapter]) -> dict[str, Any]:
    latest = found.record.latest if found.record else None
    judged = latest or found.outlook
    state = explanation.state if explanation else "pending"
    return {
        "id": found.public_id,
        "title": found.title,
        "category": found.category,
        "occurs_on": found.occurs_on.isoformat(),
        "state": found.state if found.state != "present" else state,
        "centicredits": found.centicredits,
        "rule_set": judged.rule_set if judged else None,
        "clause": judged.clause if judged else None,
        "reason": void_reason(found) or (explanation.reason if explanation else ""),
        "source": explanation.source if explanation else None,
        "steps": explanation.steps if explanation else [],
        "missing": explanation.missing if explanation else [],
        "entries": [_entry(chapter) for chapter in posted],
    }


def _entry(chapter: Chapter) -> dict[str, Any]:
    entry = chapter.entry
    return {
        "kind": entry.kind,
        "centicredits": entry.centicredits,
        "reason": entry.reason,
        "why": chapter.why,
        "recorded_at": entry.recorded_at.isoformat(),
        "rule_set": entry.rule_set,
        "clause": entry.clause,
        "steps": chapter.explanation.steps,
    }
