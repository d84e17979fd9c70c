"""A class: each pupil's credits by category, target, last activity, state and why; and the same as a file.

A grade's pupils who have no class yet are shown and exported in the same way, to the school's counselor.
"""

from __future__ import annotations

from flask import Response, render_template, request, url_for

from credit_app import clock
from credit_app.errors import NotFound
from credit_app.extensions import db
from credit_app.faces import downloads
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, note_access
from credit_app.faces.titles import category_titles
from credit_app.progress.exports import class_csv, class_workbook
from credit_app.progress.queries import ClassProgress, PupilRow, class_progress, grade_progress
from credit_app.schools.models import SchoolClass
from credit_app.schools.queries import class_for, led_classes_of, school_for_counselor

# What the page can be narrowed to; never an order by credits.
FILTERS = ("on_target", "near_target", "at_risk", "never")
GRADES = {str(grade) for grade in range(1, 13)}
FIELDS = "name,number,credits,participations"


@blueprint.get("/classes/<public_id>")
@requires(*STAFF)
def school_class(public_id: str) -> str:
    """One class or teaching group, for those who lead or teach it and for the school's counselor."""
    progress = _class_progress(public_id)
    hands_out = progress.school_class is not None and _leads(progress.school_class)
    return _page(
        progress,
        here=url_for("teacher.school_class", public_id=public_id),
        files={
            "xlsx": url_for("teacher.class_as_workbook", public_id=public_id),
            "csv": url_for("teacher.class_as_csv", public_id=public_id),
        },
        group={"kind": "class", "group_id": public_id} if hands_out else None,
    )


@blueprint.get("/classes/<public_id>/progress.csv")
@requires(*STAFF)
def class_as_csv(public_id: str) -> Response:
    """The class as CSV that opens in Excel with Chinese intact."""
    return _csv(_class_progress(public_id))


@blueprint.get("/classes/<public_id>/progress.xlsx")
@requires(*STAFF)
def class_as_workbook(public_id: str) -> Response:
    """The class as a workbook with typed columns and filters."""
    return _workbook(_class_progress(public_id))


@blueprint.get("/grades/<grade>")
@requires("science_counselor")
def grade(grade: str) -> str:
    """The pupils of a grade who have no class yet, for the school's counselor."""
    return _page(
        _grade_progress(grade),
        here=url_for("teacher.grade", grade=grade),
        files={
            "xlsx": url_for("teacher.grade_as_workbook", grade=grade),
            "csv": url_for("teacher.grade_as_csv", grade=grade),
        },
        group={"kind": "grade", "group_id": grade},
    )


@blueprint.get("/grades/<grade>/progress.csv")
@requires("science_counselor")
def grade_as_csv(grade: str) -> Response:
    """The pupils of a grade who have no class yet, as CSV."""
    return _csv(_grade_progress(grade))


@blueprint.get("/grades/<grade>/progress.xlsx")
@requires("science_counselor")
def grade_as_workbook(grade: str) -> Response:
    """The pupils of a grade who have no class yet, as a workbook."""
    return _workbook(_grade_progress(grade))


def matches(row: PupilRow, chosen: str) -> bool:
    """Whether the pupil belongs to what the page has been narrowed to."""
    return not row.took_part if chosen == "never" else row.state == chosen


def _class_progress(public_id: str) -> ClassProgress:
    day = clock.today()
    found = class_for(db.session, user=this_user(), public_id=public_id, day=day)
    note_access("school_class", public_id, FIELDS)
    return class_progress(db.session, school_class=found, day=day)


def _grade_progress(grade: str) -> ClassProgress:
    if grade not in GRADES:
        raise NotFound
    day = clock.today()
    school = school_for_counselor(db.session, user=this_user(), day=day)
    note_access("grade", f"{school.public_id}.{grade}", FIELDS)
    return grade_progress(db.session, school=school, grade=int(grade), day=day)


def _page(progress: ClassProgress, *, here: str, files: dict[str, str], group: dict[str, str] | None) -> str:
    chosen = request.args.get("show", "")
    chosen = chosen if chosen in FILTERS else ""
    return render_template(
        "teacher/class.html",
        progress=progress,
        rows=[row for row in progress.rows if matches(row, chosen)] if chosen else progress.rows,
        chosen=chosen,
        here=here,
        files=files,
        group=group,
        titles=category_titles(db.session),
    )


def _csv(progress: ClassProgress) -> Response:
    content = class_csv(progress, titles=category_titles(db.session), made_at=clock.now())
    return downloads.attachment(content, name=_file_name(progress), suffix="csv")


def _workbook(progress: ClassProgress) -> Response:
    content = class_workbook(progress, titles=category_titles(db.session), made_at=clock.now())
    return downloads.attachment(content, name=_file_name(progress), suffix="xlsx")


def _file_name(progress: ClassProgress) -> str:
    return f"{progress.school.name}-{progress.name}-{progress.year}-{progress.day.isoformat()}"


def _leads(school_class: SchoolClass) -> bool:
    """Whether the user hands out the sign-ins and cards of this class."""
    if school_class.kind != "homeroom":
        return False
    if any(role.school_id == school_class.school_id for role in entered_as("science_counselor")):
        return True
    led = led_classes_of(db.session, user=this_user(), day=clock.today())
    return any(each.id == school_class.id for each in led)
