"""Scans, calls, counts and late entries in any order of arrival end in the same attendance and credits, and verify."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.actions import Scan, close_occurrence, record_scan
from credit_app.attendance.deciding import accept, confirm_ends, reject
from credit_app.attendance.headcounts import count_heads
from credit_app.attendance.late_entries import propose_late_entry
from credit_app.attendance.lists import occurrence_list
from credit_app.attendance.models import Hold
from credit_app.attendance.roll_calls import Mark, call_roll
from credit_app.attendance.voiding import void_row
from credit_app.errors import DomainError, NotFound
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.attendance.doorway import attendances, context_of
from tests.attendance.leading import teachers_reach
from tests.attendance.test_late_scans import outcome
from tests.cast import Cast, today_at

EVENING = today_at(20)
Step = Callable[[Session, Cast], None]


def at_random(random: Random) -> object:
    return today_at(13) + timedelta(minutes=random.randrange(0, 170, 5))


def a_scan(random: Random, number: int, who: int) -> Step:
    at, direction = at_random(random), random.choice(("in", "out"))
    proof = random.choice(("self_scan", "staff_scan"))

    def step(session: Session, cast: Cast) -> None:
        student, key = (cast.pupil, cast.classmate)[who], f"scan-{number}"
        context = context_of(session, student, cast.visit, key)
        record_scan(session, context=context, scan=Scan("claim", key, direction, proof, at), now=EVENING)  # type: ignore[arg-type]

    return step


def a_call(random: Random, number: int, *, with_absent: bool) -> Step:
    at, moment = at_random(random), random.choice(("arrival", "departure"))
    found = [random.choice(("present", "absent", "")) if with_absent else random.choice(("present", "")) for _ in "ab"]

    def step(session: Session, cast: Cast) -> None:
        marks = [Mark(student, mark) for student, mark in zip((cast.pupil, cast.classmate), found, strict=True) if mark]
        if marks:
            call_roll(
                session,
                occurrence=cast.visit,
                school_class=cast.school_class,
                moment=moment,
                marks=marks,
                called_by=cast.homeroom_teacher,
                called_at=at,  # type: ignore[arg-type]
                client_uid=f"call-{number}",
                now=EVENING,
            )

    return step


def a_count(random: Random, number: int) -> Step:
    heads, moment = random.randrange(3), random.choice(("arrival", "departure"))

    def step(session: Session, cast: Cast) -> None:
        count_heads(
            session,
            occurrence=cast.visit,
            school=random.choice((None, cast.school)),
            moment=moment,
            heads=heads,
            counted_by=cast.venue_staff,
            client_uid=f"count-{number}",
            now=EVENING,
        )

    return step


def a_late_entry(random: Random, who: int, *, accepted: bool) -> Step:
    in_at = today_at(13) + timedelta(minutes=random.randrange(0, 100, 5))
    out_at = in_at + timedelta(minutes=random.randrange(5, 60, 5))

    def step(session: Session, cast: Cast) -> None:
        public_id = propose_late_entry(
            session,
            occurrence=cast.visit,
            student=(cast.pupil, cast.classmate)[who],
            in_at=in_at,
            out_at=out_at,
            reason="forgot",
            words="在场",
            proposed_by=cast.homeroom_teacher,
            now=EVENING,
        )
        hold = session.scalars(select(Hold).filter_by(public_id=public_id)).one()
        decide = accept if accepted else reject
        decide(session, hold=hold, words="看过", decided_by=cast.counselor, now=EVENING)

    return step


def the_close(session: Session, cast: Cast) -> None:
    if cast.visit.status == "scheduled":
        close_occurrence(session, occurrence=cast.visit, now=today_at(17))


def confirmed(session: Session, cast: Cast) -> None:
    """Every assumed end is confirmed, as the last thing that happens."""
    try:
        listed = occurrence_list(session, public_id=cast.visit.public_id, reach=teachers_reach(cast))
    except NotFound:
        return  # nobody came
    confirm_ends(
        session, happening=listed.happening, closed_at=today_at(17), pupils=listed.pupils, at=today_at(16), now=EVENING
    )


def told(session: Session, students: tuple[Student, ...]) -> list[object]:
    return [(outcome(session, each), [row.proof for row in attendances(session, each)]) for each in students]


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_arrival_ends_the_same(db_session: Session, cast: Cast, seed: int) -> None:
    random = Random(seed)
    steps: list[Step] = [a_scan(random, number, random.randrange(2)) for number in range(random.randrange(5))]
    steps += [a_call(random, number, with_absent=False) for number in range(random.randrange(1, 4))]
    steps += [a_count(random, number) for number in range(random.randrange(2))]
    steps += [a_late_entry(random, who, accepted=True) for who in range(2) if random.random() < 0.5]
    steps.append(the_close)
    found = []
    for _ in range(4):
        random.shuffle(steps)
        point = db_session.begin_nested()
        for step in steps:
            step(db_session, cast)
            db_session.flush()
        confirmed(db_session, cast)
        found.append(told(db_session, (cast.pupil, cast.classmate)))
        assert [str(finding) for finding in verify(db_session)] == []
        point.rollback()
        db_session.expire_all()
    assert all(each == found[0] for each in found), found


@pytest.mark.parametrize("seed", range(8))
def test_any_sequence_of_decisions_verifies(db_session: Session, cast: Cast, seed: int) -> None:
    """With corrections, rejections and voids, where the order of people's decisions may matter: nothing breaks."""
    random = Random(1000 + seed)

    def void_one(session: Session, cast: Cast) -> None:
        for row in attendances(session, random.choice((cast.pupil, cast.classmate))):
            void_row(
                session,
                attendance_id=row.id,
                reason="mistake",
                words="记错了",
                decided_by=cast.venue_staff,
                now=EVENING,
            )

    def answer_one(session: Session, cast: Cast) -> None:
        for hold in session.scalars(select(Hold).filter_by(state="open")):
            random.choice((accept, reject))(session, hold=hold, words="看过", decided_by=cast.counselor, now=EVENING)

    makers: list[Callable[[int], Step]] = [
        lambda number: a_scan(random, number, random.randrange(2)),
        lambda number: a_call(random, number, with_absent=True),
        lambda number: a_count(random, number),
        lambda _number: a_late_entry(random, random.randrange(2), accepted=random.random() < 0.5),
        lambda _number: void_one,
        lambda _number: answer_one,
        lambda _number: the_close,
        lambda _number: confirmed,
    ]
    for number in range(18):
        step = random.choice(makers)(number)
        point = db_session.begin_nested()
        try:
            step(db_session, cast)
            db_session.flush()
        except DomainError:
            point.rollback()
            db_session.expire_all()
    assert [str(finding) for finding in verify(db_session)] == []
