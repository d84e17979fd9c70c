"""What an activity is worth, ready for ``partials/worth.html``: for venue staff, and for the officer who reviews it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Flask
from flask_babel import get_locale

from credit_app.activities.models import Activity
from credit_app.attendance.worth import Worth, worth_of_occurrence
from credit_app.extensions import db
from credit_app.rule_books.queries import books_by_day
from credit_app.rules.clauses.base import Clause


@dataclass(frozen=True, slots=True)
class WorthLine:
    """The runs of one length that the same book judges; `worth` is None on days that no book covers."""

    minutes: int
    runs: int
    day: date
    worth: Worth | None


def worth_lines(activity: Activity) -> list[WorthLine]:
    """One line for each answer that the rules give to the activity's runs; cancelled ones are left out."""
    runs = [run for run in activity.occurrences if run.status != "cancelled"]
    books = books_by_day(db.session, district_id=activity.district_id, days=[run.occurs_on for run in runs])
    lines: dict[tuple[str, int], WorthLine] = {}
    for run in runs:
        book = books.get(run.occurs_on)
        key = (book.id if book else "", run.planned_minutes)
        known = lines.get(key)
        if known is None:
            worth = worth_of_occurrence(book, occurrence=run) if book else None
            lines[key] = WorthLine(run.planned_minutes, 1, run.occurs_on, worth)
        else:
            lines[key] = WorthLine(known.minutes, known.runs + 1, known.day, known.worth)
    return list(lines.values())


def clause_texts(clauses: Sequence[Clause]) -> list[str]:
    """The clauses as the book words them, in the reader's language."""
    locale = str(get_locale() or "zh")
    return [clause.text_in(locale) for clause in clauses]


def register(app: Flask) -> None:
    """The templates of `app` know `clause_texts` as a filter."""
    app.add_template_filter(clause_texts)
