"""One's own account: what it is called, what it may do, its password."""

from __future__ import annotations

from math import ceil
from typing import Any

from flask import flash, redirect, render_template, session, url_for
from flask_babel import gettext as _

from credit_app import clock
from credit_app.errors import InvalidInput
from credit_app.extensions import db, limiter
from credit_app.faces.account import blueprint
from credit_app.faces.account.arrival import arrive
from credit_app.faces.account.forms import PasswordForm
from credit_app.faces.addresses import home_of
from credit_app.faces.guards import held_roles, signed_in, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.people import actions as people_actions
from credit_app.people.actions import Blocked, Refused
from credit_app.people.models import User

GUESSES_OF_ONE_NETWORK = "60/minute"


@blueprint.get("/account")
@signed_in
def own() -> Any:
    """Name, user name, and the roles held today."""
    roles = held_roles()
    return render_template("account/own.html", user=this_user(), roles=roles, home_url=home_of(roles))


@blueprint.get("/account/password")
@signed_in
def change_password() -> Any:
    """The form for a new password."""
    return _page(PasswordForm(formdata=None))


@blueprint.post("/account/password")
@limiter.limit(GUESSES_OF_ONE_NETWORK)
@signed_in
def submit_password() -> Any:
    """The password is changed: every other browser is signed out, and this one gets a new token."""
    form = PasswordForm()
    if not form.validate():
        return _page(form), 422
    user_id, keep, now = this_user().id, session.permanent, clock.now()
    db.session.close()  # knowing who asks has begun a transaction, and no hash is computed within one
    try:
        outcome = people_actions.change_password(
            db.session, user_id=user_id, current=form.current.data, new=form.password.data, now=now
        )
    except InvalidInput as refusal:
        show_at_field(form, refusal)
        return _page(form), refusal.status
    match outcome:
        case User():
            token = people_actions.begin_sign_in(db.session, user=outcome, now=now, on_own_device=keep)
            arrive(outcome, token, keep=keep)
            db.session.commit()
            flash(_("密码已经修改，其他设备上的登录已全部退出。"), "success")
            return redirect(url_for("account.own"))
        case Refused():
            db.session.commit()
            form.current.errors = [_("现在的密码不正确。")]
            return _page(form), 422
        case Blocked(until):
            db.session.commit()
            form.current.errors = [_("输错的次数太多，请稍后再试。")]
            return _page(form), 429, {"Retry-After": str(ceil((until - now).total_seconds()))}


def _page(form: PasswordForm) -> str:
    return render_template("account/password.html", form=form)
