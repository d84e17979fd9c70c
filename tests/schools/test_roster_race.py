"""Two counselors apply the same roster at the same moment."""

from __future__ import annotations

import threading

from flask import Flask
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.extensions import db
from credit_app.schools.roster.previewing import Preview, apply_preview
from tests.schools.importing import AUTUMN, LATER, imports, look, new_school, standing
from tests.schools.roster_set import small_school


def test_the_second_waits_for_the_first_and_then_finds_the_school_changed(app: Flask, db_session: Session) -> None:
    school = new_school(db_session)
    mine, theirs = look(db_session, school, small_school()), look(db_session, school, small_school())
    outcome: list[str] = []
    begun = threading.Event()
    apply_preview(db_session, preview=mine, applied_by_id=None, removals_confirmed=False, now=AUTUMN)
    other = threading.Thread(target=_apply, args=(app, theirs, begun, outcome))
    other.start()
    assert begun.wait(10)
    other.join(0.5)
    assert other.is_alive(), "it went on although the first has not committed"
    db_session.commit()
    other.join(10)
    assert outcome == ["conflict"]
    assert len(standing(db_session, school)) == 5
    assert len(imports(db_session)) == 1


def _apply(app: Flask, preview: Preview, begun: threading.Event, outcome: list[str]) -> None:
    with app.app_context():
        begun.set()
        try:
            apply_preview(db.session(), preview=preview, applied_by_id=None, removals_confirmed=False, now=LATER)
            db.session.commit()
            outcome.append("applied")
        except Conflict:
            db.session.rollback()
            outcome.append("conflict")
