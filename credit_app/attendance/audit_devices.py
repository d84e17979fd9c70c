"""What ``flask verify`` asks of the devices: what they sent stands as it was acknowledged (I1), and a scan of theirs
that waits for a person has its question."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import DeviceRefusal, Hold, ScanEvent
from credit_app.attendance.scans import HELD
from credit_app.attendance.seal import REFUSED, refusal_digest
from credit_app.findings import Finding

CHUNK = 1000  # rows


def audit_devices(session: Session) -> Iterator[Finding]:
    """Every refusal whose content is another than was answered, and every held scan that nobody is asked about."""
    columns = [getattr(DeviceRefusal, column) for column in REFUSED]
    last = 0
    while rows := session.execute(
        select(DeviceRefusal.id, DeviceRefusal.digest, *columns)
        .where(DeviceRefusal.id > last)
        .order_by(DeviceRefusal.id)
        .limit(CHUNK)
    ).all():
        for row in rows:
            if row.digest != refusal_digest({column: getattr(row, column) for column in REFUSED}):
                yield Finding("I1", f"device_refusal ({row.id})", "its content is not what was acknowledged")
        last = rows[-1].id
    yield from _unasked(session)


def _unasked(session: Session) -> Iterator[Finding]:
    reason = ScanEvent.answer["reason"].as_string()
    unasked = select(ScanEvent.id).where(
        ScanEvent.device_id.is_not(None),
        ScanEvent.status == HELD,
        func.coalesce(reason, "") != "voided",
        ~exists().where(Hold.scan_event_id == ScanEvent.id, Hold.kind == "scan"),
    )
    for scan_id in session.scalars(unasked):
        yield Finding("I1", f"scan_event ({scan_id})", "it waits for a person, and nobody is asked")
