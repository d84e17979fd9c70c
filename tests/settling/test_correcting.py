"""Corrections by two people: proposed by one, decided by another, and left alone by every later judging."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.extensions import db
from credit_app.ledger import correcting
from credit_app.ledger.models import LedgerAccount, LedgerCorrection, LedgerEntry
from credit_app.people.models import User
from tests.cast import Cast, today_at
from tests.scenes import scan, stay
from tests.settling.year import entries, findings, settled

NOW = today_at(20)


def participation(session: Session, cast: Cast) -> str:
    """The pupil's first participation that has an award."""
    own = LedgerEntry.account_id == cast.pupil.account_ref
    return session.scalars(select(LedgerEntry.participation).where(own).order_by(LedgerEntry.seq)).first() or ""


def proposed(session: Session, cast: Cast, centicredits: int, *, by: User | None = None) -> LedgerCorrection:
    assert cast.pupil.account_ref is not None
    return correcting.propose_correction(
        session,
        account_ref=cast.pupil.account_ref,
        participation=participation(session, cast),
        centicredits=centicredits,
        reason="讲解员记错了场次",
        document_ref="情况说明 12 号",
        proposed_by=by or cast.counselor,
        proposed_as="bureau_officer" if by else "science_counselor",
        now=NOW,
    )


def approve(session: Session, correction: LedgerCorrection, officer: User) -> int:
    return correcting.approve_correction(
        session, correction=correction, decided_by=officer, decided_as="bureau_officer", remark="", now=NOW
    )


@pytest.fixture
def visited(db_session: Session, cast: Cast) -> None:
    """The pupil has a visit's 0.5."""
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))


@pytest.mark.usefixtures("visited")
def test_an_approved_correction_is_one_adjustment_and_the_balances_follow(db_session: Session, cast: Cast) -> None:
    correction = proposed(db_session, cast, -20)
    assert entries(db_session, cast.pupil) == [("award", 50, "")]
    assert approve(db_session, correction, cast.officer) == -20
    db_session.commit()
    assert entries(db_session, cast.pupil) == [("award", 50, ""), ("adjustment", -20, "corrected")]
    account = db_session.get_one(LedgerAccount, cast.pupil.account_ref)
    assert account.balance_centicredits == 30
    assert findings(db_session) == []


@pytest.mark.usefixtures("visited")
def test_later_judging_leaves_it_alone(db_session: Session, cast: Cast) -> None:
    """An earlier lecture arrives late, the pupil's history is judged again: the correction stands."""
    approve(db_session, proposed(db_session, cast, 40), cast.officer)
    stay(db_session, cast.pupil, cast.lecture, today_at(9), today_at(10))
    db_session.commit()
    assert [entry for entry in entries(db_session, cast.pupil) if entry[1]] == [
        ("award", 50, ""),
        ("adjustment", 40, "corrected"),
        ("award", 30, ""),
    ]
    assert findings(db_session) == []


@pytest.mark.usefixtures("visited")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"centicredits": 0}, "credits"),
        ({"centicredits": -51}, "credits"),
        ({"centicredits": 10_001}, "credits"),
        ({"reason": " \n"}, "reason"),
        ({"reason": "因" * 501}, "reason"),
        ({"document_ref": " "}, "document_ref"),
        ({"document_ref": "号" * 201}, "document_ref"),
    ],
)
def test_what_is_no_proposal_is_refused_at_its_field(
    db_session: Session, cast: Cast, changed: dict[str, object], field: str
) -> None:
    words: dict[str, object] = {"centicredits": 10, "reason": "记错", "document_ref": "1 号"}
    with pytest.raises(InvalidInput) as refusal:
        correcting.propose_correction(
            db_session,
            account_ref=cast.pupil.account_ref or "",
            participation=participation(db_session, cast),
            proposed_by=cast.counselor,
            proposed_as="science_counselor",
            now=NOW,
            **(words | changed),  # type: ignore[arg-type]
        )
    assert refusal.value.field == field


@pytest.mark.usefixtures("visited")
def test_what_has_no_award_cannot_be_corrected_and_nothing_is_proposed_twice(db_session: Session, cast: Cast) -> None:
    proposed(db_session, cast, 10)
    with pytest.raises(Conflict):
        proposed(db_session, cast, 20)
    scan(db_session, cast.classmate, cast.visit, "in", today_at(13))
    with pytest.raises(NotFound):
        correcting.propose_correction(
            db_session,
            account_ref=cast.classmate.account_ref or "",
            participation="nosuchthing",
            centicredits=10,
            reason="记错",
            document_ref="1 号",
            proposed_by=cast.counselor,
            proposed_as="science_counselor",
            now=NOW,
        )


@pytest.mark.usefixtures("visited")
def test_nobody_decides_on_an_own_proposal(db_session: Session, cast: Cast) -> None:
    correction = proposed(db_session, cast, 10, by=cast.officer)
    with pytest.raises(Conflict):
        approve(db_session, correction, cast.officer)
    with pytest.raises(Conflict):
        correcting.refuse_correction(
            db_session,
            correction=correction,
            decided_by=cast.officer,
            decided_as="bureau_officer",
            remark="不妥",
            now=NOW,
        )
    db_session.commit()
    with pytest.raises(IntegrityError):
        db_session.execute(
            text("UPDATE ledger_correction SET state = 'approved', decided_by_id = proposed_by_id, decided_as = 'x'")
        )
    db_session.rollback()
    assert approve(db_session, correction, cast.second_officer) == 10


