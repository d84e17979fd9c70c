"""Posting: each change of what is known ends in entries that add up, in whatever order it becomes known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from credit_app.keys import new_public_id
from credit_app.ledger import actions, audit, queries
from credit_app.ledger.models import LedgerAccount, LedgerEntry
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.queries import book_named
from credit_app.rules.book import Book
from credit_app.rules.facts import Fact
from credit_app.rules.single import judge_history
from tests.cast import SAMPLE_BOOK
from tests.ledger.facts import course, facts, lecture, visit

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def book(db_session: Session) -> Book:
    publish_book(db_session, text=SAMPLE_BOOK.read_text(encoding="utf-8"), now=NOW)
    return book_named(db_session, "sample-2026")


def post(session: Session, account: str, fact: Fact, book: Book) -> actions.Posting:
    return actions.award(session, account_ref=account, fact=fact, book=book, now=NOW)


def net(session: Session, account: str) -> dict[str, int]:
    records = queries.participation_records(session, account_ref=account)
    return {record.participation: record.net_centicredits for record in records}


def findings(session: Session) -> list[str]:
    return [str(finding) for finding in audit.audit(session, lambda done, in_all: None)]


def decided_by_rules(known: Iterable[Fact], book: Book) -> dict[str, int]:
    in_order = sorted(known, key=lambda fact: fact.order_key)
    judged = judge_history(in_order, lambda fact: book)
    return {
        fact.participation: award.centicredits
        for fact, award in zip(in_order, judged, strict=True)
        if award.state != "pending"
    }


def test_a_visit_earns_half_a_credit_and_the_balance_holds_it(db_session: Session, book: Book) -> None:
    posting = post(db_session, "acc", visit("p1"), book)
    assert posting.gained_centicredits == 50
    assert queries.year_balance(db_session, account_ref="acc", year="2026-2027").by_category == {"venue_visit": 50}
    assert findings(db_session) == []


def test_a_refused_visit_is_an_entry_of_nothing_that_says_what_was_missing(db_session: Session, book: Book) -> None:
    posting = post(db_session, "acc", visit("p1", stayed=44), book)
    assert (posting.award.reason, posting.gained_centicredits) == ("dwell_too_short", 0)
    assert net(db_session, "acc") == {"p1": 0}


def test_an_undecided_course_posts_nothing_until_its_worksheet_is_approved(db_session: Session, book: Book) -> None:
    assert post(db_session, "acc", course("p1", worksheet="none"), book).award.state == "pending"
    assert net(db_session, "acc") == {}
    assert post(db_session, "acc", course("p1"), book).gained_centicredits == 100
    assert net(db_session, "acc") == {"p1": 100}


def test_posting_the_same_fact_again_changes_nothing(db_session: Session, book: Book) -> None:
    post(db_session, "acc", visit("p1"), book)
    again = post(db_session, "acc", visit("p1"), book)
    assert again.gained_centicredits == 0
    assert db_session.scalar(select(func.count()).select_from(LedgerEntry)) == 1


def test_an_earlier_visit_that_arrives_late_takes_the_place_of_a_later_one(db_session: Session, book: Book) -> None:
    """Two visits a venue and year: the third in time earns nothing, also when it was scanned first."""
    post(db_session, "acc", visit("p2", day=2), book)
    post(db_session, "acc", visit("p3", day=3), book)
    late = post(db_session, "acc", visit("p1", day=1), book)
    assert late.gained_centicredits == 50
    assert net(db_session, "acc") == {"p1": 50, "p2": 50, "p3": 0}
    adjusted = {
        entry.participation: (entry.centicredits, entry.reason)
        for entry in db_session.scalars(select(LedgerEntry).filter_by(kind="adjustment"))
    }
    # The second keeps its amount, but its explanation now tells of the one before it.
    assert adjusted == {"p2": (0, "judged_again"), "p3": (-50, "judged_again")}
    assert findings(db_session) == []


def test_a_reversal_gives_its_place_to_the_next(db_session: Session, book: Book) -> None:
    for number in (1, 2, 3):
        post(db_session, "acc", visit(f"p{number}", day=number), book)
    taken = actions.reverse(
        db_session, account_ref="acc", participation="p1", reason="attendance_voided", now=NOW, recorded_by="staff"
    )
    assert taken == 50
    assert net(db_session, "acc") == {"p1": 0, "p2": 50, "p3": 50}
    assert findings(db_session) == []


def test_what_was_reversed_can_be_posted_again_without_a_second_award(db_session: Session, book: Book) -> None:
    post(db_session, "acc", visit("p1"), book)
    actions.reverse(db_session, account_ref="acc", participation="p1", reason="x", now=NOW, recorded_by="staff")
    assert post(db_session, "acc", visit("p1"), book).gained_centicredits == 50
    kinds = db_session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.seq)).all()
    assert kinds == ["award", "reversal", "adjustment"]
    assert findings(db_session) == []


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_arrival_ends_in_the_same_amounts(db_session: Session, book: Book, data: st.DataObject) -> None:
    known = data.draw(facts())
    account = new_public_id()
    for fact in data.draw(st.permutations(known)):
        post(db_session, account, fact, book)
    assert net(db_session, account) == decided_by_rules(known, book)
    assert findings(db_session) == []


@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changes_voidings_and_returns_add_up(db_session: Session, book: Book, data: st.DataObject) -> None:
    """A model of the ledger: the facts that stand. After any history of changes the ledger agrees with it."""
    known = {fact.participation: fact for fact in data.draw(facts(most=6))}
    random = Random(data.draw(st.integers(0, 2**16)))
    account, standing = new_public_id(), dict[str, Fact]()
    for _ in range(14):
        fact = known[random.choice(sorted(known))]
        step = random.choice(("post", "post", "lengthen", "approve", "void"))
        if step == "void":
            actions.reverse(
                db_session, account_ref=account, participation=fact.participation, reason="v", now=NOW, recorded_by="s"
            )
            standing.pop(fact.participation, None)
            continue
        if step == "lengthen" and fact.dwell_minutes is not None:
            fact = replace(fact, dwell_minutes=fact.dwell_minutes + 1)
        elif step == "approve" and fact.category == "inquiry_course":
            fact = replace(fact, worksheet="approved")
        known[fact.participation] = standing[fact.participation] = fact
        post(db_session, account, fact, book)
    expected = decided_by_rules(standing.values(), book)
    assert {name: amount for name, amount in net(db_session, account).items() if amount} == {
        name: amount for name, amount in expected.items() if amount
    }
    assert findings(db_session) == []


def test_a_chain_names_the_row_that_was_edited(db_session: Session, book: Book) -> None:
    for number in range(3):
        post(db_session, "acc", lecture(f"p{number}", day=number), book)
    db_session.commit()
    _without_triggers(db_session, "UPDATE ledger_entry SET centicredits = 300 WHERE seq = 2")
    told = findings(db_session)
    assert any(line.startswith("I5 ledger_entry (acc, 2)") for line in told)
    assert any(line.startswith("I4 ledger_account (acc)") for line in told)
    assert any(line.startswith("I6 ledger_entry (acc, 2)") for line in told)


def test_a_chain_shows_a_row_that_was_removed_and_a_tail_that_was_cut(db_session: Session, book: Book) -> None:
    for number in range(3):
        post(db_session, "acc", lecture(f"p{number}", day=number), book)
        post(db_session, "other", lecture(f"q{number}", day=number), book)
    db_session.commit()
    _without_triggers(db_session, "DELETE FROM ledger_entry WHERE account_id = 'acc' AND seq = 2")
    _without_triggers(db_session, "DELETE FROM ledger_entry WHERE account_id = 'other' AND seq = 3")
    told = [line for line in findings(db_session) if line.startswith("I5")]
    assert [line.split(":")[0] for line in told] == ["I5 ledger_entry (acc, 3)", "I5 ledger_account (other)"]


def test_counters_edited_behind_the_program_are_named(db_session: Session, book: Book) -> None:
    post(db_session, "acc", lecture("p1"), book)
    account = db_session.get_one(LedgerAccount, "acc")
    account.totals = dict.fromkeys(account.totals, 0)
    db_session.flush()
    assert [line.split(":")[0] for line in findings(db_session)] == ["I4 ledger_account (acc)"]


@pytest.mark.parametrize("change", ["UPDATE ledger_entry SET centicredits = 1", "DELETE FROM ledger_entry"])
def test_the_database_itself_refuses_to_change_an_entry(db_session: Session, book: Book, change: str) -> None:
    post(db_session, "acc", lecture("p1"), book)
    db_session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        db_session.execute(text(change))


def _without_triggers(session: Session, change: str) -> None:
    """What somebody with the database's password could do: switch the triggers off, change a row, switch them on."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE ledger_entry DISABLE TRIGGER USER"))
        session.execute(text(change))
        session.execute(text("ALTER TABLE ledger_entry ENABLE TRIGGER USER"))
    else:
        made = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _ in made:
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text(change))
        for _, sql in made:
            session.execute(text(sql))
    session.commit()
    session.expire_all()
