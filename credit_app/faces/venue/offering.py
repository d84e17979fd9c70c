"""What can be offered at a venue on a day: the categories in which the rules give something for being there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from flask_babel import get_locale

from credit_app import clock
from credit_app.attendance.worth import worth_by_category
from credit_app.extensions import db
from credit_app.organisations.models import Venue
from credit_app.rule_books.queries import book_for
from credit_app.rules.book import Book
from credit_app.rules.calendar import LOCAL

# What a run is like while nobody has said when it is: enough to tell in which categories one can earn anything.
USUAL_START, USUAL_LENGTH = time(9, 0), timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Offered:
    """The book of the day; its categories by id, with title and the clause that gives, in the reader's language."""

    book: Book
    titles: dict[str, str]
    amounts: dict[str, str]


def offered_at(venue: Venue) -> Offered:
    """What can be offered at `venue` by today's book. Raises: NoRuleSet."""
    today = clock.today()
    book = book_for(db.session, district_id=venue.district_id, day=today)
    starts_at = datetime.combine(today, USUAL_START, LOCAL)
    by_category = worth_by_category(book, venue=venue, starts_at=starts_at, ends_at=starts_at + USUAL_LENGTH)
    locale = str(get_locale() or "zh")
    return Offered(
        book,
        titles={category: book.category_title(category, locale) for category in by_category},
        amounts={category: worth.amount.text_in(locale) for category, worth in by_category.items() if worth.amount},
    )
