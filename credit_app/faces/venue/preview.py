"""What an activity would be worth while its form is still being filled in."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from credit_app.attendance.worth import worth
from credit_app.errors import NoRuleSet
from credit_app.extensions import db
from credit_app.faces.guards import requires
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.forms import HERE, NewActivityForm
from credit_app.faces.venue.offering import offered_at
from credit_app.faces.venue.reach import own_venues
from credit_app.faces.worth import WorthLine
from credit_app.organisations.models import Venue
from credit_app.rule_books.queries import book_for
from credit_app.rules.calendar import local_date

DECIDES_WORTH = ("category", "place", "grade_from", "grade_to", "starts_at", "ends_at")


@blueprint.get("/worth")
@requires("venue_staff")
def worth_preview() -> Any:
    """A fragment of a page: the rules' answer, or nothing but a hint while the form does not say enough."""
    venues = own_venues()
    form = NewActivityForm(request.args, meta={"csrf": False})
    venue = form.chosen_venue(venues)
    return render_template("venue/worth.html", worth_lines=_answer(form, venue, venues))


def _answer(form: NewActivityForm, venue: Venue, venues: list[Venue]) -> list[WorthLine]:
    """One line, or none while the form does not say enough, or says something that cannot be."""
    try:
        form.offer(venues=venues, categories=offered_at(venue).titles)
        form.validate()
        starts_at, ends_at = form.starts_at.data, form.ends_at.data
        if starts_at is None or ends_at is None or any(form[name].errors for name in DECIDES_WORTH):
            return []
        book = book_for(db.session, district_id=venue.district_id, day=local_date(starts_at))
    except NoRuleSet:
        return []
    answer = worth(
        book,
        category=form.category.data,
        grades=range(form.grade_from.data, form.grade_to.data + 1),
        at_venue=form.place.data == HERE,
        venue=venue,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    minutes = int((ends_at - starts_at).total_seconds()) // 60
    return [WorthLine(minutes, 1, local_date(starts_at), answer)]
