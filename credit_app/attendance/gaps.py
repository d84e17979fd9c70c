"""Gaps in a device's numbers: what it says it has scanned and what has arrived.

A device numbers its scans 1, 2, 3 …, and each that arrives is kept, as a scan or as a refusal. A number that is missing
is still on the device, or was lost with its storage.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session, joinedload

from credit_app.attendance.devices import of_organisers
from credit_app.attendance.models import Device, DeviceRefusal, ScanEvent


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """A device as its organiser's list shows it."""

    device: Device
    seen_at: datetime
    arrived: int
    missing: int


def lost_items(session: Session, *, device_ids: Collection[int]) -> dict[int, int]:
    """device id → numbers given to scans, as the device reported or as have arrived, less those that have arrived."""
    return {number: missing for number, (_arrived, missing, _at) in _counted(session, device_ids).items()}


def devices_of(
    session: Session, *, venue_ids: Collection[int] = (), school_ids: Collection[int] = ()
) -> list[DeviceLine]:
    """The devices of these organisers: those in use first, then by name. Two statements."""
    devices = session.scalars(
        select(Device)
        .where(of_organisers(venue_ids, school_ids))
        .options(joinedload(Device.venue), joinedload(Device.school))
        .order_by(Device.revoked_at.is_not(None), Device.name, Device.id)
    ).all()
    counted = _counted(session, [device.id for device in devices])
    lines = []
    for device in devices:
        arrived, missing, latest_at = counted[device.id]
        lines.append(DeviceLine(device, max(device.last_seen_at, latest_at or device.last_seen_at), arrived, missing))
    return lines


def _counted(session: Session, device_ids: Collection[int]) -> dict[int, tuple[int, int, datetime | None]]:
    """device id → (numbers that arrived, numbers that did not, when the latest came). One statement."""
    arrived = union_all(
        *(
            select(table.device_id, table.device_seq, table.received_at).where(table.device_id.in_(device_ids))
            for table in (ScanEvent, DeviceRefusal)
        )
    ).subquery()
    rows = session.execute(
        select(
            Device.id,
            Device.reported_seq,
            func.count(arrived.c.device_seq.distinct()),
            func.max(arrived.c.device_seq),
            func.max(arrived.c.received_at),
        )
        .outerjoin(arrived, arrived.c.device_id == Device.id)
        .where(Device.id.in_(device_ids))
        .group_by(Device.id, Device.reported_seq)
    )
    return {
        device_id: (count, max(reported, highest or 0) - count, latest_at)
        for device_id, reported, count, highest, latest_at in rows
    }
