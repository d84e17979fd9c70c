"""What is derived from the entries when several are posted at once: the balance and the last day that moved it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.ledger.models import LedgerEntry
from credit_app.ledger.moving import move_credits
from credit_app.ledger.queries import year_balance
from tests.cast import YEAR, Cast
from tests.ledger.changing import NOW, took_part
from tests.ledger.facts import lecture, visit


def test_the_last_day_is_the_latest_of_all_that_came_at_once(db_session: Session, cast: Cast) -> None:
    """Two visits move into an account that has none: one posting, one balance, the later day."""
    for name, day in (("p1", 0), ("p2", 9)):
        took_part(db_session, cast.classmate, visit(name, day=day))
    took_part(db_session, cast.classmate, lecture("p3", day=3))
    assert cast.classmate.account_ref is not None
    assert cast.pupil.account_ref is not None
    move_credits(
        db_session,
        from_ref=cast.classmate.account_ref,
        into_ref=cast.pupil.account_ref,
        cause="merge",
        now=NOW,
        recorded_by="x",
    )
    balance = year_balance(db_session, account_ref=cast.pupil.account_ref, year=YEAR)
    assert (balance.by_category, balance.last_on) == ({"venue_visit": 100, "lecture": 30}, date(2026, 10, 12))
    left = year_balance(db_session, account_ref=cast.classmate.account_ref, year=YEAR)
    assert left.centicredits == 0


def test_what_the_rules_post_by_themselves_has_no_paper_behind_it(db_session: Session, cast: Cast) -> None:
    took_part(db_session, cast.pupil, visit("p2", day=2))
    took_part(db_session, cast.pupil, visit("p1", day=1))
    assert set(db_session.scalars(select(LedgerEntry.cause))) == {""}