@pytest.mark.usefixtures("visited")
def test_a_counselor_decides_on_nothing(db_session: Session, cast: Cast) -> None:
    with pytest.raises(ValueError, match="no say"):
        correcting.approve_correction(
            db_session,
            correction=proposed(db_session, cast, 10),
            decided_by=cast.other_counselor,
            decided_as="science_counselor",
            remark="",
            now=NOW,
        )


@pytest.mark.usefixtures("visited")
def test_a_refusal_says_why_and_posts_nothing(db_session: Session, cast: Cast) -> None:
    correction = proposed(db_session, cast, 10)
    said = {"decided_by": cast.officer, "decided_as": "bureau_officer", "now": NOW}
    with pytest.raises(InvalidInput):
        correcting.refuse_correction(db_session, correction=correction, remark=" ", **said)  # type: ignore[arg-type]
    correcting.refuse_correction(db_session, correction=correction, remark="依据不足", **said)  # type: ignore[arg-type]
    db_session.commit()
    assert entries(db_session, cast.pupil) == [("award", 50, "")]
    with pytest.raises(Conflict):
        approve(db_session, correction, cast.second_officer)
    assert findings(db_session) == []


@pytest.mark.usefixtures("visited")
def test_only_who_proposed_takes_it_back(db_session: Session, cast: Cast) -> None:
    correction = proposed(db_session, cast, 10)
    with pytest.raises(NotFound):
        correcting.withdraw_correction(db_session, correction=correction, withdrawn_by=cast.officer, now=NOW)
    correcting.withdraw_correction(db_session, correction=correction, withdrawn_by=cast.counselor, now=NOW)
    assert correction.state == "withdrawn"
    proposed(db_session, cast, 20)


@pytest.mark.usefixtures("visited")
def test_a_settled_year_is_corrected_in_the_same_way(db_session: Session, cast: Cast) -> None:
    settled(db_session, cast)
    approve(db_session, proposed(db_session, cast, 30), cast.officer)
    db_session.commit()
    assert entries(db_session, cast.pupil)[-1] == ("adjustment", 30, "corrected")
    assert findings(db_session) == []


@pytest.mark.usefixtures("visited")
def test_a_correction_without_its_entry_and_an_entry_without_its_correction_are_named(
    db_session: Session, cast: Cast
) -> None:
    approve(db_session, proposed(db_session, cast, 30), cast.officer)
    db_session.commit()
    db_session.execute(text("UPDATE ledger_correction SET centicredits = 300"))
    assert any("its entries moved 30" in each for each in findings(db_session))
    db_session.execute(text("UPDATE ledger_correction SET state = 'refused'"))
    found = findings(db_session)
    assert any("refused, but 1 entries name it as their cause" in each for each in found)
    assert any("no approved correction stands behind it" in each for each in found)


def decide_at_once(app: Flask, session: Session, cast: Cast) -> list[str]:
    """Two officers approve the same correction; the second comes while the first has not committed."""
    correction_id = proposed(session, cast, 10).id
    officers = [cast.officer.id, cast.second_officer.id]
    session.commit()
    first_in, told = threading.Event(), list[str]()

    def decide(officer_id: int, *, first: bool) -> None:
        with app.app_context():
            try:
                if not first:
                    first_in.wait(10)
                one = db.session()
                approve(one, one.get_one(LedgerCorrection, correction_id), one.get_one(User, officer_id))
                first_in.set()
                if first:
                    second.join(1)
                one.commit()
                told.append("approved")
            except Conflict:
                db.session.rollback()
                told.append("conflict")
            finally:
                first_in.set()

    second = threading.Thread(target=decide, args=(officers[1],), kwargs={"first": False})
    one = threading.Thread(target=decide, args=(officers[0],), kwargs={"first": True})
    second.start()
    one.start()
    one.join(20)
    second.join(20)
    return told


@pytest.mark.usefixtures("visited")
def test_two_officers_at_once_post_it_once(app: Flask, db_session: Session, cast: Cast) -> None:
    assert sorted(decide_at_once(app, db_session, cast)) == ["approved", "conflict"]
    assert entries(db_session, cast.pupil) == [("award", 50, ""), ("adjustment", 10, "corrected")]
    assert findings(db_session) == []


@pytest.mark.usefixtures("visited")
def test_without_the_lock_it_would_be_posted_twice(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The danger is real on PostgreSQL; on SQLite writers take turns as a whole."""
    monkeypatch.setattr(correcting, "_lock", lambda session, correction, now: _unlocked(session, correction))
    told = decide_at_once(app, db_session, cast)
    on_postgres = db.engine.dialect.name == "postgresql"
    assert sorted(told) == (["approved", "approved"] if on_postgres else ["approved", "conflict"])


def _unlocked(session: Session, correction: LedgerCorrection) -> object:
    from credit_app.ledger.writing import locked_account

    return locked_account(session, correction.account_id, NOW + timedelta(0))
