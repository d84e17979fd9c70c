"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from credit_app import clock
from credit_app.extensions import db, limiter
from credit_app.faces import browser_session
from credit_app.faces.account import blueprint
from credit_app.faces.account.arrival import arrive
from credit_app.faces.account.attempt import A_CLASS_AT_ONCE, ASKED_FOR_SCHOOL, Failed, attempt_sign_in, offer_schools
from credit_app.faces.account.forms import SignInForm
from credit_app.faces.addresses import home_of, path_of_ours
from credit_app.faces.guards import held_roles, public
from credit_app.storage import reading


@blueprint.get("/sign-in")
@public
def sign_in() -> Any:
    """The form; whoever is signed in already goes on to where they wanted."""
    back = path_of_ours(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(back or home_of(held_roles()))
    form = SignInForm(formdata=None, data={"next": back, "login_name": request.args.get("name", "")})
    offer_schools(form, asked=bool(session.get(ASKED_FOR_SCHOOL)))
    return _page(form)


@blueprint.post("/sign-in")
@limiter.limit(A_CLASS_AT_ONCE)
@public
def submit_sign_in() -> Any:
    """Whoever is let in goes on to where they wanted."""
    form = SignInForm()
    outcome = attempt_sign_in(form, now=clock.now())
    if isinstance(outcome, Failed):
        return _page(form, told=outcome.told), outcome.status, outcome.headers
    home = arrive(outcome.user, outcome.token, keep=form.on_own_device.data)
    db.session.commit()
    return redirect(path_of_ours(form.next.data) or home)


@blueprint.post("/sign-out")
@public
def sign_out() -> Any:
    """The sign-in of this browser is over, for every copy of its cookie."""
    browser_session.end_in_database()
    db.session.commit()
    browser_session.forget()
    flash(_("您已退出登录。"), "success")
    return redirect(url_for("public.start"))


def _page(form: SignInForm, *, told: str | None = None) -> str:
    with reading():
        return render_template("account/sign_in.html", form=form, told=told)
