"""Where an officer begins: what waits, how the district stands, which rules hold, what the machine did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import render_template

from credit_app import clock
from credit_app.activities.queries import counts_by_status, review_queue
from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.background import job_lines
from credit_app.faces.bureau.reach import own_district_ids, own_districts
from credit_app.faces.guards import requires
from credit_app.faces.titles import category_titles
from credit_app.operations.queries import latest_runs
from credit_app.organisations.models import District
from credit_app.progress.queries.districts import district_figures, venue_lines
from credit_app.recognition.results.queries import ResultReach, waiting_count
from credit_app.rule_books.queries import books_by_day, first_uncovered_day
from credit_app.rules.book import Book

QUEUE_SHOWN = 5
WARNS_BEFORE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """A district's rules today: the book, or None; and the first day that none covers, where that is near."""

    district: District
    book: Book | None
    uncovered_from: date | None


@blueprint.get("")
@requires("bureau_officer")
def home() -> Any:
    """The district on one page; every figure leads to what it is made of."""
    ids, now, today = own_district_ids(), clock.now(), clock.today()
    queue = review_queue(db.session, district_ids=ids)
    return render_template(
        "bureau/home.html",
        districts=own_districts(),
        queue=queue[:QUEUE_SHOWN],
        waiting=len(queue),
        results_waiting=waiting_count(db.session, reach=ResultReach(district_ids=ids)),
        counts=counts_by_status(db.session, district_ids=ids),
        figures=district_figures(db.session, district_ids=ids, day=today),
        rules=[_rules_of(district, today) for district in own_districts()],
        jobs=job_lines(latest_runs(db.session), now=now),
        titles=category_titles(db.session),
        today=today,
    )


@blueprint.get("/schools")
@requires("bureau_officer")
def schools() -> Any:
    """The schools side by side, and the sum that stands on the first page."""
    figures = district_figures(db.session, district_ids=own_district_ids(), day=clock.today())
    return render_template("bureau/schools.html", districts=own_districts(), figures=figures)


@blueprint.get("/venues")
@requires("bureau_officer")
def venues() -> Any:
    """The venues with their tier, what they have published and who came."""
    lines = venue_lines(db.session, district_ids=own_district_ids(), day=clock.today())
    return render_template("bureau/venues.html", districts=own_districts(), lines=lines)


def _rules_of(district: District, today: date) -> RulesInForce:
    book = books_by_day(db.session, district_id=district.id, days=[today]).get(today)
    uncovered = first_uncovered_day(db.session, district_id=district.id, day=today)
    return RulesInForce(district, book, uncovered if uncovered <= today + WARNS_BEFORE else None)
