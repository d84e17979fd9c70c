"""What is taken back after the year was settled waits for two people, and then the rules have the last word."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.attendance.reach import Reach
from credit_app.attendance.voiding import restore_attendance, void_attendance
from credit_app.errors import Conflict
from credit_app.ledger import actions as ledger
from credit_app.ledger import correcting
from credit_app.ledger.models import LedgerAccount, LedgerCorrection, LedgerEntry
from credit_app.ledger.moving import move_credits
from credit_app.rule_books.queries import book_named
from credit_app.rules.facts import Fact
from tests.attendance.doorway import attendances
from tests.cast import TODAY, Cast, today_at
from tests.ledger.changing import took_part
from tests.ledger.facts import course, visit
from tests.progress.year import earns
from tests.scenes import stay
from tests.settling.year import SETTLED_AT, entries, findings, settled

LATER = SETTLED_AT + timedelta(days=1)
ENDS_ON = date(2027, 8, 31)


def listed(session: Session, cast: Cast) -> OccurrenceList:
    session.expire_all()
    return occurrence_list(session, public_id=cast.visit.public_id, reach=Reach(day=TODAY, venue_ids=[cast.venue.id]))


def void(session: Session, cast: Cast) -> int:
    """The venue takes the pupil's visit back."""
    participation = attendances(session, cast.pupil)[0].public_id
    taken = void_attendance(
        session,
        pupil=listed(session, cast).pupil(participation),
        reason="someone_else",
        words="代签",
        decided_by=cast.venue_staff,
        now=LATER,
    )
    session.commit()
    return taken


def restore(session: Session, cast: Cast) -> int:
    participation = attendances(session, cast.pupil)[0].public_id
    found = listed(session, cast)
    gained = restore_attendance(
        session,
        happening=found.happening,
        pupil=found.pupil(participation, voided=True),
        words="",
        decided_by=cast.venue_staff,
        now=LATER,
    )
    session.commit()
    return gained


def waiting(session: Session) -> list[tuple[str, str, int]]:
    rows = session.scalars(select(LedgerCorrection).order_by(LedgerCorrection.id))
    return [(row.kind, row.state, row.centicredits) for row in rows]


def decided_by_two(session: Session, cast: Cast) -> int:
    """The counselor takes up what waits, an officer approves it; what it moved."""
    late = session.scalars(select(LedgerCorrection).where(LedgerCorrection.state == "recorded")).one()
    correcting.take_up_correction(
        session,
        correction=late,
        reason="核对签到记录后发现是代签",
        document_ref="场馆说明 2027-10",
        proposed_by=cast.counselor,
        proposed_as="science_counselor",
        now=LATER,
    )
    moved = correcting.approve_correction(
        session, correction=late, decided_by=cast.officer, decided_as="bureau_officer", remark="", now=LATER
    )
    session.commit()
    return moved


def move(session: Session, cast: Cast) -> int:
    """The classmate's credits move into the pupil's account."""
    assert cast.classmate.account_ref is not None
    assert cast.pupil.account_ref is not None
    return move_credits(
        session,
        from_ref=cast.classmate.account_ref,
        into_ref=cast.pupil.account_ref,
        cause="merge",
        now=LATER,
        recorded_by="x",
    )


@pytest.fixture
def visited(db_session: Session, cast: Cast) -> None:
    """The pupil has a visit's 0.5."""
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))


@pytest.mark.usefixtures("visited")
def test_a_void_after_the_settling_posts_nothing_before_two_people_say_so(db_session: Session, cast: Cast) -> None:
    settled(db_session, cast)
    assert void(db_session, cast) == 0
    assert entries(db_session, cast.pupil) == [("award", 50, "")]
    assert waiting(db_session) == [("late_reversal", "recorded", -50)]
    late = db_session.scalars(select(LedgerCorrection)).one()
    assert (late.facts, late.recorded_at) == ({"reversal": "attendance_voided"}, LATER)
    assert late.account_id == cast.pupil.account_ref
    assert findings(db_session) == []

    assert decided_by_two(db_session, cast) == -50
    assert entries(db_session, cast.pupil)[1:] == [("reversal", -50, "attendance_voided")]
    reversal = db_session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "reversal")).one()
    assert (reversal.cause, reversal.recorded_by, reversal.recorded_at, reversal.trace) == (
        late.public_id,
        cast.officer.public_id,
        LATER,
        [],
    )
    assert findings(db_session) == []


@pytest.mark.usefixtures("visited")
def test_what_the_reversal_gives_back_to_later_ones_names_the_same_paper(db_session: Session, cast: Cast) -> None:
    """Without the first visit the third one counts: a venue's limit is two a year."""
    venue = db_session.scalars(select(LedgerEntry.facts)).one()["v"]
    for day in (20, 21):
        took_part(db_session, cast.pupil, visit(f"later{day}", day=day, venue=venue))
    settled(db_session, cast)
    before = sum(entry[1] for entry in entries(db_session, cast.pupil))
    void(db_session, cast)
    decided_by_two(db_session, cast)
    posted = entries(db_session, cast.pupil)
    assert ("adjustment", 50, "judged_again") in posted
    assert sum(entry[1] for entry in posted) == before
    late = db_session.scalars(select(LedgerCorrection)).one()
    causes = db_session.scalars(select(LedgerEntry.cause).where(LedgerEntry.recorded_at == LATER)).all()
    assert set(causes) == {late.public_id}


