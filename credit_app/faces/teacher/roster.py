"""The roster: a counselor uploads it, looks at what would change, decides, and sees what has changed.

Reading a roster takes seconds, so no transaction waits for it: whatever the request has begun is ended first, the
school is read in a transaction of its own, and only the writes at the end hold the database.
"""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from credit_app import clock
from credit_app.errors import Conflict, InvalidInput
from credit_app.extensions import db
from credit_app.faces import downloads
from credit_app.faces.fields import clean_text
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.roster_forms import ApplyForm, ChoicesForm, UploadForm
from credit_app.faces.teacher.showing import note_access
from credit_app.organisations.models import School
from credit_app.schools.queries import school_for_counselor
from credit_app.schools.roster.choices import Choices, grades_in
from credit_app.schools.roster.history import past_import_for, past_imports
from credit_app.schools.roster.previewing import Preview, RemovalsNotConfirmed, apply_preview, preview
from credit_app.schools.roster.problems import RosterRefused, WhichSchool
from credit_app.schools.roster.report import changes_csv, field_label
from credit_app.schools.roster.source import RosterFiles, open_bytes
from credit_app.schools.roster.uploads import discard_upload, files_of, keep_upload, upload_for
from credit_app.storage import reading

FIELDS = "name,number,class"
LISTED = 200
"""So many lines of one kind stand on the page; all of them are in the file."""


@blueprint.get("/roster")
@requires("science_counselor")
def roster() -> str:
    """Upload a roster; earlier imports below."""
    return _roster_page(UploadForm())


@blueprint.post("/roster")
@requires("science_counselor")
def upload_roster() -> AnyResponse | tuple[str, int]:
    """The file is kept for its preview; one that cannot be read is refused at once, with every reason."""
    form, now = UploadForm(), clock.now()
    if not form.validate():
        return _roster_page(form), 422
    school, user = _own_school(), this_user()
    school_id, user_id = school.id, user.id
    content, name = form.file.data.read(), _file_name(form.file.data.filename)
    choices = Choices()
    db.session.rollback()
    try:
        preview(db.session, school_id=school_id, files=open_bytes(content, name=name), choices=choices, now=now)
    except WhichSchool:
        pass  # the preview asks which school is meant
    except RosterRefused as refusal:
        return _roster_page(form, refusal), refusal.status
    upload = keep_upload(
        db.session,
        school_id=school_id,
        user_id=user_id,
        file_name=name,
        content=content,
        choices=choices,
        now=now,
    )
    public_id = upload.public_id
    db.session.commit()
    return redirect(url_for("teacher.roster_preview", public_id=public_id))


@blueprint.get("/roster/<public_id>")
@requires("science_counselor")
def roster_preview(public_id: str) -> str:
    """What the roster would change: new, changed, gone, and every problem."""
    return _preview_page(public_id, ApplyForm(formdata=None))


@blueprint.get("/roster/<public_id>/changes.csv")
@requires("science_counselor")
def roster_changes(public_id: str) -> Response:
    """Every line of the preview as a file, for a list too long to read on a page."""
    upload = upload_for(db.session, user=this_user(), public_id=public_id, day=clock.today())
    note_access("roster_upload", public_id, FIELDS)
    found = _previewed(upload.school_id, files_of(upload), Choices.from_json(upload.choices))
    return downloads.attachment(changes_csv(found.plan), name=_("名单变动明细"), suffix="csv")


@blueprint.post("/roster/<public_id>/choices")
@requires("science_counselor")
def choose_for_roster(public_id: str) -> AnyResponse | tuple[str, int]:
    """Which school of the roster is meant, which grades, and which course stands for the class."""
    upload = upload_for(db.session, user=this_user(), public_id=public_id, day=clock.today())
    form = ChoicesForm()
    try:
        grades = grades_in(form.grades.data or "")
    except InvalidInput as refusal:
        show_at_field(form, refusal)
        return _preview_page(public_id, ApplyForm(formdata=None), choosing=form), refusal.status
    upload.choices = Choices(grades=grades, org=form.org.data or None, class_course=form.class_course.data).to_json()
    db.session.commit()
    return redirect(url_for("teacher.roster_preview", public_id=public_id))


