"""What a posting asks of the database: the same number of questions for a long history as for a short one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.ledger import actions as ledger
from credit_app.ledger.moving import move_credits
from credit_app.rule_books.queries import book_named
from tests.cast import Cast
from tests.ledger.changing import NOW, took_part
from tests.ledger.facts import lecture, visit
from tests.statements import count_statements


def _first(session: Session, _mine: str, _other: str) -> None:
    ledger.award(session, account_ref="new", fact=visit("p"), book=book_named(session, "sample-2026", stamp=1), now=NOW)


def _newest(session: Session, mine: str, _other: str) -> None:
    fact, book = visit("newest", day=40), book_named(session, "sample-2026", stamp=1)
    ledger.award(session, account_ref=mine, fact=fact, book=book, now=NOW)


def _late_fact(session: Session, mine: str, _other: str) -> None:
    fact = lecture("late", day=-1)
    ledger.award(session, account_ref=mine, fact=fact, book=book_named(session, "sample-2026"), now=NOW)


def _reversal(session: Session, mine: str, _other: str) -> None:
    ledger.reverse(session, account_ref=mine, participation="p0", reason="attendance_voided", now=NOW, recorded_by="x")


def _move(session: Session, mine: str, other: str) -> None:
    move_credits(session, from_ref=mine, into_ref=other, cause="merge", now=NOW, recorded_by="x")


@pytest.mark.parametrize(
    ("step", "at_most"),
    [(_first, 5), (_newest, 4), (_late_fact, 7), (_reversal, 7), (_move, 11)],
    ids=["first", "newest", "late", "reverse", "move"],
)
def test_a_long_history_costs_no_more_statements(
    db_session: Session, cast: Cast, step: Callable[[Session, str, str], None], at_most: int
) -> None:
    """Each past participation keeps the book it was judged by, and the shelf of books is asked once for all of them."""
    for number in range(12):
        took_part(db_session, cast.pupil, visit(f"p{number}", day=number, venue=f"v{number}"))
        took_part(db_session, cast.classmate, visit(f"q{number}", day=number, venue=f"v{number}"))
    mine, other = cast.pupil.account_ref, cast.classmate.account_ref
    assert mine is not None
    assert other is not None
    with count_statements(db.engine) as statements:
        step(db_session, mine, other)
    assert len(statements) <= at_most, statements
