"""What a device sent that is no scan: kept with its answer, once; and what has been answered to an item before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, union_all
from sqlalchemy.orm import Session

from credit_app.attendance.answers import Answer
from credit_app.attendance.card_context import StoredItem, receipt_of, stored_item
from credit_app.attendance.devices import Doorkeeper
from credit_app.attendance.models import DeviceRefusal, ScanEvent
from credit_app.attendance.scans import ScanRaced
from credit_app.attendance.seal import refusal_digest
from credit_app.storage import insert_into


def keep_refusal(
    session: Session,
    *,
    device: Doorkeeper,
    client_uid: str,
    seq: int,
    answer: Answer,
    evidence: Mapping[str, Any],
    now: datetime,
) -> str:
    """The item stands with its answer, append-only; the receipt for it is returned.

    Raises: ScanRaced when a parallel request has stored one under this key.
    """
    row: dict[str, Any] = {
        "device_id": device.id,
        "client_uid": client_uid,
        "device_seq": seq,
        "received_at": now,
        "status": answer.status,
        "answer": answer.to_json(),
        "evidence": dict(evidence),
    }
    row["digest"] = refusal_digest(row)
    connection = session.connection()
    insert = insert_into(connection.dialect.name)(DeviceRefusal.__table__).values(row)
    insert = insert.on_conflict_do_nothing(index_elements=["device_id", "client_uid"])
    if connection.scalar(insert.returning(DeviceRefusal.__table__.c.id)) is None:
        raise ScanRaced
    return receipt_of(row["digest"])


def stored_under(session: Session, *, device: Doorkeeper, client_uid: str) -> StoredItem | None:
    """What the device has sent under this key and was answered, as a scan or as a refusal. One statement."""
    row = (
        session.connection()
        .execute(_STORED, {"origin": device.origin, "device_id": device.id, "client_uid": client_uid})
        .first()
    )
    return stored_item(row.answer, row.evidence, row.digest) if row is not None else None


_STORED = union_all(
    select(ScanEvent.answer, ScanEvent.evidence, ScanEvent.digest).where(
        ScanEvent.origin == bindparam("origin"), ScanEvent.client_uid == bindparam("client_uid")
    ),
    select(DeviceRefusal.answer, DeviceRefusal.evidence, DeviceRefusal.digest).where(
        DeviceRefusal.device_id == bindparam("device_id"), DeviceRefusal.client_uid == bindparam("client_uid")
    ),
)
