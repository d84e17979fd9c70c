"""What happens to a draft after it was written: withdrawn, returned, published by a second officer, put aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from credit_app import clock
from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.draft_forms import PublishForm, ReturnForm, address
from credit_app.faces.bureau.draft_page import changes_of, refused_page
from credit_app.faces.bureau.reach import own_draft
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.rule_books import drafting
from credit_app.rule_books.standing import read_draft
from credit_app.rules.book import BookError


@blueprint.get("/rules/drafts/<public_id>/changes")
@requires("bureau_officer")
def rule_draft_changes(public_id: str) -> str:
    """The stored draft against the book whose days it would take, line by line."""
    draft = own_draft(public_id)
    reading = read_draft(db.session, text=draft.text, district_id=draft.district_id)
    base, changes = changes_of(draft, reading)
    return render_template("bureau/rule_draft_changes.html", draft=draft, book=reading.book, base=base, changes=changes)


@blueprint.post("/rules/drafts/<public_id>/withdraw")
@requires("bureau_officer")
def rule_draft_withdraw(public_id: str) -> Any:
    """Who submitted the draft works on it again."""
    draft = own_draft(public_id)
    return _step(
        public_id,
        lambda: drafting.withdraw_draft(db.session, draft=draft, user_id=this_user().id),
        _("已撤回，可以继续修改。"),
    )


@blueprint.post("/rules/drafts/<public_id>/return")
@requires("bureau_officer")
def rule_draft_return(public_id: str) -> Any:
    """A second officer has given the draft back with a remark."""
    draft, form = own_draft(public_id), ReturnForm()
    if not form.validate():
        return refused_page(public_id, status=422, return_form=form)
    try:
        drafting.return_draft(db.session, draft=draft, remark=form.remark.data, user_id=this_user().id, now=clock.now())
    except DomainError as refusal:
        show_at_field(form, refusal)
        told = "" if refusal.field else str(refusal.message)
        return refused_page(public_id, message=told, status=refusal.status, return_form=form)
    db.session.commit()
    flash(_("已退回，提交人会看到您的意见。"), "success")
    return redirect(address("", public_id), 303)


@blueprint.post("/rules/drafts/<public_id>/publish")
@requires("bureau_officer")
def rule_draft_publish(public_id: str) -> Any:
    """A second officer has published the book as it was shown; or the page says why not, and nothing is stored."""
    draft, form = own_draft(public_id), PublishForm()
    if not form.validate() or not form.seen.data:
        return refused_page(public_id, message=_("请先核对，并在“我已核对”前打勾。"), status=422)
    try:
        published = drafting.publish_draft(
            db.session,
            draft=draft,
            version=form.version.data,
            replaces=(form.replaces.data or "").split(),
            user_id=this_user().id,
            now=clock.now(),
        )
    except BookError:
        return refused_page(public_id, message=_("文本有问题，不能发布。"), status=422)
    except DomainError as refusal:
        return refused_page(public_id, message=str(refusal.message), status=refusal.status)
    rule_set = published.rule_set
    db.session.commit()
    flash(_("规则集 %(id)s 已发布。", id=rule_set), "success")
    return redirect(url_for("bureau.rule_set", rule_set=rule_set), 303)


@blueprint.post("/rules/drafts/<public_id>/discard")
@requires("bureau_officer")
def rule_draft_discard(public_id: str) -> Any:
    """The draft is put aside, and can be brought back."""
    draft = own_draft(public_id)
    return _step(
        public_id,
        lambda: drafting.discard_draft(db.session, draft=draft),
        _("草稿已放到一边；需要时可以恢复。"),
    )


@blueprint.post("/rules/drafts/<public_id>/restore")
@requires("bureau_officer")
def rule_draft_restore(public_id: str) -> Any:
    """A draft that was put aside is worked on again."""
    draft = own_draft(public_id)
    return _step(public_id, lambda: drafting.restore_draft(db.session, draft=draft), _("草稿已恢复，可以继续修改。"))


def _step(public_id: str, act: Callable[[], None], done: str) -> Any:
    """The step is taken and told; or the page says why not."""
    try:
        act()
    except DomainError as refusal:
        return refused_page(public_id, message=str(refusal.message), status=refusal.status)
    db.session.commit()
    flash(done, "success")
    return redirect(address("", public_id), 303)
