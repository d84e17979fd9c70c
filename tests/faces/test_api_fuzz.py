"""The interface to programs against its own description: every route is in it, and whatever is sent, as whoever of the
cast or as a device, is answered as it says, never by a failure of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from credit_app.attendance.devices import revoke_device
from credit_app.attendance.models import Attendance, Device
from credit_app.faces.api.openapi import description
from credit_app.schools.cards.token import card_token
from credit_app.verification import verify
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.tablets import Tablet, card_of, enrolled
from tests.scenes import scan
from tests.visitor import Visitor

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PEOPLE = ("anonymous", "pupil", "homeroom_teacher", "counselor", "venue_staff", "officer")
Sender = Callable[[Case], TestResponse]


def routes(app: Flask) -> set[tuple[str, str]]:
    """(method, path) of every route of the interface, as OpenAPI writes them."""
    found = set()
    for rule in app.url_map.iter_rules():
        path = str(rule).replace("<", "{").replace(">", "}")
        if path.startswith("/api/") and path not in ("/api/docs", "/api/openapi.json"):
            found |= {(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    return found


@pytest.mark.sqlite_only
def test_every_route_of_the_interface_is_described_and_no_other(app: Flask, client: Visitor) -> None:
    told = client.get("/api/openapi.json").get_json()
    described = {(method.upper(), path) for path, ways in told["paths"].items() for method in ways}
    assert described == routes(app)


class World:
    """A morning in which something has happened, and everybody who may ask about it."""

    def __init__(self, app: Flask, session: Session, cast: Cast, clock: HeldClock) -> None:
        self.app, self.cast = app, cast
        clock.set(today_at(8))
        self.devices = {
            name: enrolled(app, session, cast.venue_staff, today_at(8), venue=cast.venue, name=name)
            for name in ("device", "revoked_device")
        }
        revoked = session.scalars(select(Device).where(Device.name == "revoked_device")).one()
        revoke_device(session, device=revoked, revoked_by=cast.venue_staff, now=today_at(8, 30))
        card = card_of(session, cast.pupil, cast.counselor, today_at(8))
        self.token = card_token(card.card_id, card.generation)
        scan(session, cast.pupil, cast.lecture, "in", today_at(9))
        self.participation = session.scalars(select(Attendance.public_id)).one()
        session.commit()
        clock.set(today_at(9, 5))

    def senders(self) -> dict[str, Sender]:
        """How each of them sends a case."""
        return {who: self._person(who) for who in PEOPLE} | {
            name: self._device(tablet) for name, tablet in self.devices.items()
        }

    def truer(self, case: Case, how: int) -> Case:
        """The case, with things in it that exist when `how` is odd."""
        if how % 2 and case.path_parameters:
            exists = self.participation if "participations" in case.path else self.cast.lecture.public_id
            case.path_parameters = {"public_id": exists}
        if how % 2 and isinstance(case.body, dict):
            items = case.body.get("items")
            for item in [case.body, *(items if isinstance(items, list) else ())]:
                if isinstance(item, dict) and "card" in item:
                    item |= {"card": self.token, "occurrence": self.cast.lecture.handle}
        return case

    def _person(self, who: str) -> Sender:
        visitor, headers = Visitor(self.app), {}
        if who != "anonymous":
            visitor.sign_in(self.cast.users()[who])
        page = visitor.get("/")
        headers["X-CSRFToken"] = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        return lambda case: self._sent(visitor, case, headers)

    def _device(self, tablet: Tablet) -> Sender:
        def send(case: Case) -> TestResponse:
            path, body = _path_of(case), _body_of(case)
            signed = {"X-Device": tablet.device, "X-Device-Signature": tablet.signature(case.method, path, body)}
            return self._sent(tablet, case, signed)

        return send

    @staticmethod
    def _sent(visitor: Visitor, case: Case, headers: dict[str, str]) -> TestResponse:
        body = _body_of(case)
        kind = "application/json" if body else None
        return visitor.open(_path_of(case), method=case.method, data=body, content_type=kind, headers=headers)


def _path_of(case: Case) -> str:
    wanted = (case.query or {}).get("occurrence")
    asked = [str(each) for each in (wanted if isinstance(wanted, list) else [wanted])]
    query = "&".join(f"occurrence={each}" for each in asked if each.isalnum() and each.isascii())
    if "codes" in case.path:
        query = f"direction={(case.query or {}).get('direction', 'in')}"
    return case.formatted_path + (f"?{query}" if query else "")


def _body_of(case: Case) -> bytes:
    if case.method == "GET" or case.body is schemathesis.core.NOT_SET:
        return b""
    return case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as asked", "otherwise"])
def test_whatever_is_sent_is_answered_as_described(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock, mode: GenerationMode
) -> None:
    world = World(app, db_session, cast, clock)
    senders = world.senders()
    told: dict[str, set[int]] = {who: set() for who in senders}
    for found in schemathesis.openapi.from_dict(description()).get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]

        @seed(20261125)
        @settings(
            max_examples=4,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode), st.integers(0, 1))
        def check(case: Case, how: int) -> None:
            case = world.truer(case, how)
            for who, send in senders.items():
                answer = send(case)
                told[who].add(answer.status_code)
                case.validate_response(answer, checks=CHECKS)

        check()
    db_session.rollback()
    assert not list(verify(db_session))
    assert 200 not in told["anonymous"]
    if mode is GenerationMode.POSITIVE:
        # It went further than the doors.
        assert all(200 in told[who] for who in ("pupil", "homeroom_teacher", "counselor", "device", "revoked_device"))
        assert {401, 422} <= told["device"]
        assert 403 in told["revoked_device"]