@blueprint.post("/roster/<public_id>/apply")
@requires("science_counselor")
def apply_roster(public_id: str) -> AnyResponse | tuple[str, int]:
    """The school is as the preview said; anything that has changed since sends back to a new preview."""
    form, now, user = ApplyForm(), clock.now(), this_user()
    upload = upload_for(db.session, user=user, public_id=public_id, day=clock.today())
    user_id, school_id = user.id, upload.school_id
    files, choices = files_of(upload), Choices.from_json(upload.choices)
    db.session.rollback()
    try:
        found = _previewed(school_id, files, choices)
        if found.plan.digest() != form.digest.data:
            raise Conflict
        applied = apply_preview(
            db.session,
            preview=found,
            applied_by_id=user_id,
            removals_confirmed=form.removals_confirmed.data is True,
            now=now,
        )
    except RemovalsNotConfirmed as refusal:
        db.session.rollback()
        form.removals_confirmed.errors = [_("请核对后勾选，再导入。")]
        return _preview_page(public_id, form), refusal.status
    except Conflict as refusal:
        db.session.rollback()
        flash(_("学校的情况或读取方式在预览之后有了变化，下面是新的预览，请重新核对。"), "warning")
        return _preview_page(public_id, ApplyForm(formdata=None)), refusal.status
    discard_upload(db.session, upload=upload_for(db.session, user=this_user(), public_id=public_id, day=clock.today()))
    applied_id = applied.public_id if applied else None
    db.session.commit()
    if applied_id is None:
        flash(_("名单与学校现状一致，没有需要改动的内容。"), "info")
        return redirect(url_for("teacher.roster"))
    return redirect(url_for("teacher.roster_applied", public_id=applied_id))


@blueprint.post("/roster/<public_id>/discard")
@requires("science_counselor")
def discard_roster(public_id: str) -> AnyResponse:
    """The upload is gone; nothing has changed."""
    upload = upload_for(db.session, user=this_user(), public_id=public_id, day=clock.today())
    discard_upload(db.session, upload=upload)
    db.session.commit()
    flash(_("已放弃这次导入，学校名单没有变化。"), "info")
    return redirect(url_for("teacher.roster"))


@blueprint.get("/roster/imports/<public_id>")
@requires("science_counselor")
def roster_applied(public_id: str) -> str:
    """What an import changed, and what to do next."""
    past = past_import_for(db.session, user=this_user(), public_id=public_id, day=clock.today())
    return render_template("teacher/roster_applied.html", past=past)


def _file_name(given: str | None) -> str:
    """The file's own name as people know it, without the folders some browsers send along."""
    name = clean_text((given or "").replace("\\", "/").rsplit("/", 1)[-1])
    return name[:120] or "roster.zip"


def _own_school() -> School:
    return school_for_counselor(db.session, user=this_user(), day=clock.today())


def _roster_page(form: UploadForm, refusal: RosterRefused | None = None) -> str:
    school = _own_school()
    return render_template(
        "teacher/roster_upload.html",
        form=form,
        school=school,
        past=past_imports(db.session, school=school),
        refused=refusal.problems if refusal else (),
    )


def _preview_page(public_id: str, form: ApplyForm, choosing: ChoicesForm | None = None) -> str:
    """The preview of the upload, found anew: the page always shows the school as it is now."""
    db.session.rollback()
    with reading():
        return _read_preview(public_id, form, choosing or ChoicesForm(formdata=None))


def _read_preview(public_id: str, form: ApplyForm, choosing: ChoicesForm) -> str:
    upload = upload_for(db.session, user=this_user(), public_id=public_id, day=clock.today())
    choices = Choices.from_json(upload.choices)
    school_id, school_public_id, file_name, files = (
        upload.school_id,
        _own_school().public_id,
        upload.file_name,
        files_of(upload),
    )
    db.session.rollback()  # reading the roster takes a while
    note_access("school", school_public_id, FIELDS)
    found: Preview | None = None
    which: WhichSchool | None = None
    try:
        found = _previewed(school_id, files, choices)
    except WhichSchool as refusal:
        which = refusal
    plan = found.plan if found else None
    if plan:
        form.digest.data = plan.digest()
    choosing.offer(choices, plan, which.choices if which else ())
    return render_template(
        "teacher/roster_preview.html",
        public_id=public_id,
        file_name=file_name,
        school=_own_school(),
        plan=plan,
        which=which,
        form=form,
        choosing=choosing,
        field_label=field_label,
        most=LISTED,
    )


def _previewed(school_id: int, files: RosterFiles, choices: Choices) -> Preview:
    return preview(db.session, school_id=school_id, files=files, choices=choices, now=clock.now())
