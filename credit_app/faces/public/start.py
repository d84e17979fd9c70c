"""The start page."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, url_for
from flask_login import current_user

from credit_app import clock
from credit_app.activities.programme import published_programme
from credit_app.extensions import db
from credit_app.faces.account.trying import PARTS
from credit_app.faces.addresses import home_of
from credit_app.faces.guards import held_roles, public
from credit_app.faces.public import blueprint
from credit_app.faces.public.listing import as_event
from credit_app.faces.titles import category_titles, role_place
from credit_app.people import queries as people

UPCOMING_SHOWN = 6


@blueprint.get("/")
@public
def start() -> Any:
    """The product in one look: the way in, the parts to try in a demonstration, and what is on."""
    now = clock.now()
    titles = category_titles(db.session)
    soon = published_programme(db.session, now=now, per_page=UPCOMING_SHOWN)
    return render_template(
        "public/start.html",
        cast=_cast() if current_app.config["SETTINGS"].demonstration else [],
        home_url=home_of(held_roles()) if current_user.is_authenticated else None,
        upcoming=[as_event(entry, titles) for entry in soon.entries],
        programme_url=url_for("public.programme"),
    )


def _cast() -> list[dict[str, str]]:
    """Those of the demonstration's parts that the database really holds, each with name and place."""
    shown = []
    for part in PARTS:
        user = people.demonstration_user(db.session, login_name=part.login_name)
        if user is not None:
            roles = people.roles_on(db.session, user=user, day=clock.today())
            shown.append(
                {
                    "role": part.role,
                    "name": user.display_name,
                    "place": role_place(roles[0]) if roles else "",
                    "url": url_for("account.try_as", kind=part.kind),
                }
            )
    return shown
