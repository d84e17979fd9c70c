"""What a scan at the door costs the database, statement by statement, and what the reading of a device costs."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from credit_app.attendance.models import Device
from credit_app.schools.cards import StudentCard
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.tablets import Tablet, card_of, enrolled
from tests.statements import count_statements
from tests.visitor import Visitor

ON_THE_WAY = {
    "pupil, locked": "FROM student WHERE student.id IN",
    "context, by the card": "JOIN student_card",
    "attendance": "attendance",
    "account, locked": "FROM ledger_account",
    "entry": "INSERT INTO ledger_entry",
    "account, moved on": "UPDATE ledger_account",
    "balance": "INSERT INTO ledger_balance",
    "scan, with its answer": "INSERT INTO scan_event",
}
FIRST_THAT_FITS = (
    "scan, with its answer",
    "entry",
    "account, moved on",
    "balance",
    "account, locked",
    "pupil, locked",
    "context, by the card",
    "attendance",
)


@pytest.fixture
def card(db_session: Session, cast: Cast) -> StudentCard:
    return card_of(db_session, cast.pupil, cast.counselor, today_at(8))


@pytest.fixture
def tablet(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> Tablet:
    """The venue's, enrolled this morning."""
    return enrolled(app, db_session, cast.venue_staff, clock.set(today_at(8)), venue=cast.venue)


def statements_of(session: Session, tablet: Tablet, item: dict[str, object]) -> list[str]:
    """The statements of one scan, without the one that finds out which device is asking."""
    with count_statements(session.get_bind()) as seen:  # type: ignore[arg-type]
        assert tablet.scan(item)["good"] is True
    return [" ".join(each.split()) for each in seen if "device.public_key" not in each]


def named(statements: list[str]) -> list[str]:
    return [next((name for name in FIRST_THAT_FITS if ON_THE_WAY[name] in each), each) for each in statements]


def expected(session: Session) -> list[str]:
    """On SQLite writers take turns, and nobody need be locked."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    return [name for name in ON_THE_WAY if postgresql or name != "pupil, locked"]


def test_a_scan_that_awards_takes_eight_statements(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    tablet.scan(tablet.item(card, cast.visit, "in", clock.set(today_at(12, 40))))
    cast.course.activity.category = "lecture"  # which awards at check-in
    cast.course.starts_at, cast.course.ends_at = today_at(13, 10), today_at(14)
    out = tablet.item(card, cast.visit, "out", clock.set(today_at(13, 40)))
    opened = statements_of(db_session, tablet, out)  # opens the account, which costs a statement once in a pupil's life
    assert len(opened) == len(expected(db_session)) + 1
    come_in = tablet.item(card, cast.course, "in", clock.set(today_at(13, 41)))
    assert named(statements_of(db_session, tablet, come_in)) == expected(db_session)


def test_a_repeated_scan_costs_no_more_than_finding_its_answer(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    item = tablet.item(card, cast.lecture, "in", clock.set(today_at(9)))
    tablet.scan(item)
    seen = named(statements_of(db_session, tablet, item))
    assert [name for name in seen if name != "pupil, locked"] == ["context, by the card"]


def test_scans_of_one_device_touch_no_row_of_the_device(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    """Pupils at one gate do not wait for each other: what is written is theirs, and a batch alone notes the device."""
    item = tablet.item(card, cast.lecture, "in", clock.set(today_at(9)))
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        tablet.scan(item)
    assert not [each for each in seen if "UPDATE device" in each]
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        tablet.upload([item], seq=1)
    noted = [number for number, each in enumerate(seen) if "UPDATE device" in each]
    assert noted == [len(seen) - 2]  # but for counting what is lost, the last thing before the commit


def test_what_a_device_reads_takes_few_statements_however_many_pupils_there_are(
    db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet, card: StudentCard
) -> None:
    asked = []
    for student in (None, cast.classmate):
        if student is not None:
            card_of(db_session, student, cast.counselor, today_at(8))
        for path in ("/api/device/occurrences", "/api/device/bundle"):
            db_session.commit()
            with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
                assert tablet.ask(path).status_code == 200
            asked.append(len(seen))
    assert asked == [3, 5, 3, 5]


def test_the_list_of_devices_asks_the_same_however_long_it_is(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, tablet: Tablet
) -> None:
    staff, asked = Visitor(app), []
    staff.sign_in(cast.venue_staff)
    for number in range(2):
        db_session.add(
            Device(
                venue_id=cast.venue.id,
                name=f"平板 {number}",
                public_key=bytes([number]),
                enrolled_by_id=cast.venue_staff.id,
                enrolled_at=today_at(8),
                last_seen_at=today_at(8),
            )
        )
        db_session.commit()
        with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
            assert staff.get("/venue/devices").status_code == 200
        asked.append(len(seen))
    assert asked[0] == asked[1] <= 8
