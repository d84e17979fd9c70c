"""A pupil's credits by year, and each of them explained."""

from __future__ import annotations

from flask import render_template, request

from credit_app import clock
from credit_app.attendance.receipts import receipts_of
from credit_app.extensions import db
from credit_app.faces.explaining import chapters, explain, rule_sets_of
from credit_app.faces.guards import requires
from credit_app.faces.pupil import blueprint
from credit_app.faces.pupil.own import own_student
from credit_app.faces.titles import category_titles
from credit_app.ledger.settlements import settled_through
from credit_app.progress.queries import participation_of, participations_of, years_of
from credit_app.rule_books.queries import books_named
from credit_app.rules.calendar import academic_year, academic_year_bounds


@blueprint.get("/pupil/credits")
@requires("pupil")
def credits() -> str:
    """Everything the pupil took part in during one academic year, newest first; other years are a link away."""
    student = own_student()
    present = academic_year(clock.today())
    years = years_of(db.session, student=student, present=present)
    year = request.args.get("year", present)
    if year not in years:
        year = present
    participations = participations_of(db.session, student=student, year=year)
    books = books_named(db.session, rule_sets=rule_sets_of(participations))
    return render_template(
        "pupil/credits.html",
        year=year,
        years=years,
        settled=_is_settled(student.account_ref, year),
        total=sum(each.centicredits for each in participations),
        attended=sum(not each.voided for each in participations),
        participations=[(each, explain(each, books)) for each in participations],
        sample=any(book.sample for book in books.values()),
        titles=category_titles(db.session),
    )


def _is_settled(account_ref: str | None, year: str) -> bool:
    through = settled_through(db.session, account_ref=account_ref)
    return through is not None and academic_year_bounds(year)[1] <= through


@blueprint.get("/pupil/credits/<public_id>")
@requires("pupil")
def participation(public_id: str) -> str:
    """One participation: the stay, the reasons step by step, every later change, and what would have earned more."""
    student = own_student()
    found = participation_of(db.session, student=student, public_id=public_id)
    books = books_named(db.session, rule_sets=rule_sets_of([found]))
    return render_template(
        "pupil/participation.html",
        participation=found,
        explanation=explain(found, books),
        chapters=chapters(found, books),
        receipts=receipts_of(db.session(), student_id=student.id, participation=public_id),
        titles=category_titles(db.session),
    )
