"""A published rule set applied to what earlier ones had awarded: started, watched, stopped, resumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from credit_app import clock
from credit_app.errors import NotFound
from credit_app.extensions import db, queue
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.reach import own_district_ids, own_districts
from credit_app.faces.guards import requires, this_user
from credit_app.ledger import replay as replays
from credit_app.ledger import trials
from credit_app.ledger.changes import Replay, Simulation
from credit_app.ledger.figures import Figures
from credit_app.organisations.models import District
from credit_app.rule_books.models import RuleBook
from credit_app.rule_books.queries import book_for_bureau, book_named


@dataclass(frozen=True, slots=True)
class Place:
    """The rule set in one of the officer's districts: what had been simulated, the replay that has not come to its end,
    if any, and whether one has."""

    district: District
    simulation: Simulation | None
    figures: Figures | None
    current: Replay | None
    done: bool


@blueprint.get("/rules/<rule_set>/replay")
@requires("bureau_officer")
def rule_replay(rule_set: str) -> Any:
    """What replaying the rule set would do, how far it is, and what it has done."""
    row = _own_book(rule_set)
    done = replays.replays_for_bureau(db.session, rule_book=row, district_ids=own_district_ids())
    return render_template(
        "bureau/replay.html",
        row=row,
        book=book_named(db.session, rule_set),
        places=[_place(row, district, done) for district in _districts(row)],
        replays=done,
    )


@blueprint.post("/rules/<rule_set>/replay")
@requires("bureau_officer")
def rule_replay_start(rule_set: str) -> Response:
    """The replay is queued for one of the officer's districts; one that was stopped, or failed, goes on."""
    row = _own_book(rule_set)
    code = request.form.get("district", "")
    district = next((each for each in _districts(row) if each.code == code), None)
    if district is None:
        raise NotFound
    replays.start_replay(db.session, rule_book=row, district_id=district.id, asked_by=this_user(), now=clock.now())
    db.session.commit()
    queue.wake("work_off_rule_changes")
    return redirect(url_for("bureau.rule_replay", rule_set=rule_set))


@blueprint.get("/rules/replays/<public_id>/progress")
@requires("bureau_officer")
def rule_replay_progress(public_id: str) -> Any:
    """How far it is, for the script that moves the bar."""
    replay = _own(public_id)
    running = replay.state in replays.WORKED_ON
    return jsonify(done=replay.done, in_all=replay.in_all, running=running, state=replay.state)


@blueprint.post("/rules/replays/<public_id>/stop")
@requires("bureau_officer")
def rule_replay_stop(public_id: str) -> Response:
    """No further batch begins; what has been posted stands."""
    replay = _own(public_id)
    replays.stop_replay(db.session, replay=replay)
    return _back(replay, _("已停下。已经认定的保留，可以随时继续。"))


@blueprint.post("/rules/replays/<public_id>/resume")
@requires("bureau_officer")
def rule_replay_resume(public_id: str) -> Response:
    """A replay that was stopped, or failed, goes on where it was."""
    replay = _own(public_id)
    replays.resume_replay(db.session, replay=replay)
    answer = _back(replay, _("继续重新认定。"))
    queue.wake("work_off_rule_changes")
    return answer


def _back(replay: Replay, told: str) -> Response:
    rule_set = replay.rule_book.rule_set
    db.session.commit()
    flash(told, "success")
    return redirect(url_for("bureau.rule_replay", rule_set=rule_set))


def _own(public_id: str) -> Replay:
    return replays.replay_for_bureau(db.session, public_id=public_id, district_ids=own_district_ids())


def _own_book(rule_set: str) -> RuleBook:
    return book_for_bureau(db.session, rule_set=rule_set, district_ids=own_district_ids())


def _districts(row: RuleBook) -> list[District]:
    """The officer's districts in which the rule set may hold."""
    return [district for district in own_districts() if row.district_id in (None, district.id)]


def _place(row: RuleBook, district: District, done: list[Replay]) -> Place:
    simulation = trials.simulation_of_text(db.session, district_id=district.id, sha256=row.sha256)
    figures = Figures.from_json(simulation.result) if simulation else None
    here = [each for each in done if each.district_id in (None, district.id)]
    newest = next((each for each in here if each.district_id == district.id), None)
    current = newest if newest is not None and newest.state != "done" else None
    return Place(district, simulation, figures, current, any(each.state == "done" for each in here))
