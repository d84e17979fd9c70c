"""A scan arrives while the year is being settled: its credit is in the list or withheld, never between the two."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.extensions import db
from credit_app.ledger.models import LedgerAccount, LedgerCorrection, Settlement, SettlementLine
from credit_app.organisations.models import School
from credit_app.progress import settling as work
from credit_app.schools.models import Student
from tests.cast import Cast, today_at
from tests.scenes import scan, stay
from tests.settling.year import SETTLED_AT, findings, settle_begun


def settle_and_scan_at_once(app: Flask, session: Session, cast: Cast) -> tuple[int, int, list[str]]:
    """The list of the pupil's school is being made, and not committed, when a check-out arrives.

    Returns: the line's total, how many late facts wait, and what `flask verify` says.
    """
    stay(session, cast.pupil, cast.lecture, today_at(9), today_at(10, 30))  # 0.3, so that the account is there
    scan(session, cast.pupil, cast.visit, "in", today_at(13))
    settlement_id = settle_begun(session, cast).id
    school_id, pupil_id, visit_id = cast.school.id, cast.pupil.id, cast.visit.id
    session.commit()
    made, trouble = threading.Event(), list[BaseException]()

    def settle() -> None:
        one = db.session()
        settlement, school = one.get_one(Settlement, settlement_id), one.get_one(School, school_id)
        work._make_list(one, settlement, school, SETTLED_AT)
        made.set()
        other.join(1)  # the scan has arrived, and waits for its turn
        one.commit()

    def check_out() -> None:
        made.wait(10)
        one = db.session()
        scan(one, one.get_one(Student, pupil_id), one.get_one(Occurrence, visit_id), "out", today_at(14))

    def within_app(work_of: Callable[[], None]) -> None:
        try:
            with app.app_context():
                work_of()
        except BaseException as problem:
            trouble.append(problem)
            made.set()

    other = threading.Thread(target=within_app, args=(check_out,))
    one = threading.Thread(target=within_app, args=(settle,))
    other.start()
    one.start()
    one.join(20)
    other.join(20)
    assert trouble == []
    total = session.scalars(select(SettlementLine.total).where(SettlementLine.student_id == pupil_id)).one()
    late = session.scalars(select(LedgerCorrection.id)).all()
    return total, len(late), findings(session)


def test_a_scan_that_comes_while_the_list_is_made_is_withheld(app: Flask, db_session: Session, cast: Cast) -> None:
    assert settle_and_scan_at_once(app, db_session, cast) == (30, 1, [])


def test_without_the_lock_its_credit_would_be_in_neither(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The danger is real on PostgreSQL; on SQLite writers take turns as a whole."""

    def not_closed(session: Session, **of: Any) -> dict[str, int]:
        rows = session.execute(
            select(LedgerAccount.id, LedgerAccount.entry_count).where(LedgerAccount.id.in_(of["account_refs"]))
        )
        return {row.id: row.entry_count for row in rows}

    monkeypatch.setattr(work, "close_accounts", not_closed)
    total, late, found = settle_and_scan_at_once(app, db_session, cast)
    assert (total, late) == (30, 0)
    assert any("no approved correction stands behind it" in each for each in found)
