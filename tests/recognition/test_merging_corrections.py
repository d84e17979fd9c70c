"""A duplicate with corrections of two people is merged: what they decided on comes along, as far as it stands."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.lists import occurrence_list
from credit_app.attendance.reach import Reach
from credit_app.attendance.voiding import restore_attendance, void_attendance
from credit_app.ledger.correcting import approve_correction, propose_correction
from credit_app.ledger.models import LedgerAccount, LedgerEntry
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.attendance.doorway import attendances
from tests.cast import TODAY, Cast, today_at
from tests.progress.year import newcomer
from tests.recognition.deciding import decide
from tests.recognition.test_merging import merge
from tests.scenes import stay

EVENING = today_at(20)


def correct(session: Session, cast: Cast, student: Student, centicredits: int) -> str:
    """The pupil's visit is worth so much more; the public id of the paper."""
    assert student.account_ref is not None
    correction = propose_correction(
        session,
        account_ref=student.account_ref,
        participation=attendances(session, student)[0].public_id,
        centicredits=centicredits,
        reason="讲解员记错了",
        document_ref="情况说明 1 号",
        proposed_by=cast.counselor,
        proposed_as="science_counselor",
        now=EVENING,
    )
    approve_correction(
        session, correction=correction, decided_by=cast.officer, decided_as="bureau_officer", remark="", now=EVENING
    )
    return correction.public_id


def void_and_restore(session: Session, cast: Cast, student: Student) -> None:
    participation = attendances(session, student)[0].public_id
    reach = Reach(day=TODAY, venue_ids=[cast.venue.id])
    for voided in (False, True):
        session.expire_all()
        listed = occurrence_list(session, public_id=cast.visit.public_id, reach=reach)
        pupil = listed.pupil(participation, voided=voided)
        if voided:
            restore_attendance(
                session,
                happening=listed.happening,
                pupil=pupil,
                words="看错了",
                decided_by=cast.venue_staff,
                now=EVENING,
            )
        else:
            void_attendance(
                session, pupil=pupil, reason="someone_else", words="代签", decided_by=cast.venue_staff, now=EVENING
            )


def posted(session: Session, student: Student) -> list[tuple[str, int, str]]:
    query = select(LedgerEntry).where(LedgerEntry.account_id == student.account_ref).order_by(LedgerEntry.seq)
    return [(entry.kind, entry.centicredits, entry.reason) for entry in session.scalars(query)]


@pytest.fixture
def visited(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.classmate, cast.visit, today_at(13), today_at(14))


@pytest.mark.usefixtures("visited")
def test_each_correction_that_stands_comes_along_under_its_own_paper(db_session: Session, cast: Cast) -> None:
    papers = [correct(db_session, cast, cast.classmate, amount) for amount in (20, -5)]
    merged = merge(db_session, cast, cast.classmate, cast.pupil)
    assert merged.gained_centicredits == 65
    assert posted(db_session, cast.classmate)[-1] == ("reversal", -65, "merged")
    assert posted(db_session, cast.pupil) == [
        ("award", 50, "merged"),
        ("adjustment", 20, "corrected"),
        ("adjustment", -5, "corrected"),
    ]
    own = LedgerEntry.account_id == cast.pupil.account_ref
    causes = db_session.scalars(select(LedgerEntry.cause).where(own).order_by(LedgerEntry.seq)).all()
    assert causes == [merged.merge.public_id, *papers]
    taken = db_session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "reversal")).one()
    assert (taken.cause, taken.trace) == (merged.merge.public_id, [])
    explained = db_session.scalars(select(LedgerEntry.trace).where(LedgerEntry.reason == "corrected")).all()
    assert all(explained), "a correction shows the judging that it stands beside, in either account"
    assert not list(verify(db_session))


@pytest.mark.usefixtures("visited")
def test_corrections_that_cancel_each_other_out_come_along_too(db_session: Session, cast: Cast) -> None:
    for amount in (20, -20):
        correct(db_session, cast, cast.classmate, amount)
    assert merge(db_session, cast, cast.classmate, cast.pupil).gained_centicredits == 50
    assert [entry[1] for entry in posted(db_session, cast.pupil)] == [50, 20, -20]
    assert not list(verify(db_session))


@pytest.mark.usefixtures("visited")
def test_what_a_void_took_back_does_not_come_along(db_session: Session, cast: Cast) -> None:
    """Of 0.2 and 0.1 the first was taken back with its attendance; only the second was decided on since."""
    correct(db_session, cast, cast.classmate, 20)
    void_and_restore(db_session, cast, cast.classmate)
    correct(db_session, cast, cast.classmate, 10)
    account = db_session.get_one(LedgerAccount, cast.classmate.account_ref, populate_existing=True)
    assert account.balance_centicredits == 60
    assert merge(db_session, cast, cast.classmate, cast.pupil).gained_centicredits == 60
    assert [entry[1] for entry in posted(db_session, cast.pupil)] == [50, 10]
    assert not list(verify(db_session))


@pytest.mark.usefixtures("visited")
def test_a_chain_of_merges_takes_it_all_the_way(db_session: Session, cast: Cast) -> None:
    correct(db_session, cast, cast.classmate, 20)
    between = newcomer(db_session, cast.school_class, "林晓宇")
    merge(db_session, cast, cast.classmate, between)
    correct(db_session, cast, between, 10)
    assert merge(db_session, cast, between, cast.pupil).gained_centicredits == 80
    assert not list(verify(db_session))


def test_a_correction_of_what_waits_again_has_an_award_of_nothing_to_point_to(db_session: Session, cast: Cast) -> None:
    """The course was approved, corrected, and sent back: the 1.0 is gone until it is approved again, the 0.2 stands."""
    stay(db_session, cast.classmate, cast.course, today_at(10), today_at(11, 40))
    decide(db_session, cast, "approved")
    correct(db_session, cast, cast.classmate, 20)
    decide(db_session, cast, "returned")
    assert merge(db_session, cast, cast.classmate, cast.pupil).gained_centicredits == 20
    assert [entry[:2] for entry in posted(db_session, cast.pupil)] == [("award", 0), ("adjustment", 20)]
    assert not list(verify(db_session))
    decide(db_session, cast, "approved")
    assert sum(entry[1] for entry in posted(db_session, cast.pupil)) == 120
    assert not list(verify(db_session))
