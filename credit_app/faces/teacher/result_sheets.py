"""A sheet of results: a template to fill in, a preview of every row, and the entering of all that is right.

Reading a workbook takes a moment, so no transaction waits for it: it is read before or between them.
"""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from credit_app import clock
from credit_app.errors import Conflict, NotFound
from credit_app.extensions import db
from credit_app.faces import downloads
from credit_app.faces.fields import clean_text
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import only_reads, show_at_field
from credit_app.faces.results import note_access
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.result_forms import ApplySheetForm, SheetForm
from credit_app.faces.teacher.results import own_school
from credit_app.faces.titles import category_titles
from credit_app.recognition.results import sheets
from credit_app.recognition.results.offer import offered_on
from credit_app.recognition.results.sheet_plan import plan_sheet
from credit_app.recognition.results.sheet_rows import HEADINGS, SheetRow, heading, sheet_rows
from credit_app.recognition.results.sheet_source import MOST_BYTES, MOST_ROWS, SheetRefused, rows_of
from credit_app.recognition.results.sheet_template import template_csv, template_workbook
from credit_app.storage import reading

LISTED = 200
"""So many rows of one kind stand on the page."""


@blueprint.get("/results/sheet")
@requires("science_counselor")
def result_sheet() -> str:
    """The template, and where to upload it filled in."""
    return _upload_page(SheetForm(formdata=None))


@blueprint.get("/results/sheet/template.<any(xlsx, csv):suffix>")
@requires("science_counselor")
def result_template(suffix: str) -> Response:
    """The empty sheet."""
    offered = offered_on(db.session, district_id=own_school().district_id, day=clock.today())
    content = template_csv() if suffix == "csv" else template_workbook(offered.values())
    return downloads.attachment(content, name=_("成果登记表"), suffix=suffix)


@blueprint.post("/results/sheet")
@requires("science_counselor")
def result_sheet_upload() -> Any:
    """The file is kept for its preview; one that cannot be read is refused at once."""
    form = SheetForm()
    if not form.validate():
        only_reads()
        return _upload_page(form), 422
    school_id, user_id = own_school().id, this_user().id
    content, name = form.file.data.read(MOST_BYTES + 1), _file_name(form.file.data.filename)
    db.session.rollback()
    try:
        sheet_rows(rows_of(content))
    except SheetRefused as refusal:
        only_reads()
        show_at_field(form, refusal)
        return _upload_page(form), refusal.status
    sheet = sheets.keep_sheet(
        db.session, school_id=school_id, user_id=user_id, file_name=name, content=content, now=clock.now()
    )
    public_id = sheet.public_id
    db.session.commit()
    return redirect(url_for("teacher.result_sheet_preview", public_id=public_id), 303)


@blueprint.get("/results/sheets/<public_id>")
@requires("science_counselor")
def result_sheet_preview(public_id: str) -> str:
    """What becomes of every row: entered, standing already, or left out and why."""
    return _preview_page(public_id, ApplySheetForm(formdata=None))


@blueprint.post("/results/sheets/<public_id>/apply")
@requires("science_counselor")
def result_sheet_apply(public_id: str) -> Any:
    """All rows that are right are entered, in one transaction; the sheet is gone."""
    form = ApplySheetForm()
    rows = _rows(public_id)
    try:
        plan = sheets.apply_sheet(
            db.session,
            school=own_school(),
            rows=rows,
            digest=form.digest.data or "",
            entered_by=this_user(),
            now=clock.now(),
        )
        sheets.discard_sheet(db.session, sheet=_sheet(public_id))
    except Conflict as refusal:
        flash(_("预览之后情况有了变化，下面是新的预览，请重新核对。"), "warning")
        return _preview_page(public_id, ApplySheetForm(formdata=None)), refusal.status
    count = len(plan.new)
    db.session.commit()
    if count:
        flash(
            ngettext("已登记 %(num)s 项成果，等另一位审核。", "已登记 %(num)s 项成果，等另一位审核。", count), "success"
        )
    else:
        flash(_("表中的成果都已登记过，没有新增。"), "info")
    return redirect(url_for("teacher.results", state="submitted"), 303)


@blueprint.post("/results/sheets/<public_id>/discard")
@requires("science_counselor")
def result_sheet_discard(public_id: str) -> Any:
    """The upload is gone; nothing was entered."""
    sheets.discard_sheet(db.session, sheet=_sheet(public_id))
    db.session.commit()
    flash(_("已放弃这次导入，没有登记任何成果。"), "info")
    return redirect(url_for("teacher.result_sheet"), 303)


def _sheet(public_id: str) -> sheets.ResultSheet:
    return sheets.sheet_for(db.session, user=this_user(), school=own_school(), public_id=public_id)


def _rows(public_id: str) -> list[SheetRow]:
    """The rows of the upload; the transaction in which it was fetched is over before it is read. Raises: NotFound."""
    content = sheets.content_of_sheet(_sheet(public_id))
    db.session.rollback()
    try:
        return sheet_rows(rows_of(content))
    except SheetRefused as unreadable:  # it was readable when it was taken in
        raise NotFound from unreadable


def _upload_page(form: SheetForm) -> str:
    return render_template(
        "teacher/result_sheet.html",
        form=form,
        school=own_school(),
        headings=[heading(field) for field in HEADINGS],
        most_rows=MOST_ROWS,
        most_mb=MOST_BYTES // (1024 * 1024),
    )


def _preview_page(public_id: str, form: ApplySheetForm) -> str:
    """The preview, found anew: the page always shows what applying would do now."""
    only_reads()
    with reading():
        rows = _rows(public_id)
        note_access("result_sheet", public_id)
        school = own_school()
        plan = plan_sheet(db.session, school=school, rows=rows, today=clock.today())
        form.digest.data = plan.digest()
        return render_template(
            "teacher/result_sheet_preview.html",
            form=form,
            plan=plan,
            school=school,
            public_id=public_id,
            file_name=_sheet(public_id).file_name,
            titles=category_titles(db.session),
            most=LISTED,
        )


def _file_name(given: str | None) -> str:
    """The file's own name as people know it, without the folders some browsers send along."""
    name = clean_text((given or "").replace("\\", "/").rsplit("/", 1)[-1])
    return name[:120] or "results.xlsx"
