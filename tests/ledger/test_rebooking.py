"""Where a changed book holds: asked of the shelf before it is published, and after."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from credit_app.ledger.rebooking import (
    Held,
    accounts_after,
    accounts_in_all,
    held_accounts,
    holds_as_published,
    holds_once_published,
)
from credit_app.ledger.writing import locked_account
from credit_app.organisations import actions as organisations
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.models import RuleBook
from credit_app.rules.book import Book, load_book
from credit_app.schools import actions as schools
from credit_app.schools.models import Student
from tests.cast import Cast
from tests.ledger.changing import NOW, new_rules, took_part
from tests.ledger.facts import visit

FIRST, LAST = date(2026, 9, 1), date(2027, 8, 31)  # of a book by `new_rules`
DAY = timedelta(days=1)


@pytest.fixture
def own(db_session: Session, cast: Cast) -> Book:
    """The cast's district has a book of its own from 1 December on."""
    text = new_rules("own", first_on="2026-12-01")
    publish_book(db_session, text=text, now=NOW, district=cast.district)
    return load_book(text)


def test_a_draft_of_the_city_gives_way_to_a_districts_own_book(db_session: Session, cast: Cast, own: Book) -> None:
    draft = load_book(new_rules("city"))
    holds = holds_once_published(db_session, book=draft, district_id=None)
    here, there = cast.district.id, cast.other_district.id
    assert [holds(here, day) for day in (FIRST - DAY, FIRST, own.effective_on - DAY)] == [False, True, True]
    assert [holds(here, day) for day in (own.effective_on, own.until, own.until + DAY)] == [False, False, False]
    assert [holds(there, day) for day in (FIRST - DAY, FIRST, own.effective_on, LAST, LAST + DAY)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_a_draft_of_a_district_holds_there_and_nowhere_else(db_session: Session, cast: Cast, own: Book) -> None:
    """Over the book that the district has now, whose days it takes."""
    holds = holds_once_published(db_session, book=load_book(new_rules("next")), district_id=cast.district.id)
    assert [holds(cast.district.id, day) for day in (FIRST - DAY, FIRST, own.effective_on, LAST, LAST + DAY)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not holds(cast.other_district.id, FIRST)


def test_a_published_book_holds_where_the_shelf_says_so(db_session: Session, cast: Cast, own: Book) -> None:
    city = load_book(new_rules("city"))
    publish_book(db_session, text=new_rules("city"), now=NOW, replaces=["sample-2026"])
    here, there = cast.district.id, cast.other_district.id
    everywhere = holds_as_published(db_session, book=city, district_id=None)
    assert [everywhere(here, day) for day in (FIRST, own.effective_on - DAY, own.effective_on)] == [True, True, False]
    assert [everywhere(there, day) for day in (FIRST - DAY, FIRST, own.effective_on, LAST + DAY)] == [
        False,
        True,
        True,
        False,
    ]
    only_there = holds_as_published(db_session, book=city, district_id=there)
    assert (only_there(there, FIRST), only_there(here, FIRST)) == (True, False)


def test_where_no_book_covers_the_day_none_holds(db_session: Session, cast: Cast) -> None:
    """A book that is not on the shelf holds nowhere, and a day without any book is no error."""
    db_session.execute(delete(RuleBook))
    holds = holds_as_published(db_session, book=load_book(new_rules("never")), district_id=None)
    assert holds(cast.district.id, FIRST) is False


def test_the_shelf_is_asked_once_whatever_is_published_meanwhile(db_session: Session, cast: Cast) -> None:
    """A batch must not judge half of a pupil's history by one shelf and half by another."""
    city = load_book(new_rules("city"))
    publish_book(db_session, text=new_rules("city"), now=NOW, replaces=["sample-2026"])
    holds = holds_as_published(db_session, book=city, district_id=None)
    assert holds(cast.district.id, FIRST)
    publish_book(db_session, text=new_rules("own"), now=NOW, district=cast.district)
    assert holds(cast.district.id, FIRST + DAY)
    assert not holds_as_published(db_session, book=city, district_id=None)(cast.district.id, FIRST + DAY)


@pytest.fixture
def stranger(db_session: Session, cast: Cast) -> Student:
    """A pupil of the other district."""
    school = organisations.create_school(db_session, district=cast.other_district, code="lotus", name="莲花学校")
    return schools.create_student(db_session, school=school, name="别区", student_no="1", now=NOW)


def test_accounts_come_in_order_of_their_ids_and_of_the_district(
    db_session: Session, cast: Cast, stranger: Student
) -> None:
    here = [cast.pupil, cast.classmate, cast.other_pupil]
    for student in (*here, stranger):
        took_part(db_session, student, visit(f"p{student.id}"))
    ids = sorted(student.account_ref or "" for student in here)
    district_id = cast.district.id
    assert accounts_after(db_session, district_id=district_id, after="", most=9) == ids
    assert accounts_after(db_session, district_id=district_id, after=ids[0], most=1) == [ids[1]]
    assert accounts_after(db_session, district_id=district_id, after=ids[2], most=9) == []
    assert accounts_in_all(db_session, district_id=district_id) == 3
    assert accounts_after(db_session, district_id=None, after="", most=9) == sorted([*ids, stranger.account_ref or ""])
    assert accounts_in_all(db_session, district_id=None) == 4


def test_no_account_is_none_and_an_empty_one_has_nothing_standing(db_session: Session, cast: Cast) -> None:
    assert accounts_in_all(db_session, district_id=cast.district.id) == 0
    assert cast.pupil.account_ref is not None
    locked_account(db_session, cast.pupil.account_ref, NOW)
    (held,) = held_accounts(db_session, account_ids=[cast.pupil.account_ref])
    assert (held.standing, dict(held.past)) == ([], {})


def test_an_account_that_leads_to_nobody_is_of_no_district(db_session: Session, cast: Cast) -> None:
    took_part(db_session, cast.pupil, visit("p1"))
    account_id = cast.pupil.account_ref or ""
    cast.pupil.account_ref = None
    db_session.flush()
    (held,) = held_accounts(db_session, account_ids=[account_id])
    assert isinstance(held, Held)
    assert held.district_of(held.past["p1"]) is None
