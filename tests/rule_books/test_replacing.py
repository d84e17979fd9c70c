"""A book is never changed, it is replaced: which one holds on a day is always said, never left to chance."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.queries import book_for, book_named, holders
from tests.cast import SAMPLE_BOOK

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DISTRICT = 7


def a_book(name: str, first_on: str, last_on: str) -> str:
    """The sample under another id and for another term."""
    text = SAMPLE_BOOK.read_text(encoding="utf-8")
    for old, new in (
        ("id: sample-2026", f"id: {name}"),
        ("effective_on: 2025-09-01", f"effective_on: {first_on}"),
        ("until: 2028-08-31", f"until: {last_on}"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    return text


def holding(session: Session, day: str) -> str:
    return book_for(session, district_id=DISTRICT, day=date.fromisoformat(day)).id


@pytest.fixture
def first(db_session: Session) -> None:
    publish_book(db_session, text=a_book("first", "2025-09-01", "2028-08-31"), now=NOW)


@pytest.mark.usefixtures("first")
def test_a_book_takes_days_from_another_only_when_it_says_so(db_session: Session) -> None:
    text = a_book("second", "2026-09-01", "2027-08-31")
    with pytest.raises(Conflict, match="conflict"):
        publish_book(db_session, text=text, now=NOW)
    publish_book(db_session, text=text, now=NOW, replaces=["first"])
    assert [holding(db_session, day) for day in ("2026-08-31", "2026-09-01", "2027-08-31", "2027-09-01")] == [
        "first",
        "second",
        "second",
        "first",
    ]


@pytest.mark.usefixtures("first")
def test_what_no_longer_holds_need_not_be_named_again(db_session: Session) -> None:
    publish_book(db_session, text=a_book("second", "2026-09-01", "2027-08-31"), now=NOW, replaces=["first"])
    third = a_book("third", "2026-10-01", "2027-08-31")
    with pytest.raises(Conflict):
        publish_book(db_session, text=third, now=NOW, replaces=["first"])
    publish_book(db_session, text=third, now=NOW, replaces=["second"])
    assert holding(db_session, "2026-10-01") == "third"


@pytest.mark.usefixtures("first")
def test_a_book_that_takes_no_day_away_cannot_be_named(db_session: Session) -> None:
    with pytest.raises(Conflict):
        publish_book(db_session, text=a_book("later", "2028-09-01", "2029-08-31"), now=NOW, replaces=["first"])


@pytest.mark.usefixtures("first")
def test_a_replaced_book_is_still_found_by_its_name(db_session: Session) -> None:
    publish_book(db_session, text=a_book("second", "2025-09-01", "2028-08-31"), now=NOW, replaces=["first"])
    assert book_named(db_session, "first").id == "first"
    days = (date(2026, 9, 1), date(2027, 8, 31))
    assert holders(db_session, district_id=None, first_on=days[0], last_on=days[1]) == ["second"]
