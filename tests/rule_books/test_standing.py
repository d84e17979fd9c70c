"""On which days a book really holds once later ones took days from it, and what publishing a draft would do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from credit_app.organisations.models import District
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.queries import book_for, book_named, books_in_order
from credit_app.rule_books.standing import Standing, base_of, prospect, read_draft, spans_of, standing
from credit_app.rules.book import Book, load_book
from tests.cast import TODAY, Cast
from tests.rule_books.drafting import NOW, a_text
from tests.rules.making import sample


def stands_on(session: Session, name: str, district: District, today: date) -> Standing:
    shelf = books_in_order(session, district_id=district.id)
    return standing(book=book_named(session, name), shelf=shelf, today=today)


def days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


def test_a_book_that_lost_days_says_which_and_to_whom(db_session: Session, cast: Cast) -> None:
    publish_book(db_session, text=a_text("own", "2026-09-01", "2027-08-31"), now=NOW, district=cast.district)
    middle = a_text("newer", "2026-10-01", "2026-12-31")
    publish_book(db_session, text=middle, now=NOW, district=cast.district, replaces=["own"])
    stands = stands_on(db_session, "own", cast.district, TODAY)
    assert stands.state == "replaced"  # for now: it holds again from January on
    assert [(span.first_on, span.last_on) for span in stands.spans] == [
        days("2026-09-01", "2026-09-30"),
        days("2027-01-01", "2027-08-31"),
    ]
    assert [(span.first_on, span.last_on, span.rule_set) for span in stands.replaced] == [
        (*days("2026-10-01", "2026-12-31"), "newer")
    ]
    assert [span.rule_set for span in stands.days] == ["own", "newer", "own"]
    for day, state in (
        ("2026-08-31", "upcoming"),
        ("2026-09-30", "in_force"),
        ("2027-08-31", "in_force"),
        ("2027-09-01", "over"),
    ):
        assert stands_on(db_session, "own", cast.district, date.fromisoformat(day)).state == state


def test_a_book_that_lost_all_its_days_is_replaced(db_session: Session, cast: Cast) -> None:
    publish_book(db_session, text=a_text("nanshan", "2025-09-01", "2028-08-31"), now=NOW, district=cast.district)
    here = stands_on(db_session, "sample-2026", cast.district, TODAY)
    there = stands_on(db_session, "sample-2026", cast.other_district, TODAY)
    assert (here.state, here.spans, there.state, there.replaced) == ("replaced", [], "in_force", [])


def test_a_draft_says_whose_days_it_would_take(db_session: Session, cast: Cast) -> None:
    publish_book(db_session, text=a_text("own", "2026-09-01", "2027-08-31"), now=NOW, district=cast.district)
    book = load_book(a_text("next", "2027-03-01", "2028-08-31"))
    foreseen = prospect(db_session, book=book, district_id=cast.district.id)
    assert (foreseen.replaces, foreseen.instead_of_city, foreseen.gaps) == (["own"], ["sample-2026"], [])
    base = base_of(db_session, book=book, district_id=cast.district.id, today=TODAY)
    assert base is not None
    assert base.rule_set == "own"
    elsewhere = prospect(db_session, book=book, district_id=cast.other_district.id)
    assert (elsewhere.replaces, elsewhere.instead_of_city) == ([], ["sample-2026"])


@pytest.mark.parametrize(("first_on", "gap"), [("2028-09-01", []), ("2028-09-02", [days("2028-09-01", "2028-09-01")])])
def test_a_gap_that_a_draft_would_leave_is_told(
    db_session: Session, cast: Cast, first_on: str, gap: list[tuple[date, date]]
) -> None:
    book = load_book(a_text("next", first_on, "2029-08-31"))
    found = prospect(db_session, book=book, district_id=cast.district.id).gaps
    assert [(each.first_on, each.last_on) for each in found] == gap


def test_a_text_that_uses_an_old_id_is_told_at_the_line_of_the_id(db_session: Session, cast: Cast) -> None:
    text = a_text("sample-2026")
    reading = read_draft(db_session, text=text, district_id=cast.district.id)
    assert [(each.code, text.split("\n")[each.line - 1]) for each in reading.problems] == [
        ("id_taken", "id: sample-2026")
    ]


TERMS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), min_size=1, max_size=6)
START = date(2026, 1, 1)


@given(TERMS)
@settings(max_examples=200, deadline=None)
def test_the_spans_are_what_asking_day_by_day_gives(terms: list[tuple[int, int]]) -> None:
    books = [
        sample().model_copy(
            update={
                "id": f"b{at}",
                "effective_on": START + timedelta(first),
                "until": START + timedelta(first + length),
            }
        )
        for at, (first, length) in enumerate(terms)
    ]
    last = START + timedelta(60)
    found = {
        span.first_on + timedelta(step): span.rule_set
        for span in spans_of(books, first_on=START, last_on=last)
        for step in range((span.last_on - span.first_on).days + 1)
    }
    asked = {START + timedelta(step): _first(books, START + timedelta(step)) for step in range(61)}
    assert found == {day: name for day, name in asked.items() if name is not None}


def _first(books: list[Book], day: date) -> str | None:
    return next((book.id for book in books if book.covers(day)), None)


def test_the_last_day_that_can_be_written_is_no_trouble(db_session: Session, cast: Cast) -> None:
    publish_book(db_session, text=a_text("long", "2199-01-01", "2199-12-31"), now=NOW, district=cast.district)
    assert book_for(db_session, district_id=cast.district.id, day=date(2199, 12, 31)).id == "long"
    foreseen = prospect(
        db_session, book=load_book(a_text("longer", "2199-06-01", "2199-12-31")), district_id=cast.district.id
    )
    assert foreseen.replaces == ["long"]
