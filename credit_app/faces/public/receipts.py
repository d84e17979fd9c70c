"""What a receipt of a scan proves, to anybody who holds one: nothing of the child."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, url_for

from credit_app.attendance.receipts import proven_by
from credit_app.extensions import db, limiter
from credit_app.faces.guards import public
from credit_app.faces.public import blueprint

# Of one network address, and only what was wrong: a guess hits a receipt once in 2^45 tries, so this spares the
# database, not the receipts.
WRONG_OF_ONE_NETWORK = "60/minute"


def _was_wrong(response: Response) -> bool:
    return response.status_code == 404


@blueprint.get("/receipt")
@public
def receipt_form() -> Any:
    """A form to type a receipt into; what is typed gets a page with an address of its own."""
    typed = request.args.get("code", "").strip()
    if typed:
        return redirect(url_for("public.receipt", code=typed), 303)
    return render_template("public/receipt.html", proven=None, typed="")


@blueprint.get("/R/<code>")
@blueprint.get("/receipt/<code>")
@limiter.limit(WRONG_OF_ONE_NETWORK, deduct_when=_was_wrong)
@public
def receipt(code: str) -> Any:
    """What this receipt proves; 404, and how to type it, for one that proves nothing."""
    proven = proven_by(db.session(), text=code)
    return render_template("public/receipt.html", proven=proven, typed=code), 200 if proven else 404