@pytest.mark.usefixtures("visited")
def test_restored_before_anybody_took_it_up_nothing_waits_any_more(db_session: Session, cast: Cast) -> None:
    settled(db_session, cast)
    void(db_session, cast)
    assert restore(db_session, cast) == 0
    assert waiting(db_session) == [("late_reversal", "withdrawn", -50)]
    assert entries(db_session, cast.pupil) == [("award", 50, "")]
    assert findings(db_session) == []


@pytest.mark.usefixtures("visited")
def test_a_void_of_what_was_never_posted_drops_the_late_fact(db_session: Session, cast: Cast) -> None:
    """Of this pupil and participation alone: another's late fact goes on waiting."""
    settled(db_session, cast)
    earns(db_session, cast.classmate, "club_festival")
    earns(db_session, cast.pupil, "club_festival")
    earns(db_session, cast.pupil, "lecture")
    assert [row[1] for row in waiting(db_session)] == ["recorded"] * 3
    first = db_session.scalars(
        select(LedgerCorrection.participation).where(LedgerCorrection.account_id == cast.pupil.account_ref)
    ).first()
    assert cast.pupil.account_ref is not None
    taken = ledger.reverse(
        db_session,
        account_ref=cast.pupil.account_ref,
        participation=first or "",
        reason="attendance_voided",
        now=LATER,
        recorded_by="x",
    )
    db_session.expire_all()
    assert taken == 0
    states = {row.participation: row.state for row in db_session.scalars(select(LedgerCorrection))}
    assert [state for participation, state in states.items() if participation == first] == ["withdrawn"]
    assert sorted(states.values()) == ["recorded", "recorded", "withdrawn"]


@pytest.mark.usefixtures("visited")
def test_what_two_people_decided_meanwhile_leaves_nothing_to_reverse(db_session: Session, cast: Cast) -> None:
    """A reversal that comes to a participation already reversed, or never posted, moves nothing."""
    participation = attendances(db_session, cast.pupil)[0].public_id
    assert cast.pupil.account_ref is not None
    for name, expected in (("unknown", 0), (participation, 50), (participation, 0)):
        moved = ledger.reverse_late(
            db_session,
            account_ref=cast.pupil.account_ref,
            participation=name,
            reason="attendance_voided",
            now=LATER,
            recorded_by="x",
            cause="paper",
        )
        assert moved == expected
    assert entries(db_session, cast.pupil) == [("award", 50, ""), ("reversal", -50, "attendance_voided")]


@pytest.mark.parametrize(("through", "refused"), [(ENDS_ON, True), (TODAY, True), (TODAY - timedelta(days=1), False)])
def test_a_merge_leaves_a_settled_year_alone_on_either_side(
    db_session: Session, cast: Cast, through: date, refused: bool
) -> None:
    stay(db_session, cast.classmate, cast.visit, today_at(13), today_at(14))
    stay(db_session, cast.pupil, cast.lecture, today_at(9), today_at(10))
    for side in (cast.classmate, cast.pupil):
        for each in (cast.classmate, cast.pupil):
            account = db_session.get_one(LedgerAccount, each.account_ref)
            account.settled_through = through if each is side else None
        db_session.commit()
        before = entries(db_session, cast.pupil), entries(db_session, cast.classmate)
        if refused:
            with pytest.raises(Conflict, match="已结算的学年，不能合并"):
                move(db_session, cast)
            db_session.rollback()
            assert (entries(db_session, cast.pupil), entries(db_session, cast.classmate)) == before
    if not refused:
        assert move(db_session, cast) == 50
        assert move(db_session, cast) == 0, "nothing is left to move"


def test_a_late_fact_that_changes_again_takes_the_place_of_the_one_before(db_session: Session, cast: Cast) -> None:
    """One row a participation; undecided again, nothing waits, and the posting says what the rules make of it."""
    settled(db_session, cast)
    assert cast.pupil.account_ref is not None

    def arrives(fact: Fact) -> ledger.Posting:
        posting = ledger.award(
            db_session,
            account_ref=cast.pupil.account_ref or "",
            fact=fact,
            book=book_named(db_session, "sample-2026"),
            now=LATER,
        )
        db_session.expire_all()
        return posting

    assert arrives(course("late")).withheld
    assert arrives(course("late", worksheet="refused")).withheld
    assert waiting(db_session) == [("late_fact", "recorded", 0)]
    undecided = arrives(course("late", worksheet="none"))
    assert (undecided.award.state, undecided.gained_centicredits, undecided.withheld) == ("pending", 0, False)
    assert waiting(db_session) == [("late_fact", "withdrawn", 0)]
    assert entries(db_session, cast.pupil) == []


def test_a_merge_in_which_nothing_is_left_to_come_gains_nothing(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.classmate, cast.visit, today_at(13), today_at(14))
    leaving = {row.public_id for row in attendances(db_session, cast.classmate)}
    assert cast.classmate.account_ref is not None
    assert cast.pupil.account_ref is not None
    gained = move_credits(
        db_session,
        from_ref=cast.classmate.account_ref,
        into_ref=cast.pupil.account_ref,
        leaving=leaving,
        cause="merge",
        now=LATER,
        recorded_by="x",
    )
    assert gained == 0
    assert [entry[1] for entry in entries(db_session, cast.classmate)] == [50, -50]
    assert entries(db_session, cast.pupil) == []
