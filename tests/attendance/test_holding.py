"""A question to a person is asked once."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.attendance.holding import raise_hold
from credit_app.attendance.models import Hold
from tests.cast import Cast, today_at


def test_the_same_question_is_asked_once(db_session: Session, cast: Cast) -> None:
    asked: dict[str, Any] = {
        "kind": "signal",
        "key": "pace.1",
        "reason": "pace",
        "occurrence_id": cast.visit.id,
        "student_id": cast.pupil.id,
        "now": today_at(14),
    }
    first = raise_hold(db_session, **asked, evidence={"claims": 9})
    again = raise_hold(db_session, **(asked | {"now": today_at(15)}))
    db_session.commit()
    assert (first is not None, again) == (True, None)
    hold = db_session.scalars(select(Hold)).one()
    assert (hold.public_id, hold.state, hold.evidence) == (first, "open", {"claims": 9})
    assert (hold.raised_at, hold.due_on) == (today_at(14), date(2026, 10, 24))
