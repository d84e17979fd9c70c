"""The public programme and the page of one activity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import render_template, request

from credit_app import clock
from credit_app.activities.programme import Wish, published_activity, published_programme
from credit_app.extensions import db
from credit_app.faces.guards import public
from credit_app.faces.public import blueprint
from credit_app.faces.public.listing import as_event, grades_of, place_of_run, time_of
from credit_app.faces.titles import category_titles
from credit_app.faces.worth import worth_lines
from credit_app.organisations import queries as organisations
from credit_app.organisations.models import District

GRADES = range(1, 10)
FILTERS = ("since", "until", "district", "category", "grade")


@blueprint.get("/programme")
@public
def programme() -> Any:
    """What is on, the soonest first; a filter that makes no sense is left out rather than refused."""
    districts = organisations.districts(db.session)
    titles = category_titles(db.session)
    found = published_programme(
        db.session,
        now=clock.now(),
        wish=_wish(districts),
        page=request.args.get("page", 1, type=int),
    )
    return render_template(
        "public/programme.html",
        events=[as_event(entry, titles) for entry in found.entries],
        pages=found,
        districts=districts,
        categories=titles,
        grades=GRADES,
        chosen={name: request.args.get(name, "") for name in FILTERS if request.args.get(name)},
    )


@blueprint.get("/programme/<public_id>")
@public
def activity(public_id: str) -> Any:
    """One activity: what it is, for whom, where, what it is worth, and when it still takes place."""
    found, runs = published_activity(db.session, public_id=public_id, now=clock.now())
    titles = category_titles(db.session)
    return render_template(
        "public/activity.html",
        activity=found,
        category_label=titles.get(found.category, found.category),
        grades=grades_of(found),
        worth_lines=worth_lines(found),
        runs=[
            {"on": run.occurs_on, "time": time_of(run), "place": place_of_run(found, run), "capacity": run.capacity}
            for run in runs
        ],
    )


def _wish(districts: Sequence[District]) -> Wish:
    asked = request.args
    chosen = next((district for district in districts if district.public_id == asked.get("district")), None)
    grade = asked.get("grade", type=int)
    return Wish(
        since=asked.get("since", type=date.fromisoformat),
        until=asked.get("until", type=date.fromisoformat),
        district_id=chosen.id if chosen else None,
        category=asked.get("category") or None,
        grade=grade if grade in GRADES else None,
    )
