"""The world that the check-in bench measures on: pupils with 40 entries each, occurrences, requests ready to send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import flask_migrate
from flask import Flask
from sqlalchemy import select

from bench import minimal
from bench.city import Phones, PupilKey, http, open_occurrences, settle_pupils
from config import Config
from credit_app.app import create_app
from credit_app.attendance.actions import Scan, record_scan
from credit_app.attendance.queries import scan_context
from credit_app.extensions import db
from credit_app.keys import new_public_id
from credit_app.ledger import audit
from credit_app.ledger.rejudging import Post, order_text
from credit_app.ledger.writing import Writer, locked_account
from credit_app.organisations.models import School
from credit_app.rule_books.queries import book_for
from credit_app.rules.calendar import academic_year, academic_year_bounds, local_date
from credit_app.rules.facts import Fact
from credit_app.rules.single import History

PUPILS, ROUNDS, ENTRIES = 1000, 5, 40


class World:
    """Everything set up; each method gives one round's requests, one a pupil."""

    def __init__(self, app: Flask, pupils: list[PupilKey], handles: dict[str, list[str]]) -> None:
        self.app, self.pupils, self.handles = app, pupils, handles
        self.phones = Phones(app)

    def minimal_requests(self, number: int) -> list[bytes]:
        return [http(f"/check-in/o{number}/p{position}", {}) for position in range(len(self.pupils))]

    def warm_up_requests(self) -> list[bytes]:
        return self._claims(self.handles["warm_up"][0], "in")

    def lecture_requests(self, number: int) -> list[bytes]:
        return self._claims(self.handles["lecture"][number - 1], "in")

    def check_out_requests(self, number: int) -> list[bytes]:
        return self._claims(self.handles["visit"][number - 1], "out")

    def verify_ledger(self) -> list[str]:
        with self.app.app_context():
            return [str(finding) for finding in audit.audit(db.session(), lambda done, in_all: None)]

    def _claims(self, handle: str, direction: str) -> list[bytes]:
        now = datetime.now(UTC)
        claims = (
            self.phones.claim(pupil, place, handle=handle, direction=direction, now=now)
            for place, pupil in enumerate(self.pupils)
        )
        return [request for _, request in claims]


def build(url: str, *, pupils: int) -> World:
    """The world stands in an empty PostgreSQL database."""
    app = create_app(Config(mode="demonstration", database_url=url))
    with app.app_context():
        flask_migrate.upgrade()
        now = datetime.now(UTC)
        keys, handles = _build_city(now, pupils)
        _build_history(keys, now)
        _enter_visits(keys, handles["visit"], now)
    _build_minimal(url, pupils)
    return World(app, keys, handles)


def _build_city(now: datetime, pupils: int) -> tuple[list[PupilKey], dict[str, list[str]]]:
    session_ = db.session()
    district, officer, keys = settle_pupils(session_, pupils=pupils, now=now)
    kinds = {"lecture": "lecture", "visit": "venue_visit", "warm_up": "venue_visit"}
    # In the order of the rounds.
    happenings = [(f"{kind}{number}", category) for number in range(ROUNDS) for kind, category in kinds.items()]
    opened = open_occurrences(session_, district=district, officer=officer, happenings=happenings, now=now)
    session_.commit()
    return keys, {kind: [opened[f"{kind}{number}"] for number in range(ROUNDS)] for kind in kinds}


def _build_history(pupils: list[PupilKey], now: datetime) -> None:
    """Each pupil has 40 entries: 25 visits last year, 15 this year, judged and chained as the ledger does it."""
    session_ = db.session()
    today = local_date(now)
    this_year = academic_year_bounds(academic_year(today))[0]
    began = datetime.combine(this_year, datetime.min.time(), UTC) + timedelta(hours=2)
    # Before today and in this year, however young the year is.
    step = max(timedelta(minutes=1), (now - timedelta(days=1) - began) / ENTRIES)
    district_id = session_.scalars(select(School.district_id)).one()
    for pupil in pupils:
        history, posts = History(), []
        for number in range(ENTRIES):
            occurred_at = began - timedelta(days=60 - number) if number < 25 else began + number * step
            fact = Fact(
                participation=new_public_id(),
                occurred_at=occurred_at,
                occurred_on=local_date(occurred_at),
                category="venue_visit",
                activity="a",
                venue=f"v{number // 2}",
                tier="lead",
                at_venue=True,
                grade=7,
                planned_minutes=420,
                dwell_minutes=60,
                checked_out=True,
                proof="self_scan",
            )
            book = book_for(session_, district_id=district_id, day=fact.occurred_on)
            judged = history.judge(fact, book)
            posts.append(Post(fact, judged, judged.centicredits, None, ""))
        writer = Writer(session_, locked_account(session_, pupil.account_ref, now), now, "rules")
        writer.append_posts(posts)
        writer.close(history.totals, posts[-1].award.rule_set, order_text(posts[-1].fact))
    session_.commit()


def _enter_visits(pupils: list[PupilKey], handles: list[str], now: datetime) -> None:
    """Every pupil has been inside every visit for 90 minutes."""
    session_ = db.session()
    for handle in handles:
        for pupil in pupils:
            uid = f"{handle}.{pupil.user_id}"
            context = scan_context(session_, user_id=pupil.user_id, handle=handle, origin="claim", client_uid=uid)
            assert context is not None
            scan = Scan("claim", uid, "in", "self_scan", now - timedelta(minutes=90))
            answer = record_scan(session_, context=context, scan=scan, now=now)
            assert answer.status == "ok", answer
        session_.commit()


def _build_minimal(url: str, pupils: int) -> None:
    app = minimal.create_app(url)
    with app.app_context():
        minimal.db.create_all()
        minimal.db.session.add_all(minimal.Occurrence(handle=f"o{n}", title="讲座") for n in range(2 * ROUNDS + 1))
        minimal.db.session.add_all(minimal.Pupil(public_id=f"p{n}", name="学生") for n in range(pupils))
        minimal.db.session.commit()
