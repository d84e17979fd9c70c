"""The forms of a claim. Both carry what the page told of, so that a confirmation is never for something else."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField

from credit_app.attendance.claim import Claim
from credit_app.faces.account.forms import SignInForm


class ConfirmForm(FlaskForm):
    """One button: 确认签到 or 确认签退."""

    occurrence = HiddenField()
    direction = HiddenField()

    def tells_of(self, claim: Claim) -> bool:
        """Whether the page on which this was sent told of what `claim` is for."""
        return (self.occurrence.data, self.direction.data) == (claim.handle, claim.direction)


class ClaimSignInForm(ConfirmForm, SignInForm):
    """Name and password on the page of a claim: signs in and confirms at once."""


def form_data(claim: Claim) -> dict[str, str]:
    """What a fresh form on the page of `claim` holds."""
    return {"occurrence": claim.handle, "direction": claim.direction}
