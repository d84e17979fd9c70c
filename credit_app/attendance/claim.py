"""What opening a kiosk code leaves in the browser: the right to check in one account, once, within five minutes.

The claim lets a pupil sign in after scanning: the time of check-in is the time of the claim. Its nonce is the
idempotency key of the scan. It is signed, not stored, so link previews consume nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from credit_app.keys import key_for

LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claim:
    """A checked code, remembered: which occurrence (by handle), in or out, and when it was opened."""

    nonce: str
    handle: str
    direction: str
    claimed_at: datetime

    def expired(self, now: datetime) -> bool:
        return now - self.claimed_at > LIFETIME


def new_claim(*, handle: str, direction: str, now: datetime) -> Claim:
    """A fresh claim with a random nonce of 96 bits."""
    return Claim(secrets.token_urlsafe(12), handle, direction, now.replace(microsecond=0))


def seal(claim: Claim) -> str:
    """The claim as a signed text for a cookie."""
    fields = [claim.nonce, claim.handle, claim.direction, int(claim.claimed_at.timestamp())]
    return str(_serializer().dumps(fields))


def unseal(text: str) -> Claim | None:
    """The claim in a cookie's text, also one whose time is over; None when we did not sign it."""
    try:
        nonce, handle, direction, seconds = _serializer().loads(text)
    except BadSignature:
        return None
    return Claim(nonce, handle, direction, datetime.fromtimestamp(seconds, UTC))


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(key_for("claim"), salt="claim")
