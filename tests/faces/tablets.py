"""Tablets at a door: each with a key of its own, signing what it asks for and sends."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from datetime import datetime
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from credit_app.activities.models import Occurrence
from credit_app.attendance.devices import issue_code
from credit_app.organisations.models import School, Venue
from credit_app.people.models import User
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.token import card_token, new_card_id
from credit_app.schools.models import Student
from tests.visitor import Visitor


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def card_of(session: Session, student: Student, issued_by: User, at: datetime, *, generation: int = 1) -> StudentCard:
    """The pupil has a card."""
    card = StudentCard(
        student_id=student.id, card_id=new_card_id(), generation=generation, issued_by_id=issued_by.id, issued_at=at
    )
    session.add(card)
    session.flush()
    return card


class Tablet(Visitor):
    """A browser with a key pair. Its monotonic clock began when it did, at `began_at`."""

    def __init__(self, app: Flask, began_at: datetime) -> None:
        super().__init__(app)
        self.key = generate_private_key(SECP256R1())
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = base64url(point)
        self.device = "nobody"
        self.began_at, self.boot = began_at, secrets.token_urlsafe(9)
        self.numbers = count(1)
        self.synced_at: datetime | None = began_at

    def enrol(self, code: str) -> TestResponse:
        answer = self.post("/api/device/enrol", json={"code": code, "public_key": self.public_key})
        if answer.status_code == 200:
            self.device = answer.get_json()["device"]
        return answer

    def signature(self, method: str, path: str, body: bytes) -> str:
        text = f"kx-device-1\n{method}\n{path}\n{hashlib.sha256(body).hexdigest()}"
        r, s = decode_dss_signature(self.key.sign(text.encode(), ECDSA(SHA256())))
        return base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def ask(self, path: str, **headers: str) -> TestResponse:
        signed = {"X-Device": self.device, "X-Device-Signature": self.signature("GET", path, b"")}
        return self.get(path, headers=signed | {name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, path: str, content: Any) -> TestResponse:
        body = json.dumps(content).encode()
        signed = {"X-Device": self.device, "X-Device-Signature": self.signature("POST", path, body)}
        return self.post(path, data=body, content_type="application/json", headers=signed)

    def clock(self, at: datetime, *, wrong_by_ms: int = 0) -> dict[str, Any]:
        """The clocks at `at`: the wall's may be wrong, and the last answer of the server is that of `synced_at`."""
        synced = None
        if self.synced_at is not None:
            mono_ms = ms(self.synced_at) - ms(self.began_at)
            synced = {"server_ms": ms(self.synced_at), "mono_ms": mono_ms, "rtt_ms": 40}
        return {
            "wall_ms": ms(at) + wrong_by_ms,
            "mono_ms": max(0, ms(at) - ms(self.began_at)),
            "boot": self.boot,
            "synced": synced,
        }

    def item(
        self, card: StudentCard | str, occurrence: Occurrence, direction: str, at: datetime, **other: Any
    ) -> dict[str, Any]:
        """A scan that the tablet made at `at`."""
        token = card if isinstance(card, str) else card_token(card.card_id, card.generation)
        return {
            "client_uid": secrets.token_urlsafe(16),
            "seq": next(self.numbers),
            "occurrence": occurrence.handle,
            "direction": direction,
            "card": token,
            "method": "camera",
            "clock": self.clock(at),
            "bundle": None,
            "offline": False,
            "undone": None,
        } | other

    def scan(self, item: dict[str, Any]) -> dict[str, Any]:
        """The receipt of an item that is sent at once."""
        answer = self.send("/api/device/scans", item)
        assert answer.status_code in (200, 422, 503), answer.text
        return answer.get_json()

    def upload(self, items: list[dict[str, Any]], *, seq: int = 0, queued: int | None = None) -> dict[str, Any]:
        """What the server answers to a batch."""
        content = {"seq": seq, "queued": len(items) if queued is None else queued, "items": items}
        answer = self.send("/api/device/batches", content)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def undo(self, item: dict[str, Any], at: datetime) -> TestResponse:
        undo = {"client_uid": secrets.token_urlsafe(16), "undoes": item["client_uid"], "clock": self.clock(at)}
        return self.send("/api/device/undo", undo)


def enrolled(
    app: Flask,
    session: Session,
    by: User,
    at: datetime,
    *,
    venue: Venue | None = None,
    school: School | None = None,
    name: str = "东门平板",
) -> Tablet:
    """A tablet of the organiser, that has talked to the server at `at`."""
    _enrolment, code = issue_code(session, name=name, issued_by=by, now=at, venue=venue, school=school)
    tablet = Tablet(app, at)
    answer = tablet.enrol(code)
    assert answer.status_code == 200, answer.text
    return tablet
