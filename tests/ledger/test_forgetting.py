"""Old simulations are forgotten, but for what the officers of a published book went by."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.ledger import trials
from credit_app.ledger.changes import Replay, SimulatedChange, Simulation
from credit_app.ledger.figures import Figures
from tests.cast import YEAR, Cast
from tests.conftest import HeldClock
from tests.faces.teaching import words
from tests.ledger.changing import NOW, drafted, new_rules, published, replayed, simulated, took_part
from tests.ledger.facts import visit
from tests.visitor import Visitor


def test_after_thirty_days_only_the_figures_of_what_was_published_remain(
    client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    took_part(db_session, cast.pupil, visit("p1"))
    draft, dropped = drafted(db_session, cast, new_rules()), drafted(db_session, cast, new_rules("dropped-2026"))
    simulated(db_session, cast, draft)
    last, other = simulated(db_session, cast, draft), simulated(db_session, cast, dropped)
    gone = f"/bureau/rules/simulations/{other.public_id}"
    rule_set = published(db_session, draft)
    replayed(db_session, cast, rule_set, cast.district)
    clock.set(NOW + timedelta(days=30))
    assert jobs.run_job("purge_expired").figures["simulations"] == 0
    assert db_session.scalar(select(func.count()).select_from(SimulatedChange)) == 3

    clock.forward(seconds=1)
    assert jobs.run_job("purge_expired").figures["simulations"] == 2

    db_session.expire_all()
    assert db_session.scalars(select(Simulation.id)).all() == [last.id]
    assert Figures.from_json(last.result).every.gained == 30
    assert db_session.scalar(select(func.count()).select_from(SimulatedChange)) == 0
    assert db_session.scalars(select(Replay.state)).all() == ["done"]
    client.sign_in(cast.officer)
    assert "发布前的模拟：2026-2027 学年" in words(client.get(f"/bureau/rules/{rule_set}/replay").text)
    told = words(client.get(f"/bureau/rules/simulations/{last.public_id}").text)
    assert "单条明细已经清理" in told
    assert "现行 0.5，差 +0.3" in told
    assert client.get(gone).status_code == 404
    assert client.get(f"/bureau/rules/simulations/{last.public_id}/export.xlsx").status_code == 200


def test_one_that_still_waits_is_not_forgotten(db_session: Session, cast: Cast) -> None:
    draft = drafted(db_session, cast, new_rules())
    trials.ask_simulation(db_session, draft=draft, year=YEAR, asked_by=cast.officer, now=NOW)
    assert trials.forget_simulations(db_session, asked_before=NOW + timedelta(days=100)) == 0
    assert db_session.scalar(select(func.count()).select_from(Simulation)) == 1
