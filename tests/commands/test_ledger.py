"""`flask ledger`: what it prints and how it ends, on a whole ledger and on one that somebody has edited."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from credit_app.commands.showing import progress_shown
from credit_app.ledger import audit as ledger_audit
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.scenes import stay


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["ledger", *words])


@pytest.fixture
def ledger(db_session: Session, cast: Cast, clock: HeldClock) -> None:
    """Three accounts with a visit each."""
    for student in (cast.pupil, cast.classmate, cast.other_pupil):
        stay(db_session, student, cast.visit, today_at(13), today_at(14))
    clock.set(today_at(23))
    db_session.commit()


def edit(session: Session, statement: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        for table in ("ledger_entry", "ledger_account"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    else:
        for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
    session.execute(text(statement))
    session.commit()


@pytest.mark.usefixtures("ledger")
def test_a_ledger_in_order_is_said_to_hold(app: Flask) -> None:
    result = run(app, "verify")
    assert (result.exit_code, result.output) == (0, "The ledger holds.\n")


@pytest.mark.usefixtures("ledger")
def test_each_broken_row_is_named_and_the_others_are_audited_all_the_same(
    app: Flask, db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts that cannot be read at all, in one account; an amount in another; in small chunks as in large ones."""
    first, second = cast.pupil.account_ref, cast.other_pupil.account_ref
    db_session.commit()
    edit(db_session, f"UPDATE ledger_entry SET facts = '[1]' WHERE account_id = '{first}'")
    edit(db_session, f"UPDATE ledger_entry SET centicredits = 900 WHERE account_id = '{second}' AND seq = 1")
    for together in (20_000, 1, 0):
        monkeypatch.setattr(ledger_audit, "TOGETHER", together)
        result = run(app, "verify")
        assert result.exit_code == 1
        for named in (f"I5 ledger_entry ({first}, 1)", f"I6 ledger_account ({first})", f"I4 ledger_account ({second})"):
            assert named in result.output, result.output
        assert str(cast.classmate.account_ref) not in result.output


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("ledger")
def test_rows_that_cannot_even_be_fetched_stop_nothing(app: Flask, db_session: Session, cast: Cast) -> None:
    """SQLite keeps whatever is written into a JSON column; PostgreSQL would refuse it."""
    first, second = cast.pupil.account_ref, cast.classmate.account_ref
    db_session.commit()
    edit(db_session, f"UPDATE ledger_entry SET trace = '[nonsense' WHERE account_id = '{first}'")
    edit(db_session, f"UPDATE ledger_account SET balance_centicredits = 1 WHERE id = '{second}'")
    output = run(app, "verify").output
    assert f"I5 ledger_account ({first}): its rows cannot be read" in output
    assert f"I4 ledger_account ({second}): balance 1" in output


@pytest.mark.usefixtures("ledger")
def test_a_pointer_to_another_participations_award_is_named(app: Flask, db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.lecture, today_at(9), today_at(10))
    ref = cast.pupil.account_ref
    db_session.commit()
    edit(db_session, f"UPDATE ledger_entry SET participation = 'x' WHERE account_id = '{ref}' AND kind <> 'award'")
    assert "which is no award of its participation" in run(app, "verify").output


@pytest.mark.usefixtures("ledger")
def test_roots_are_taken_listed_and_exported_once(app: Flask, clock: HeldClock, tmp_path: Path) -> None:
    path = tmp_path / "root.ndjson"
    assert "No root was taken yet" in run(app, "root", "export", str(path)).output
    assert "3 accounts" in run(app, "root", "take").output
    assert "taken before" in run(app, "root", "take").output
    clock.set(today_at(23) + timedelta(days=1))
    run(app, "root", "take")
    listed = run(app, "root", "list").output.splitlines()
    assert listed[0].startswith("public key ")
    assert [line[:10] for line in listed[1:]] == ["2026-10-18", "2026-10-17"]
    assert run(app, "root", "export", str(path)).exit_code == 0
    assert run(app, "root", "export", str(path)).exit_code != 0  # a root that was kept is never written over


def test_where_there_is_no_terminal_a_line_tells_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown("rows", every_seconds=0) as progress:
        progress(500, 2000)
        progress(10, 40)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("rows: 500 of 2,000, ")
    assert first.endswith("s to go")
    assert second.startswith("rows: 10 of 40, ")
