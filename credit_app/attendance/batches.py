"""What waited on a device while it had no network: taken up item by item, each for itself, within one transaction.

The caller commits before the receipts leave: a device forgets an item on its receipt.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from credit_app.attendance.answers import Answer
from credit_app.attendance.devices import Doorkeeper, note_batch
from credit_app.attendance.door import Receipt, again, lock_pupils, receive
from credit_app.attendance.door_items import Batch, Item, ItemKey, content_digest
from credit_app.attendance.gaps import lost_items
from credit_app.attendance.refused_items import keep_refusal, stored_under
from credit_app.attendance.scans import ScanRaced

TRIES = 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """The receipts in the order of the items, and how many of the device's numbers are neither here nor waiting."""

    receipts: list[Receipt]
    lost: int


def take_batch(session: Session, *, device: Doorkeeper, batch: Batch, now: datetime) -> Taken:
    """Every item is recorded and decided on as if it had come alone; one that cannot be taken spoils no other."""
    items = [_read(raw) for raw in batch.items]
    lock_pupils(session, (item for item in items if isinstance(item, Item)), accounts=True)
    sent = list(zip(items, batch.items, strict=True))
    receipts = _all_at_once(session, device, sent, now)
    if receipts is None:
        receipts = [_taken(session, device, item, raw, now) for item, raw in sent]
    seq = max([batch.seq, *(item.seq for item in items if item is not None)])
    note_batch(session, device=device, seq=seq, now=now)
    waiting = max(0, batch.queued - sum(receipt.final for receipt in receipts))
    return Taken(receipts, max(0, lost_items(session, device_ids=[device.id])[device.id] - waiting))


def _read(raw: Any) -> Item | ItemKey | None:
    """The item; only its key when its other parts are broken; None without even that."""
    for shape in (Item, ItemKey):
        try:
            return shape.model_validate(raw)
        except ValidationError:
            continue
    return None


def _all_at_once(
    session: Session, device: Doorkeeper, sent: list[tuple[Item | ItemKey | None, Any]], now: datetime
) -> list[Receipt] | None:
    """All items under one savepoint: one for each costs two statements more an item. None, and nothing has happened,
    when one of them could not be taken: then each is tried by itself."""
    try:
        with session.begin_nested():
            return [_received(session, device, item, raw, now) for item, raw in sent]
    except OperationalError:
        raise  # the database cannot go on: the whole batch comes again
    except Exception:
        return None  # whatever it is, `_taken` meets it again, and says so


def _taken(session: Session, device: Doorkeeper, item: Item | ItemKey | None, raw: Any, now: datetime) -> Receipt:
    for _ in range(TRIES):
        try:
            with session.begin_nested():
                return _received(session, device, item, raw, now)
        except ScanRaced:
            continue
        except OperationalError:
            raise
        except Exception:
            # A defect of ours must not stop a whole door: this item stays on the device, and the log says why.
            _log.exception("an item of device %s could not be taken", device.public_id)
            break
    return Receipt(item.client_uid if item is not None else "", Answer("server_busy"), final=False)


def _received(session: Session, device: Doorkeeper, item: Item | ItemKey | None, raw: Any, now: datetime) -> Receipt:
    if item is None:
        return Receipt("", Answer("conflict", {"reason": "broken_item"}), final=False)
    if isinstance(item, Item):
        return receive(session, device=device, item=item, now=now)
    return _keep_broken(session, device, item, raw, now)


def _keep_broken(session: Session, device: Doorkeeper, key: ItemKey, raw: Any, now: datetime) -> Receipt:
    """An item that a newer or broken device sent: kept as a refusal, so that nobody counts it as lost."""
    digest = content_digest(raw)
    stored = stored_under(session, device=device, client_uid=key.client_uid)
    if stored is not None:
        return again(key.client_uid, stored, digest, None)
    answer = Answer("code_invalid", {"reason": "broken_item"})
    evidence = {"item": digest, "fields": sorted(_names(raw))}
    kept = keep_refusal(
        session, device=device, client_uid=key.client_uid, seq=key.seq, answer=answer, evidence=evidence, now=now
    )
    return Receipt(key.client_uid, answer, None, kept)


def _names(raw: Any) -> Iterable[str]:
    known = Item.model_fields
    return (name for name in raw if name in known)
