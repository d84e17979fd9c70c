"""Roll-calls (点名): where, which class, and the list to call; what was found stands on the occurrence's page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from credit_app import clock
from credit_app.attendance.leading import Callee, callees, occurrence_to_lead, occurrences_to_call
from credit_app.errors import DomainError, NotFound
from credit_app.extensions import db
from credit_app.faces.calling import at_on, calling_schools, received, to_call
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, note_access
from credit_app.keys import new_public_id
from credit_app.schools.models import SchoolClass
from credit_app.schools.queries import classes_of, classes_of_school, school_for_counselor
from credit_app.storage import expect_writes

FIELDS = "name,number,attendance"
MOMENTS = ("arrival", "departure")


@blueprint.get("/roll-calls")
@requires(*STAFF)
def roll_calls() -> str:
    """The occurrences of about now, to pick the one at which the class stands."""
    now = clock.now()
    return render_template(
        "teacher/roll_calls.html",
        occurrences=occurrences_to_call(db.session, schools=calling_schools(), now=now),
        now=now,
        user=this_user(),
    )


@blueprint.get("/roll-calls/<occurrence_id>")
@requires(*STAFF)
def roll_call_classes(occurrence_id: str) -> Any:
    """The classes that the visitor may call there; of one class the list itself."""
    schools = [school.id for school in calling_schools()]
    occurrence = occurrence_to_lead(db.session, public_id=occurrence_id, school_ids=schools)
    classes = own_classes()
    if len(classes) == 1:
        return redirect(url_for("teacher.roll_call", occurrence_id=occurrence_id, class_id=classes[0].public_id))
    return render_template("teacher/roll_call_classes.html", occurrence=occurrence, classes=classes)


@blueprint.get("/roll-calls/<occurrence_id>/<class_id>")
@requires(*STAFF)
def roll_call(occurrence_id: str, class_id: str) -> Any:
    """The list to call, everybody present until one is said not to be."""
    return _page(occurrence_id, class_id, request.args.get("moment", ""))


@blueprint.post("/roll-calls/<occurrence_id>/<class_id>")
@requires(*STAFF)
def submit_roll_call(occurrence_id: str, class_id: str) -> AnyResponse | tuple[str, int]:
    """The call of a browser without the script; with it the same goes through ``/api/roll-calls``."""
    occurrence, school_class, students = to_call(occurrence_id, class_id)
    sent = request.form
    moment = sent.get("moment", "")
    try:
        marks = [
            (
                each.public_id,
                sent.get(f"mark-{each.public_id}", ""),
                at_on(occurrence, sent.get(f"at-{each.public_id}", "")),
            )
            for each in students
            if f"mark-{each.public_id}" in sent
        ]
        called = received(
            occurrence,
            school_class,
            students,
            moment=moment,
            marks=marks,
            called_at=at_on(occurrence, sent.get("called_at", "")) or clock.now(),
            client_uid=sent.get("client_uid", ""),
        )
    except NotFound:
        raise
    except DomainError as refusal:
        db.session.rollback()
        expect_writes(False)
        flash(str(refusal.message), "error")
        return _page(occurrence_id, class_id, moment), refusal.status
    _tell(called.refused and len(called.refused))
    return redirect(url_for("teacher.roll_call", occurrence_id=occurrence_id, class_id=class_id, moment=moment), 303)


def own_classes() -> list[SchoolClass]:
    """The classes of the visitor to call: those they teach, and as a counselor all of the school."""
    day, user = clock.today(), this_user()
    classes = classes_of(db.session, user=user, day=day)
    if entered_as("science_counselor"):
        school = school_for_counselor(db.session, user=user, day=day)
        taught = {each.id for each in classes}
        classes += [each for each in classes_of_school(db.session, school=school, day=day) if each.id not in taught]
    return classes


def _page(occurrence_id: str, class_id: str, moment: str) -> str:
    occurrence, school_class, students = to_call(occurrence_id, class_id)
    note_access("school_class", class_id, FIELDS)
    rows, now = callees(db.session, occurrence=occurrence, students=students), clock.now()
    if moment not in MOMENTS:
        moment = _usual_moment(rows, occurrence.ends_at, now)
    return render_template(
        "teacher/roll_call.html",
        occurrence=occurrence,
        school_class=school_class,
        rows=rows,
        moment=moment,
        now=now,
        now_ms=int(now.timestamp() * 1000),
        client_uid=new_public_id(),
        user=this_user(),
        called={each: _called_at(rows, each) for each in MOMENTS},
        absent=[row.student for row in rows if row.is_absent],
    )


def _usual_moment(rows: list[Callee], ends_at: datetime, now: datetime) -> str:
    """Arrival until it was called; then departure."""
    called = any("arrival" in row.marks for row in rows)
    return "departure" if called or now >= ends_at else "arrival"


def _called_at(rows: list[Callee], moment: str) -> datetime | None:
    return max((row.marks[moment].at for row in rows if moment in row.marks), default=None)


def _tell(refused: int | dict[Any, Any]) -> None:
    if refused:
        flash(_("点名已保存。有 %(count)s 名学生不能计入这一场，请看名单里的说明。", count=refused), "warning")
    else:
        flash(_("点名已保存。"), "success")
