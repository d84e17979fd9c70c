"""From a claim in the browser to an answer, committed: the one way for the page and for the interface to programs."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, request
from werkzeug.wrappers import Response

from credit_app import clock
from credit_app.attendance.actions import Scan, ScanRaced, count_refused_code, record_scan
from credit_app.attendance.answers import Answer
from credit_app.attendance.claim import LIFETIME, Claim, seal, unseal
from credit_app.attendance.queries import ScanContext, scan_context
from credit_app.errors import NotAllowed
from credit_app.extensions import db
from credit_app.keys import keyed_digest, random_text

COOKIE = "claim"
# Longer than the claim itself is good for, so that who comes late is told that, and not to begin from nothing.
COOKIE_SECONDS = 30 * 60
ORIGIN = "claim"
BROWSER_COOKIE, BROWSER_SECONDS = "browser", 180 * 24 * 3600
TRIES = 3


class NotAPupil(NotAllowed):
    """The account is nobody's who can be there: a teacher's, say, who tries the code."""

    code = "not_a_pupil"


def held_claim() -> Claim | None:
    """The claim that this browser holds, also one whose time is over."""
    return unseal(request.cookies.get(COOKIE, ""))


def hand_out(claim: Claim, response: Response) -> None:
    """The browser holds `claim` from now on. Path ``/``: the page and the interface to programs both read it."""
    _set(response, COOKIE, seal(claim), COOKIE_SECONDS)
    if not request.cookies.get(BROWSER_COOKIE):
        _set(response, BROWSER_COOKIE, random_text(26), BROWSER_SECONDS)


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Lax", secure=secure)


def _evidence(claim: Claim) -> dict[str, str] | None:
    """What tells one browser from another within one occurrence, and nowhere else: nobody can follow it about."""
    browser = request.cookies.get(BROWSER_COOKIE)
    if not browser:
        return None
    return {"browser": keyed_digest("browser", of=f"{claim.handle}.{browser}")[:24]}


def answer_claim(claim: Claim, *, user_id: int, now: datetime) -> tuple[Answer, ScanContext]:
    """The claim has been decided on for the pupil who is this user, and what was decided is committed.

    Raises: NotAPupil when the user is none.
    """
    for _ in range(TRIES):
        context = _own_context(claim, user_id)
        answer = _decided(claim, context, now)
        if answer is not None:
            return answer, context
    return Answer("server_busy"), context


def _own_context(claim: Claim, user_id: int) -> ScanContext:
    context = context_of(claim, user_id=user_id)
    if context is None:
        db.session.rollback()
        raise NotAPupil
    return context


def _decided(claim: Claim, context: ScanContext, now: datetime) -> Answer | None:
    """The committed answer; None when another request of this pupil, or for the last seat, got in between."""
    scan = Scan(
        ORIGIN,
        claim.nonce,
        claim.direction,
        "self_scan",
        claim.claimed_at,
        claim.claimed_at + LIFETIME,
        evidence=_evidence(claim),
    )
    try:
        answer = record_scan(db.session, context=context, scan=scan, now=now)
        db.session.commit()
    except ScanRaced:
        db.session.rollback()
        return None
    return answer


def context_of(claim: Claim, *, user_id: int) -> ScanContext | None:
    """What the claim is decided on, as it stands now; None when the user is no pupil."""
    return scan_context(db.session, user_id=user_id, handle=claim.handle, origin=ORIGIN, client_uid=claim.nonce)


def answer_other_occurrence() -> Answer:
    """The page that was confirmed told of another occurrence than the claim: nothing is used up, and it is counted."""
    count_refused_code(db.session, reason="wrong_occurrence", day=clock.today())
    db.session.commit()
    return Answer("wrong_occurrence")


def status_of(answer: Answer) -> int:
    """Expected outcomes are 200; only a server that could not decide says so."""
    return 503 if answer.status == "server_busy" else 200
