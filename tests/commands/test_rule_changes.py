"""``flask rules simulate`` and ``flask rules replay``: the same figures, the same postings, from the machine."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.commands import rule_changes
from credit_app.ledger import replay as replays
from credit_app.ledger.changes import Replay
from credit_app.rule_books.models import RuleBookDraft
from tests.cast import YEAR, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there
from tests.ledger.changing import broken_rows, drafted, new_rules, published
from tests.scenes import stay


@pytest.fixture
def draft(db_session: Session, cast: Cast, clock: HeldClock) -> RuleBookDraft:
    """Pupils have been there under the city's rules; the draft gives more for a visit, less for a lecture."""
    have_been_there(db_session, cast)
    stay(db_session, cast.other_pupil, cast.visit, today_at(13), today_at(14))
    clock.set(today_at(18))
    return drafted(db_session, cast, new_rules(lecture="0.2"))


def test_the_commands_print_the_figures_and_carry_a_rule_set_out(
    app: Flask, db_session: Session, cast: Cast, draft: RuleBookDraft, tmp_path: Any
) -> None:
    path, sheet = tmp_path / "book.yaml", tmp_path / "result.xlsx"
    path.write_text(draft.text, encoding="utf-8")
    runner = app.test_cli_runner()
    told = runner.invoke(
        args=["rules", "simulate", str(path), "--year", YEAR, "--district", "nanshan", "--xlsx", str(sheet)]
    )
    assert told.exit_code == 0, told.output
    assert "学分增加的学生  2" in told.output
    assert "青蓝学校  1 / 0 / 0  0.5 → 0.8" in told.output
    assert len(CalamineWorkbook.from_path(str(sheet)).get_sheet_by_name("变动明细").to_python()) == 4
    assert runner.invoke(args=["rules", "simulate", str(path), "--year", "26"]).exit_code == 2
    assert runner.invoke(args=["rules", "replay", "nosuchbook"]).exit_code == 1
    rule_set = published(db_session, draft)
    db_session.commit()
    assert runner.invoke(args=["rules", "replay", rule_set, "--district", "futian"]).exit_code == 1
    done = runner.invoke(args=["rules", "replay", rule_set])
    assert "调整 4 条，增加 0.6，减少 0.1" in done.output, done.output
    again = runner.invoke(args=["rules", "replay", rule_set])
    assert "调整 0 条" in again.output
    assert broken_rows(db_session) == []


def test_ctrl_c_stops_the_command_and_the_same_command_goes_on(
    app: Flask, db_session: Session, cast: Cast, draft: RuleBookDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "BATCH", 1)
    rule_set = published(db_session, draft)
    db_session.commit()
    real, batches = rule_changes.advance_replay, [0]

    def interrupted(*args: Any, **more: Any) -> bool:
        batches[0] += 1
        if batches[0] == 2:
            raise KeyboardInterrupt
        return real(*args, **more)

    monkeypatch.setattr(rule_changes, "advance_replay", interrupted)
    runner = app.test_cli_runner()
    stopped = runner.invoke(args=["rules", "replay", rule_set])
    assert (stopped.exit_code, "做到 1 / " in stopped.output) == (1, True), stopped.output
    assert "重新认定完成" in runner.invoke(args=["rules", "replay", rule_set]).output
    db_session.rollback()
    assert [replay.state for replay in db_session.scalars(select(Replay))] == ["done"]
