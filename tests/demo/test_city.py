"""The demonstration city is whole, keeps every invariant, and is the same when built again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.app import create_app
from credit_app.attendance.models import Attendance
from credit_app.demo import history, names
from credit_app.demo.city import build_city, is_empty, open_today
from credit_app.extensions import db
from credit_app.ledger.models import LedgerEntry
from credit_app.organisations.models import District, School, Venue
from credit_app.people.models import User
from credit_app.recognition.results.models import ListedCompetition, ReviewedResult
from credit_app.schools.cards import StudentCard
from credit_app.schools.models import Student
from credit_app.verification import verify
from tests.databases import Templates, release, settings_for

NOW = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)


def figures(session: Session) -> dict[str, int]:
    tables = (District, School, Venue, Activity, Occurrence, Student, Attendance, LedgerEntry)
    counts = {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    return counts | {"centicredits": session.scalar(select(func.sum(LedgerEntry.centicredits))) or 0}


@pytest.fixture
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the visitors: the whole city is built by `make run`, and takes most of a minute."""
    monkeypatch.setattr(history, "SHARE", {category: share / 10 for category, share in history.SHARE.items()})


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("short_history")
def test_the_city_is_whole_and_every_invariant_holds(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        assert is_empty(session)
        build_city(session, now=NOW)
        counts = figures(session)
        assert (counts["district"], counts["school"], counts["venue"], counts["student"]) == (2, 6, 12, 1200)
        assert 40 <= counts["activity"] <= 45
        assert counts["ledger_entry"] > 300
        assert [str(finding) for finding in verify(session)] == []
        with_password = session.scalars(select(User.login_name).where(User.password_hash.is_not(None))).all()
        assert sorted(with_password) == [
            "demo-counselor", "demo-officer", "demo-officer-2", "demo-pupil", "demo-teacher", "demo-venue",
        ]  # fmt: skip
        states = session.execute(select(ReviewedResult.state, func.count()).group_by(ReviewedResult.state)).all()
        assert {row[0]: row[1] for row in states} == {"approved": 6, "returned": 1, "submitted": 2}
        assert session.scalar(select(func.count()).select_from(ListedCompetition)) == 4
        cards = session.scalars(select(StudentCard.reason).order_by(StudentCard.id)).all()
        assert (len(cards), cards.count("lost")) == (25, 1)
        assert {venue.tier for venue in session.scalars(select(Venue))} == {"lead", "backbone", "grassroots"}


def test_the_same_day_and_seed_give_the_same_city(
    templates_of: Callable[[str], Templates], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "SCHOOLS", tuple(replace(plan, pupils_a_class=3) for plan in names.SCHOOLS))
    first, second = (_credits_of_a_city(templates_of("sqlite"), tmp_path) for _ in range(2))
    assert len(first) > 100
    assert first == second


def _credits_of_a_city(templates: Templates, folder: Path) -> list[tuple[Any, ...]]:
    """Who earned what for what, in a city built in an empty database."""
    url = templates.copy_of("migrated")
    app = create_app(settings_for(url, folder))
    with app.app_context():
        build_city(db.session(), now=NOW)
        rows = db.session.execute(
            select(Student.name, Student.student_no, LedgerEntry.category, LedgerEntry.centicredits)
            .join(Student, Student.account_ref == LedgerEntry.account_id)
            .order_by(Student.id, LedgerEntry.occurred_at, LedgerEntry.seq)
        )
        told = [tuple(row) for row in rows]
    release(app)
    templates.server.remove(url)
    return told


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("short_history")
def test_each_start_sees_to_it_that_a_kiosk_can_be_tried(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        build_city(session, now=NOW)
        assert open_today(session, now=NOW) is None
        tomorrow = NOW.replace(day=21)
        opened = open_today(session, now=tomorrow)
        assert opened is not None
        assert opened.starts_at < tomorrow < opened.ends_at
