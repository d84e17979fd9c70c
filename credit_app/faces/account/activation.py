"""The first password, by the code on an activation slip."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _

from credit_app import clock
from credit_app.errors import InvalidInput
from credit_app.extensions import db, limiter
from credit_app.faces.account import blueprint
from credit_app.faces.account.arrival import arrive
from credit_app.faces.account.attempt import A_CLASS_AT_ONCE
from credit_app.faces.account.forms import ActivationForm
from credit_app.faces.account.turns import in_line, told_to_wait
from credit_app.faces.guards import public
from credit_app.faces.refusals import show_at_field
from credit_app.people import actions as people_actions
from credit_app.people.line import TooManySignIns


@blueprint.get("/activate")
@public
def activate() -> Any:
    """The form; a slip's own address may bring the user name along, never the code."""
    return _page(ActivationForm(formdata=None, data={"login_name": request.args.get("name", "")}))


@blueprint.post("/activate")
@limiter.limit(A_CLASS_AT_ONCE)
@public
def submit_activation() -> Any:
    """The password is set and its owner signed in; a refusal says whether to type again or to ask for a new code."""
    form = ActivationForm()
    if not form.validate():
        return _page(form), 422
    now = clock.now()
    try:
        with in_line(form.turn.data, now=now):
            user = people_actions.activate(
                db.session,
                school=None,
                login_name=form.login_name.data,
                code=form.code.data,
                password=form.password.data,
                now=now,
            )
    except TooManySignIns as busy:
        form.form_errors.append(told_to_wait(now=now))
        return _page(form), busy.status, {"Retry-After": "5"}
    except InvalidInput as refusal:
        db.session.rollback()
        show_at_field(form, refusal)
        return _page(form), refusal.status
    home = arrive(user, people_actions.begin_sign_in(db.session, user=user, now=now))
    db.session.commit()
    flash(_("密码已经设好，以后用它登录。"), "success")
    return redirect(home)


def _page(form: ActivationForm) -> str:
    return render_template("account/activate.html", form=form)
