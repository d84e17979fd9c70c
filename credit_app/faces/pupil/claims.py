"""From the code on a screen to an answer on the phone: opening, signing in if need be, confirming.

Opening a code only sets a cookie, so a preview of the link by a messenger consumes nothing. The time of check-in is
that of opening, however long signing in takes.
"""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, session, url_for
from flask_login import current_user

from credit_app import clock
from credit_app.attendance.actions import is_own_answer
from credit_app.attendance.answers import Answer
from credit_app.attendance.claim import Claim
from credit_app.attendance.opening import open_code
from credit_app.attendance.queries import ScanContext, kiosk_occurrence
from credit_app.extensions import db, limiter
from credit_app.faces import browser_session
from credit_app.faces.account.arrival import arrive
from credit_app.faces.account.attempt import A_CLASS_AT_ONCE, ASKED_FOR_SCHOOL, Failed, attempt_sign_in, offer_schools
from credit_app.faces.claiming import (
    NotAPupil,
    answer_claim,
    answer_other_occurrence,
    context_of,
    count_refused,
    hand_out,
    held_claim,
    status_of,
)
from credit_app.faces.guards import public, this_user
from credit_app.faces.pupil import blueprint
from credit_app.faces.pupil.answer_page import answer_page
from credit_app.faces.pupil.forms import ClaimSignInForm, ConfirmForm, form_data
from credit_app.faces.pupil.typing import TypedCodeForm
from credit_app.storage import reading

# Of one network address: a museum's guests share one. Confirming needs no limit of its own, since a claim is only to be
# had by opening a code.
A_HALL_AT_ONCE = "1200/minute"


def _did_not_fit(response: Response) -> bool:
    """Whoever stands before a screen with a hall full of others is slowed down by failures only."""
    return response.status_code in (422, 429)


@blueprint.get("/K/<code>")
@blueprint.get("/k/<code>")
@limiter.limit(A_HALL_AT_ONCE)
@public
def open_kiosk_code(code: str) -> Any:
    """A genuine code of this moment leaves a claim in the browser; any other is told what is wrong with it."""
    now = clock.now()
    opening = open_code(db.session, text=code, now=now)
    if opening.claim is None:
        if request.method != "HEAD":
            count_refused(opening.status)
        return answer_page(Answer(opening.status)), 400 if opening.malformed else 200
    response = redirect(url_for("pupil.claim", opened="1"), 303)
    hand_out(opening.claim, response)
    return response


@blueprint.get("/k")
@public
def claim() -> Any:
    """What the claim is for: a button for a pupil who is signed in, else the form to sign in with."""
    held = held_claim()
    if held is None:
        # Who has just opened a code and holds nothing has a browser that keeps no cookies.
        return render_template("pupil/no_claim.html", form=_typed_form(), without_cookies="opened" in request.args)
    if not current_user.is_authenticated:
        if held.expired(clock.now()):
            return answer_page(Answer("claim_timeout"))
        form = ClaimSignInForm(formdata=None, data=form_data(held))
        offer_schools(form, asked=bool(session.get(ASKED_FOR_SCHOOL)))
        return _sign_in_page(held, form)
    context = context_of(held, user_id=this_user().id)
    if context is None:
        return _not_a_pupil_page()
    told = _told_before(held, context)
    if told is not None:
        return answer_page(told, context=context, claim=held)
    return render_template(
        "pupil/claim.html",
        form=ConfirmForm(formdata=None, data=form_data(held)),
        claim=held,
        happening=context.happening,
    )


@blueprint.post("/k")
@public
def confirm_claim() -> Any:
    """The scan of whoever is signed in is decided on and answered; sent again, it is answered the same."""
    held = held_claim()
    if held is None or not current_user.is_authenticated:
        return redirect(url_for("pupil.claim"), 303)
    if not ConfirmForm().tells_of(held):
        return answer_page(answer_other_occurrence())
    return _confirmed(held, user_id=this_user().id)


@blueprint.get("/k/sign-in")
@public
def back_to_claim() -> Any:
    """Where a reload or the back button leads after a sign-in that failed."""
    return redirect(url_for("pupil.claim"), 303)


@blueprint.post("/k/sign-in")
@limiter.limit(A_HALL_AT_ONCE)
@limiter.limit(A_CLASS_AT_ONCE, deduct_when=_did_not_fit)
@public
def sign_in_and_confirm() -> Any:
    """Name and password sign in and confirm in one go.

    Two commits on purpose: who has signed in stays so, even when the scan has to be decided on once more.
    """
    held, now = held_claim(), clock.now()
    if held is None:
        return render_template("pupil/no_claim.html", form=_typed_form(), without_cookies=not request.cookies)
    if held.expired(now):
        return answer_page(Answer("claim_timeout"))
    form = ClaimSignInForm()
    if not form.tells_of(held):
        return answer_page(answer_other_occurrence())
    outcome = attempt_sign_in(form, now=now)
    if isinstance(outcome, Failed):
        return _sign_in_page(held, form, told=outcome.told), outcome.status, outcome.headers
    user_id = outcome.user.id
    arrive(outcome.user, outcome.token, keep=form.on_own_device.data)
    db.session.commit()
    return _confirmed(held, user_id=user_id)


@blueprint.post("/k/other-account")
@public
def other_account() -> Any:
    """Whoever was signed in here is signed out, so that a pupil can sign in; the claim stays."""
    browser_session.end_in_database()
    db.session.commit()
    browser_session.forget()
    return redirect(url_for("pupil.claim"), 303)


def _confirmed(held: Claim, *, user_id: int) -> Any:
    try:
        answer, context = answer_claim(held, user_id=user_id, now=clock.now())
    except NotAPupil as refused:
        return _not_a_pupil_page(), refused.status
    with reading():
        return answer_page(answer, context=context, claim=held), status_of(answer)


def _told_before(held: Claim, context: ScanContext) -> Answer | None:
    """What is clear without deciding: the answer this claim got before, or that it can get none any more."""
    if context.stored_answer is not None:
        mine = is_own_answer(db.session(), context=context)
        return context.stored_answer if mine else Answer("claim_used")
    return Answer("claim_timeout") if held.expired(clock.now()) else None


def _sign_in_page(held: Claim, form: ClaimSignInForm, *, told: str | None = None) -> Any:
    with reading():
        place = kiosk_occurrence(db.session, handle=held.handle)
        if place is None:
            return answer_page(Answer("code_invalid"))
        return render_template("pupil/claim_sign_in.html", form=form, claim=held, happening=place, told=told)


def _typed_form() -> TypedCodeForm:
    return TypedCodeForm(formdata=None)


def _not_a_pupil_page() -> str:
    return render_template("pupil/not_a_pupil.html", display_name=current_user.display_name)
