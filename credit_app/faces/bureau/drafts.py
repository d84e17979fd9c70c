"""Drafting a rule set: begin, write with the problems told as one types, save. What follows is in `draft_steps`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

import credit_app.rule_books
from credit_app import clock
from credit_app.errors import Conflict, DomainError, InvalidInput, NotFound
from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.draft_forms import NewDraftForm, TextForm, address
from credit_app.faces.bureau.draft_page import draft_page, refused_page
from credit_app.faces.bureau.draft_reading import answer
from credit_app.faces.bureau.reach import own_district_ids, own_districts, own_draft
from credit_app.faces.guards import only_reads, requires, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.organisations.models import District
from credit_app.rule_books import drafting
from credit_app.rule_books.queries import book_for_bureau, books_for_bureau, books_named
from credit_app.rule_books.standing import read_draft
from credit_app.rules.book import BookError
from credit_app.rules.yaml_text import MAX_BYTES

SKELETON = Path(credit_app.rule_books.__file__).parent / "skeleton.yaml"
# A character may be written as \uXXXX in JSON.
MAX_REQUEST_BYTES = 6 * MAX_BYTES + 16 * 1024


@blueprint.get("/rules/drafts/new")
@requires("bureau_officer")
def rule_draft_new() -> str:
    """How a draft can begin; ``?from=ID`` chooses the book to copy."""
    form = NewDraftForm(formdata=None)
    _offer(form, chosen=request.args.get("from", ""))
    return render_template("bureau/rule_draft_new.html", form=form)


@blueprint.post("/rules/drafts")
@requires("bureau_officer")
def rule_draft_start() -> Any:
    """A draft of the officer's own district stands; or the form says what is missing."""
    form = NewDraftForm()
    _offer(form)
    try:
        district, text = _district(form), _first_text(form)
        draft = drafting.start_draft(db.session, district=district, text=text, user_id=this_user().id, now=clock.now())
    except DomainError as refusal:
        if not refusal.field:
            raise
        show_at_field(form, refusal)
        db.session.rollback()
        return render_template("bureau/rule_draft_new.html", form=form), refusal.status
    public_id = draft.public_id
    db.session.commit()
    flash(_("草稿已建好，只有本区教育局看得到。"), "success")
    return redirect(address("", public_id), 303)


@blueprint.get("/rules/drafts/<public_id>")
@requires("bureau_officer")
def rule_draft(public_id: str) -> str:
    """The draft: its text to be edited or read, what is wrong with it, what it would change, and what comes next."""
    return draft_page(own_draft(public_id))


@blueprint.post("/rules/drafts/<public_id>")
@requires("bureau_officer")
def rule_draft_save(public_id: str) -> Any:
    """By the button pressed the text is checked (nothing is stored), saved, or saved and submitted."""
    draft, form = own_draft(public_id), TextForm()
    if not form.validate():
        raise InvalidInput(_("请从草稿页面提交。"))
    step, text = request.form.get("step", "save"), form.text.data
    if step == "check":
        db.session.rollback()
        return refused_page(public_id, typed=text, version=form.version.data)
    try:
        drafting.save_draft(
            db.session, draft=draft, text=text, version=form.version.data, user_id=this_user().id, now=clock.now()
        )
        version = draft.version
        db.session.commit()
    except DomainError as refusal:
        return _not_saved(public_id, refusal, text)
    if step == "submit":
        return _submit(public_id, version)
    flash(_("草稿已保存。"), "success")
    return redirect(address("", public_id), 303)


@blueprint.post("/rules/drafts/<public_id>/check")
@only_reads
@requires("bureau_officer")
def rule_draft_check(public_id: str) -> Any:
    """For the script, as one types: what is wrong with the text, with places. Nothing is stored, whatever is sent."""
    # Not `max_content_length`: looking for the token of a form has opened the body before.
    if (request.content_length or 0) > MAX_REQUEST_BYTES:
        return jsonify(status="too_large", message=_("文本太长，不像是一本规则集。")), 413
    district_id = own_draft(public_id).district_id
    sent = request.get_json(silent=True) if request.is_json else None
    text = sent.get("text") if isinstance(sent, dict) else None
    if not isinstance(text, str):
        return jsonify(status="malformed", message=_("请把文本放在 JSON 的 text 里。")), 400
    return jsonify(answer(read_draft(db.session, text=drafting.clean_lines(text), district_id=district_id)))


def _submit(public_id: str, version: int) -> Any:
    """The saved text waits for a second officer; or the page says why not."""
    draft = own_draft(public_id)
    try:
        drafting.submit_draft(db.session, draft=draft, version=version, user_id=this_user().id, now=clock.now())
    except BookError:
        return refused_page(public_id, message=_("草稿已保存，但还不能提交：请先改好下面的问题。"), status=422)
    except DomainError as refusal:
        return refused_page(public_id, message=str(refusal.message), status=refusal.status)
    db.session.commit()
    flash(_("已提交，等另一位同事核对并发布。"), "success")
    return redirect(address("", public_id), 303)


def _not_saved(public_id: str, refusal: DomainError, typed: str) -> Any:
    """The page again with what was typed, beside what others have saved meanwhile: nobody's work is lost."""
    version = refusal.version if isinstance(refusal, drafting.NewerText) else None
    return refused_page(
        public_id,
        message=str(refusal.message),
        status=refusal.status,
        typed=typed,
        version=version,
        conflict=isinstance(refusal, Conflict),
    )


def _offer(form: NewDraftForm, *, chosen: str = "") -> None:
    rows = books_for_bureau(db.session, district_ids=own_district_ids())
    books = books_named(db.session, rule_sets=[row.rule_set for row in rows])
    known = chosen if chosen in books else ""
    form.offer([books[row.rule_set] for row in rows], own_districts(), chosen=known)


def _district(form: NewDraftForm) -> District:
    """The district of the form, of those whose officer the visitor is. Raises: NotFound."""
    own = own_districts()
    if len(own) == 1:
        return own[0]
    found = next((district for district in own if district.code == form.district.data), None)
    if found is None:
        raise NotFound
    return found


def _first_text(form: NewDraftForm) -> str:
    """What the draft begins with. Raises: InvalidInput at the field; NotFound for another district's book."""
    if form.source.data == "skeleton":
        return SKELETON.read_text(encoding="utf-8")
    if form.source.data == "upload":
        uploaded = form.file.data
        if not isinstance(uploaded, FileStorage) or not uploaded.filename:
            raise InvalidInput(_("请选择一个 YAML 文件。"), field="file")
        return drafting.text_of_bytes(uploaded.stream.read(MAX_BYTES + 1))
    if form.source.data != "copy":
        raise InvalidInput(_("请选择从哪里开始。"), field="source")
    if not form.rule_set.data:
        raise InvalidInput(_("请选择要复制的规则集。"), field="rule_set")
    district_ids = own_district_ids()
    return book_for_bureau(db.session, rule_set=form.rule_set.data, district_ids=district_ids).text
