"""Whatever order scans arrive in, however they are split, sent again or mixed with another device's and with claims of
pupils' own phones: the same attendance and the same credits, and nothing for the audit to find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from credit_app.attendance.actions import Scan, close_occurrence, record_scan
from credit_app.attendance.batches import take_batch
from credit_app.attendance.devices import Doorkeeper
from credit_app.attendance.door_items import Batch
from credit_app.attendance.models import Device
from credit_app.ledger.queries import participation_records
from credit_app.schools.cards.token import card_token
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.attendance.doorway import attendances, context_of
from tests.cast import Cast, today_at
from tests.faces.tablets import card_of, ms

ARRIVAL = today_at(20)
# Five-minute steps around the opening, the start, the end of a stay that earns, the end and the last moment to leave.
MINUTES = st.sampled_from([-35, -30, -5, 0, 0, 15, 44, 45, 60, 60, 120, 180, 185, 240, 241])


@dataclass(frozen=True)
class Sent:
    """One scan: by device 0 or 1, or a claim (2), of one of two pupils."""

    number: int
    by: int
    whose: int
    direction: str
    minute: int
    seconds: int


@st.composite
def scans(draw: st.DrawFn) -> list[Sent]:
    count = draw(st.integers(1, 6))
    return [
        Sent(
            number,
            draw(st.sampled_from([0, 0, 1, 1, 2])),
            draw(st.sampled_from([0, 0, 0, 1])),
            draw(st.sampled_from(["in", "out"])),
            draw(MINUTES),
            draw(st.sampled_from([0, 0, 1])),
        )
        for number in range(1, count + 1)
    ]


class Hall:
    """Two devices, two pupils with cards, one visit; deliveries happen within the test's transaction."""

    def __init__(self, session: Session, cast: Cast) -> None:
        self.session, self.visit = session, cast.visit
        self.students: list[Student] = [cast.pupil, cast.classmate]
        cards = [card_of(session, student, cast.counselor, today_at(7)) for student in self.students]
        self.tokens = [card_token(card.card_id, card.generation) for card in cards]
        self.devices = [self._device(session, cast, name) for name in ("东门", "西门")]

    @staticmethod
    def _device(session: Session, cast: Cast, name: str) -> Doorkeeper:
        row = Device(
            venue_id=cast.venue.id,
            name=name,
            public_key=name.encode(),
            enrolled_by_id=cast.venue_staff.id,
            enrolled_at=today_at(7),
            last_seen_at=today_at(7),
        )
        session.add(row)
        session.flush()
        return Doorkeeper(
            row.id,
            row.public_id,
            name,
            cast.venue.id,
            None,
            cast.venue.name,
            cast.district.id,
            row.enrolled_at,
            row.last_seen_at,
            None,
        )

    def at(self, sent: Sent) -> datetime:
        return self.visit.starts_at + timedelta(minutes=sent.minute, seconds=sent.seconds)

    def item(self, sent: Sent) -> dict[str, Any]:
        began = today_at(7)
        mono_ms = ms(self.at(sent)) - ms(began)
        return {
            "client_uid": f"{sent.number:022d}",
            "seq": sent.number,
            "occurrence": self.visit.handle,
            "direction": sent.direction,
            "card": self.tokens[sent.whose],
            "method": "camera",
            "clock": {
                "wall_ms": 0,
                "mono_ms": mono_ms,
                "boot": "boot",
                "synced": {"server_ms": ms(began), "mono_ms": 0, "rtt_ms": 0},
            },
            "offline": True,
        }

    def deliver(self, parcel: Sequence[Sent]) -> None:
        """Scans of one sender, which is the first one's: the others in the parcel are its own too."""
        if parcel[0].by == 2:
            for sent in parcel:
                self._claim(sent)
            return
        batch = Batch(seq=0, queued=len(parcel), items=[self.item(sent) for sent in parcel])
        taken = take_batch(self.session, device=self.devices[parcel[0].by], batch=batch, now=ARRIVAL)
        assert all(receipt.final for receipt in taken.receipts)

    def _claim(self, sent: Sent) -> None:
        student, key = self.students[sent.whose], f"claim-{sent.number}"
        record_scan(
            self.session,
            context=context_of(self.session, student, self.visit, key),
            scan=Scan("claim", key, sent.direction, "self_scan", self.at(sent)),
            now=ARRIVAL,
        )

    def outcome(self) -> list[Any]:
        """What the attendances and the ledger say, whatever led there."""
        self.session.flush()
        self.session.expire_all()
        found: list[Any] = []
        for student in self.students:
            rows = attendances(self.session, student)
            found += [
                (row.first_in_at, row.open_since_at, row.last_out_at, row.stayed_seconds, row.proof, row.end_assumed)
                for row in rows
            ]
            records = participation_records(self.session, account_ref=student.account_ref, year="2026-2027")
            found.append([record.net_centicredits for record in records if record.net_centicredits])
        return found


def parcels(draw: Any, sent: Sequence[Sent]) -> list[list[Sent]]:
    """The scans in some order, some of them twice, each sender's cut into batches, the batches mixed."""
    again = [each for each in sent if draw(st.booleans())]
    shuffled = draw(st.permutations([*sent, *again]))
    found: list[list[Sent]] = []
    for each in shuffled:
        if found and found[-1][0].by == each.by and draw(st.booleans()):
            found[-1].append(each)
        else:
            found.append([each])
    return found


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_any_way_of_arriving_ends_the_same(app: Flask, db_session: Session, cast: Cast, closed: bool) -> None:
    hall = Hall(db_session, cast)
    db_session.commit()

    @seed(20261125)
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data(), scans())
    def check(data: st.DataObject, sent: list[Sent]) -> None:
        in_order = [[each] for each in sorted(sent, key=lambda each: (each.minute, each.seconds, each.direction))]
        told = [_arrived(hall, way, closed=closed) for way in (in_order, parcels(data.draw, sent))]
        assert told[0] == told[1]

    check()


def _arrived(hall: Hall, way: Sequence[Sequence[Sent]], *, closed: bool) -> list[Any]:
    """What has come of it, in a transaction that is taken back afterwards."""
    point = hall.session.begin_nested()
    try:
        if closed:
            close_occurrence(hall.session, occurrence=hall.visit, now=today_at(17))
        for parcel in way:
            hall.deliver(parcel)
        assert not list(verify(hall.session))
        return hall.outcome()
    finally:
        point.rollback()
        hall.session.expire_all()


def test_a_scan_undone_while_it_waited_counts_in_no_order(db_session: Session, cast: Cast) -> None:
    hall = Hall(db_session, cast)
    came, left = Sent(1, 0, 0, "in", 0, 0), Sent(2, 0, 0, "out", 60, 0)
    wrong = replace(left, number=3, minute=10)
    told = []
    for order in ((came, wrong, left), (wrong, left, came), (left, came, wrong)):
        point = db_session.begin_nested()
        for sent in order:
            item = hall.item(sent) | ({"undone": {"wall_ms": 0, "mono_ms": 0}} if sent is wrong else {})
            batch = Batch(seq=0, queued=1, items=[item])
            take_batch(db_session, device=hall.devices[0], batch=batch, now=ARRIVAL)
        told.append(hall.outcome())
        assert not list(verify(db_session))
        point.rollback()
        db_session.expire_all()
    assert told[0] == told[1] == told[2]
    assert told[0][1] == [50]
