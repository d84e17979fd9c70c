"""Two leaders press opposite buttons at the same moment: what the ledger holds fits the worksheet as it stands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.lists import PRESENT_COLUMNS, OccurrenceList, occurrence_list, present_of
from credit_app.attendance.models import Attendance
from credit_app.attendance.reach import Reach
from credit_app.extensions import db
from credit_app.ledger.models import LedgerAccount
from credit_app.people.models import User
from credit_app.recognition import actions
from tests.cast import TODAY, Cast, today_at
from tests.scenes import stay


def decide(session: Session, listed: OccurrenceList, decision: str, user_id: int) -> None:
    actions.decide_worksheets(
        session,
        happening=listed.happening,
        pupils=listed.pupils,
        decision=decision,
        remark="请补上数据",
        decided_by=session.get_one(User, user_id),
        now=today_at(20),
    )


def approve_and_return_at_once(app: Flask, session: Session, cast: Cast) -> tuple[str, int]:
    """One leader has approved and not committed when the other returns; (worksheet, balance) after both."""
    stay(session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    reach = Reach(day=TODAY, teacher_id=cast.homeroom_teacher.id)
    listed = occurrence_list(session, public_id=cast.course.public_id, reach=reach)
    first, second = cast.homeroom_teacher.id, cast.counselor.id
    session.commit()

    approved, trouble = threading.Event(), list[BaseException]()

    def approve() -> None:
        decide(db.session(), listed, "approved", first)
        approved.set()
        other.join(1)  # the other one has arrived, and waits for its turn
        db.session.commit()

    def give_back() -> None:
        approved.wait(10)
        decide(db.session(), listed, "returned", second)
        db.session.commit()

    def within_app(work: Callable[[], None]) -> None:
        try:
            with app.app_context():
                work()
        except BaseException as problem:
            trouble.append(problem)
            approved.set()

    other = threading.Thread(target=within_app, args=(give_back,))
    one = threading.Thread(target=within_app, args=(approve,))
    other.start()  # first, because the one who approves waits for it
    one.start()
    one.join(20)
    other.join(20)
    assert trouble == []
    worksheet = session.scalars(select(Attendance.worksheet)).one()
    return worksheet, session.scalars(select(LedgerAccount.balance_centicredits)).one()


def test_the_second_sees_what_the_first_decided(app: Flask, db_session: Session, cast: Cast) -> None:
    assert approve_and_return_at_once(app, db_session, cast) == ("returned", 0)


def test_also_without_the_lock_no_credit_stays_for_a_returned_worksheet(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is what they meet at; whoever comes second asks the ledger, whatever was read of the worksheet before."""

    def unlocked(session: Session, *, accounts: dict[int, str]) -> dict[int, Any]:
        rows = session.execute(select(*PRESENT_COLUMNS).where(Attendance.id.in_(accounts)))
        return {row.id: present_of(row) for row in rows}

    monkeypatch.setattr(actions, "locked_presence", unlocked)

    assert approve_and_return_at_once(app, db_session, cast) == ("returned", 0)
