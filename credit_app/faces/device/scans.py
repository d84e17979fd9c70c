"""Scans as they are made, and those that waited for the network; each answered with a receipt, after the commit."""

from __future__ import annotations

from typing import Any

from flask import jsonify

from credit_app import clock
from credit_app.attendance.answers import Answer
from credit_app.attendance.batches import take_batch
from credit_app.attendance.door import Receipt, lock_pupils, receive
from credit_app.attendance.door_items import Batch, Item, Undo
from credit_app.attendance.lists import arrival_number
from credit_app.attendance.scans import ScanRaced
from credit_app.attendance.undoing import undo_scan
from credit_app.extensions import db
from credit_app.faces.device import blueprint
from credit_app.faces.device.entering import device_enters, sent, this_device

TRIES = 3


@blueprint.post("/scans")
@device_enters()
def scan() -> Any:
    """One scan, decided on while the pupil waits."""
    item, now = sent(Item), clock.now()
    for _ in range(TRIES):
        try:
            lock_pupils(db.session(), [item])
            receipt = receive(db.session(), device=this_device(), item=item, now=now, at_once=True)
            db.session.commit()
        except ScanRaced:
            db.session.rollback()
            continue
        return _answered(receipt)
    return _answered(Receipt(item.client_uid, Answer("server_busy"), final=False))


@blueprint.post("/batches")
@device_enters(also_revoked=True)
def batch() -> Any:
    """What waited on the device, at most fifty at a time."""
    now = clock.now()
    taken = take_batch(db.session(), device=this_device(), batch=sent(Batch), now=now)
    db.session.commit()
    receipts = [_told(receipt) for receipt in taken.receipts]
    return jsonify(server_ms=int(now.timestamp() * 1000), receipts=receipts, lost=taken.lost)


@blueprint.post("/undo")
@device_enters()
def undo() -> Any:
    """A scan of this device, taken back within two minutes."""
    receipt = undo_scan(db.session(), device=this_device(), undo=sent(Undo), now=clock.now())
    db.session.commit()
    return _answered(receipt)


def _answered(receipt: Receipt) -> Any:
    status = {"server_busy": 503, "conflict": 422}.get(receipt.answer.status, 200)
    return jsonify(_told(receipt) | {"server_ms": int(clock.now().timestamp() * 1000)}), status


def _told(receipt: Receipt) -> dict[str, Any]:
    answer = receipt.answer
    return answer.to_json() | {
        "client_uid": receipt.client_uid,
        "title": answer.title,
        "next_step": answer.next_step,
        "good": answer.good,
        "final": receipt.final,
        "receipt": receipt.receipt,
        "pupil": _pupil(receipt),
    }


def _pupil(receipt: Receipt) -> dict[str, Any] | None:
    if receipt.shown is None:
        return None
    participation = receipt.answer.params.get("participation")
    return {
        "name": receipt.shown.name,
        "class": receipt.shown.class_name,
        "school": receipt.shown.school_name,
        "number": arrival_number(participation) if participation else None,
    }
