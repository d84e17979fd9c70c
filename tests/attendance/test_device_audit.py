"""What a device sent that is no scan is kept as it was acknowledged: an edited or removed row is named."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from credit_app.attendance.models import DeviceRefusal
from credit_app.verification import verify
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.tablets import enrolled


def test_a_refusal_that_somebody_edited_is_named(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    tablet = enrolled(app, db_session, cast.venue_staff, clock.set(today_at(9)), venue=cast.venue)
    assert tablet.scan(tablet.item("1234", cast.lecture, "in", today_at(9)))["status"] == "code_invalid"
    db_session.rollback()
    assert not list(verify(db_session))
    with pytest.raises(DatabaseError, match="device_refusal"):
        db_session.execute(update(DeviceRefusal).values(status="ok"))
    db_session.rollback()
    number = db_session.scalars(select(DeviceRefusal.id)).one()
    on = " ON device_refusal" if db_session.get_bind().dialect.name == "postgresql" else ""
    db_session.execute(text(f"DROP TRIGGER device_refusal_no_update{on}"))
    db_session.execute(update(DeviceRefusal).values(device_seq=7))
    found = list(verify(db_session))
    assert [(finding.invariant, finding.row) for finding in found] == [("I1", f"device_refusal ({number})")]
