"""The devices' interface as docs/door.md has it, small."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask, Response, jsonify, request

from credit_app.extensions import csrf
from credit_app.schools.cards import token
from credit_app.schools.cards.sealing import base64url, revoked_mark, sealed_person

SALT = bytes(range(16))


def now_ms() -> int:
    return int(time.time() * 1000)


class Fake:
    def __init__(self, app: Flask) -> None:
        self.app = app
        self.keys: dict[str, ec.EllipticCurvePublicKey] = {}
        self.revoked_devices: set[str] = set()
        self.people: list[tuple[str, int, str]] = []
        self.revoked: list[tuple[str, int]] = []
        self.rows: dict[str, tuple[str, dict[str, Any]]] = {}
        self.undone: list[str] = []
        self.requests: list[str] = []
        self.weather = "fine"
        start = now_ms()
        self.occurrence = {
            "id": "x",
            "handle": "AAAA1111",
            "title": "周末参观",
            "room": "一层大厅",
            "starts_ms": start - 600000,
            "ends_ms": start + 7200000,
            "opens_ms": start - 2400000,
            "leaves_ms": start + 10800000,
            "grade_from": 1,
            "grade_to": 9,
            "capacity": 40,
            "status": "scheduled",
            "came": 3,
            "inside": 2,
        }
        for rule, view, methods in (
            ("/api/device/enrol", self.enrol, ["POST"]),
            ("/api/device/occurrences", self.occurrences, ["GET"]),
            ("/api/device/bundle", self.bundle, ["GET"]),
            ("/api/device/scans", self.scans, ["POST"]),
            ("/api/device/batches", self.batches, ["POST"]),
            ("/api/device/undo", self.undo, ["POST"]),
        ):
            app.add_url_rule(rule, "fake" + view.__name__, csrf.exempt(view), methods=methods)

    def enrol(self) -> Any:
        if request.json["code"] != "GOODCODE":
            return jsonify(status="code_invalid", message="启用码不对"), 404
        raw = request.json["public_key"]
        point = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
        device = f"dev{len(self.keys)}"
        self.keys[device] = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return jsonify(device=device, name="南门手机", organiser="海湾科技馆", server_ms=now_ms())

    def check(self) -> Any:
        self.requests.append(f"{request.method} {request.full_path.rstrip('?')}")
        if self.weather == "busy":
            return jsonify(status="server_busy"), 503
        if self.weather == "broken":
            return "<h1>oops</h1>", 500
        device = request.headers.get("X-Device", "")
        if device not in self.keys:
            return jsonify(status="device_unknown"), 401
        sig = base64.urlsafe_b64decode(request.headers["X-Device-Signature"] + "==")
        der = encode_dss_signature(int.from_bytes(sig[:32]), int.from_bytes(sig[32:]))
        text = "\n".join(
            [
                "kx-device-1",
                request.method,
                request.full_path.rstrip("?"),
                hashlib.sha256(request.get_data()).hexdigest(),
            ]
        )
        try:
            self.keys[device].verify(der, text.encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            return jsonify(status="device_unknown"), 401
        if device in self.revoked_devices and request.path != "/api/device/batches":
            return jsonify(status="device_revoked"), 403
        return None

    def occurrences(self) -> Any:
        return self.check() or jsonify(server_ms=now_ms(), occurrences=[self.occurrence])

    def bundle(self) -> Any:
        if refused := self.check():
            return refused
        people = dict(
            sealed_person(card, gen, salt=SALT, name=name, class_name="五(1)班", school_name="海天学校")
            for card, gen, name in self.people
        )
        return jsonify(
            bundle="b1",
            server_ms=now_ms(),
            valid_until_ms=now_ms() + 72 * 3600000,
            card_keys=[{"id": token.card_key_id(), "key": base64url(token.card_public_key())}],
            occurrences=[self.occurrence],
            revoked=[revoked_mark(SALT, card, gen) for card, gen in self.revoked],
            roster={"salt": base64url(SALT), "people": people, "complete": True},
        )

    def decide(self, item: dict[str, Any]) -> dict[str, Any]:
        digest = json.dumps({**item, "offline": None}, sort_keys=True)
        known = self.rows.get(item["client_uid"])
        if known:
            return (
                known[1]
                if known[0] == digest
                else {
                    "client_uid": item["client_uid"],
                    "status": "conflict",
                    "title": "冲突",
                    "final": True,
                    "good": False,
                }
            )
        name = next((n for c, g, n in self.people if token.card_token(c, g) == item["card"]), None)
        status = "code_invalid" if name is None else "ok" if item["direction"] == "in" else "checked_out"
        receipt = {
            "client_uid": item["client_uid"],
            "status": status,
            "title": "签到成功" if status == "ok" else status,
            "next_step": "离开前请签退。",
            "good": name is not None,
            "final": True,
            "receipt": "r",
            "pupil": {"name": name, "class": "五(1)班", "school": "海天学校", "number": "A1B2"} if name else None,
        }
        self.rows[item["client_uid"]] = (digest, receipt)
        return receipt

    def scans(self) -> Any:
        if refused := self.check():
            return refused
        receipt = self.decide(request.json)
        if self.weather == "deaf":
            time.sleep(0.1)
            return Response(status=500)
        return jsonify(receipt), 422 if receipt["status"] == "conflict" else 200

    def batches(self) -> Any:
        return self.check() or jsonify(
            server_ms=now_ms(), receipts=[self.decide(item) for item in request.json["items"]], lost=0
        )

    def undo(self) -> Any:
        if refused := self.check():
            return refused
        self.undone.append(request.json["undoes"])
        return jsonify(client_uid=request.json["client_uid"], status="undone", title="已撤销", good=True, final=True)
