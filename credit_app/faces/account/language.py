"""Choosing the language."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, session, url_for

from credit_app.faces.account import blueprint
from credit_app.faces.addresses import path_of_ours
from credit_app.faces.guards import public
from credit_app.faces.shell import LOCALES


@blueprint.post("/language")
@public
def set_language() -> Any:
    """This browser reads in the chosen language, on the page where it was chosen."""
    chosen = request.form.get("language")
    if chosen not in LOCALES:
        abort(400)
    session["locale"] = chosen
    return redirect(path_of_ours(request.form.get("next")) or url_for("public.start"))
