"""The world that the check-in bench measures on: pupils with 40 entries each, occurrences, requests ready to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import flask_migrate
from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select

from bench import minimal
from config import Config
from credit_app.activities.actions import (
    Outline,
    add_occurrence,
    create_activity,
    decide_on_activity,
    submit_activity,
)
from credit_app.app import create_app
from credit_app.attendance.actions import Scan, record_scan
from credit_app.attendance.claim import new_claim, seal
from credit_app.attendance.queries import scan_context
from credit_app.demo.city import sample_book
from credit_app.extensions import db
from credit_app.keys import new_public_id
from credit_app.ledger import audit
from credit_app.ledger.rejudging import Post, order_text
from credit_app.ledger.writing import Writer, locked_account
from credit_app.organisations.actions import create_district, create_school, create_venue
from credit_app.organisations.models import School
from credit_app.people.actions import create_user, grant_role
from credit_app.people.models import User
from credit_app.people.sign_in import begin_sign_in
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.queries import book_for
from credit_app.rules.calendar import academic_year, academic_year_bounds, local_date
from credit_app.rules.facts import Fact
from credit_app.rules.single import History
from credit_app.schools.intake import NewPupil, create_pupils

PUPILS, ROUNDS, ENTRIES = 1000, 5, 40


@dataclass(frozen=True)
class PupilKey:
    """What a pupil's phone holds."""

    user_id: int
    token: str
    account_ref: str


class World:
    """Everything set up; each method gives one round's requests, one a pupil."""

    def __init__(self, app: Flask, pupils: list[PupilKey], handles: dict[str, list[str]]) -> None:
        self.app, self.pupils, self.handles = app, pupils, handles

    def minimal_requests(self, number: int) -> list[bytes]:
        return [_http(f"/check-in/o{number}/p{position}", {}) for position in range(len(self.pupils))]

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
        with self.app.test_request_context():
            csrf = generate_csrf()
            kept = dict(session)
            signer: Any = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
            now = datetime.now(UTC)
            requests = []
            for position, pupil in enumerate(self.pupils):
                browser = signer.dumps(kept | {"_user_id": pupil.token, "_fresh": True})
                claim = seal(new_claim(handle=handle, direction=direction, now=now))
                headers = {
                    "Cookie": f"session={browser}; claim={claim}",
                    "X-CSRFToken": csrf,
                    # A phone each: the limits per network stay on, and are not what is measured.
                    "X-Forwarded-For": f"10.{position >> 8 & 255}.{position & 255}.7",
                }
                requests.append(_http("/api/claims", headers))
        return requests


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
    session_, set_up = db.session(), now - timedelta(days=2)
    publish_book(session_, text=sample_book(), now=set_up)
    district = create_district(session_, code="d", name="区")
    school = create_school(session_, district=district, code="s", name="学校")
    officer = create_user(session_, login_name="officer", display_name="官员", now=set_up)
    grant_role(session_, user=officer, kind="bureau_officer", district=district, starts_on=local_date(set_up))
    year = academic_year(local_date(now))
    students = create_pupils(
        session_,
        school=school,
        pupils=[NewPupil(name="学生", student_no=f"{n:05}", grade=7, login_name=f"s{n}") for n in range(pupils)],
        academic_year=year,
        starts_on=academic_year_bounds(year)[0],
        now=set_up,
    )
    handles: dict[str, list[str]] = {"lecture": [], "visit": [], "warm_up": []}
    # In the order of the rounds, a minute apart: a pupil's events are judged as they happen, not as latecomers.
    for number in range(ROUNDS):
        for kind in ("lecture", "visit", "warm_up"):
            name = f"{kind}{number}"
            venue = create_venue(session_, district=district, name=name, kind="science_museum", tier="lead")
            outline = Outline(title=name, category="lecture" if kind == "lecture" else "venue_visit")
            activity = create_activity(session_, outline=outline, created_by=officer, now=set_up, venue=venue)
            starts_at = now - timedelta(minutes=120 - sum(len(made) for made in handles.values()))
            occurrence = add_occurrence(
                session_, activity=activity, starts_at=starts_at, ends_at=starts_at + timedelta(hours=6)
            )
            submit_activity(session_, activity=activity, now=set_up)
            decide_on_activity(
                session_, activity=activity, decision="approved", remark="", decided_by=officer, now=set_up
            )
            handles[kind].append(occurrence.handle)
    users = {user.id: user for user in session_.scalars(select(User))}
    keys = []
    for student in students:
        assert student.user_id is not None
        assert student.account_ref is not None
        token = begin_sign_in(session_, user=users[student.user_id], now=now)
        keys.append(PupilKey(student.user_id, token, student.account_ref))
    session_.commit()
    return keys, handles


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
        minimal.db.session.add_all(minimal.Occurrence(handle=f"o{n}", title="讲座") for n in range(ROUNDS + 1))
        minimal.db.session.add_all(minimal.Pupil(public_id=f"p{n}", name="学生") for n in range(pupils))
        minimal.db.session.commit()


def _http(path: str, headers: dict[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 0", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
