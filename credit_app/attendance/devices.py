"""The devices at a door: made of a browser by a one-time code, known by their key, revoked by a person.

A device acts for one organiser: a venue, or a school for its own activities. What it may scan for follows from that,
and from nothing that it says.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from credit_app.attendance.device_keys import read_public_key, signature_fits
from credit_app.attendance.models import Device, DeviceEnrolment
from credit_app.errors import Conflict, DomainError, InvalidInput, NotFound
from credit_app.keys import keyed_digest, random_text
from credit_app.organisations.models import School, Venue
from credit_app.people.models import User

CODE_GOOD_FOR = timedelta(minutes=10)
CODE_LENGTH = 12  # 60 bits: nobody guesses one in ten minutes
NAME_LENGTH = 40
SEEN_EVERY = timedelta(minutes=1)


class DeviceUnknown(DomainError):
    """No such device, or not its signature: the two look the same."""

    code, status = "device_unknown", 401
    message = _l("这台设备还没有登记，请工作人员重新登记。")


class DeviceRevoked(DomainError):
    """The device was revoked: what it still holds may be sent as a batch, and nothing else."""

    code, status = "device_revoked", 403
    message = _l("这台设备已停用。没上传的扫码仍会接收，等工作人员核实。")


class EnrolmentRefused(DomainError):
    """The code is wrong, used or over: which of them is nobody's business."""

    code, status = "code_invalid", 422
    message = _l("登记码不对、已用过或已过期，请工作人员重新生成。")


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """A device that has proved who it is, as what it asks for needs it."""

    id: int
    public_id: str
    name: str
    venue_id: int | None
    school_id: int | None
    organiser: str
    district_id: int
    enrolled_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None

    @property
    def origin(self) -> str:
        """Under which its scans are stored."""
        return f"device:{self.public_id}"


def doorkeeper(session: Session, *, public_id: str, signature: str, text: bytes) -> Doorkeeper:
    """The device of that name, if it has signed `text`, revoked or not. One statement.

    Raises: DeviceUnknown for any other; it takes the same work.
    """
    row: Any = session.connection().execute(_DOORKEEPER, {"public_id": public_id}).one_or_none()
    if not signature_fits(signature, of=text, public_key=row.public_key if row else None) or row is None:
        raise DeviceUnknown
    return Doorkeeper(*tuple(row)[:-1])


def issue_code(
    session: Session,
    *,
    name: str,
    issued_by: User,
    now: datetime,
    venue: Venue | None = None,
    school: School | None = None,
) -> tuple[DeviceEnrolment, str]:
    """A fresh one-time code for a device of this venue or school, and the code itself, which is kept nowhere.

    Raises: InvalidInput without a name, or with one that is too long.
    """
    name = " ".join(name.split())
    if not name:
        raise InvalidInput(_("请给设备起个名字，例如“东门平板”。"), field="name")
    if len(name) > NAME_LENGTH:
        raise InvalidInput(_("名字最多 %(most)s 个字。", most=NAME_LENGTH), field="name")
    code = random_text(CODE_LENGTH)
    enrolment = DeviceEnrolment(
        code_digest=_code_digest(code),
        venue_id=venue.id if venue is not None else None,
        school_id=school.id if school is not None else None,
        name=name,
        issued_by_id=issued_by.id,
        issued_at=now,
        expires_at=now + CODE_GOOD_FOR,
    )
    session.add(enrolment)
    session.flush()
    return enrolment, code


def enrol_device(session: Session, *, code: str, public_key: str, now: datetime) -> Device:
    """The holder of `public_key` is a device of whoever issued the code. The same request again gets the same device,
    as long as the code would be good: its answer may have been lost.

    Raises: InvalidInput when the key is no point of the curve, or another device's; EnrolmentRefused.
    """
    point = read_public_key(public_key)
    if point is None:
        raise InvalidInput(_("设备的公钥格式不对，请刷新页面后重试。"), field="public_key")
    enrolment = session.scalar(
        select(DeviceEnrolment).where(DeviceEnrolment.code_digest == _code_digest(_typed(code))).with_for_update()
    )
    if enrolment is None or now > enrolment.expires_at:
        raise EnrolmentRefused
    known = session.scalar(select(Device).where(Device.public_key == point))
    if enrolment.used_at is not None:
        if known is None or known.id != enrolment.device_id:
            raise EnrolmentRefused
        return known
    if known is not None:
        raise InvalidInput(_("这台设备已经登记过，请刷新页面后重试。"), field="public_key")
    device = Device(
        venue_id=enrolment.venue_id,
        school_id=enrolment.school_id,
        name=enrolment.name,
        public_key=point,
        enrolled_by_id=enrolment.issued_by_id,
        enrolled_at=now,
        last_seen_at=now,
    )
    session.add(device)
    session.flush()
    enrolment.used_at, enrolment.device_id = now, device.id
    session.flush()
    return device


def device_for_organiser(
    session: Session, *, public_id: str, venue_ids: Collection[int] = (), school_ids: Collection[int] = ()
) -> Device:
    """One device of these organisers. Raises: NotFound for another's."""
    device = session.scalar(select(Device).where(Device.public_id == public_id, of_organisers(venue_ids, school_ids)))
    if device is None:
        raise NotFound
    return device


def enrolled_by_code(session: Session, *, enrolment: DeviceEnrolment) -> Device | None:
    """The device that the code has made, or None while nobody has used it."""
    return session.get(Device, enrolment.device_id) if enrolment.device_id is not None else None


def revoke_device(session: Session, *, device: Device, revoked_by: User, now: datetime) -> None:
    """The device opens nothing any more. What it scanned surely before counts; the rest waits for a person.

    Raises: Conflict when it has been revoked.
    """
    changed = session.scalar(
        update(Device)
        .where(Device.id == device.id, Device.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by_id=revoked_by.id)
        .returning(Device.id)
    )
    if changed is None:
        raise Conflict(_("这台设备已经停用。"))


def note_batch(session: Session, *, device: Doorkeeper, seq: int, now: datetime) -> None:
    """The device says that it has given numbers up to `seq`, and was seen. To be called last before the commit: its
    row is then locked no longer than the commit takes, and by batches only; single scans never write it."""
    session.connection().execute(_NOTE, {"device_id": device.id, "seq": seq, "at": now, "before": now - SEEN_EVERY})


def of_organisers(venue_ids: Collection[int], school_ids: Collection[int]) -> ColumnElement[bool]:
    """The condition that a device is one of these organisers'."""
    return or_(Device.venue_id.in_(venue_ids), Device.school_id.in_(school_ids))


def _code_digest(code: str) -> str:
    return keyed_digest("enrolment", of=code)


def _typed(code: str) -> str:
    """The code as it was shown, however it was typed."""
    letters = "".join(code.split()).replace("-", "").upper()
    return letters.replace("O", "0").replace("I", "1").replace("L", "1")


_DEVICES: Any = Device.__table__
_DOORKEEPER = (
    select(
        Device.id,
        Device.public_id,
        Device.name,
        Device.venue_id,
        Device.school_id,
        func.coalesce(Venue.name, School.name),
        func.coalesce(Venue.district_id, School.district_id),
        Device.enrolled_at,
        Device.last_seen_at,
        Device.revoked_at,
        Device.public_key,
    )
    .outerjoin(Venue, Venue.id == Device.venue_id)
    .outerjoin(School, School.id == Device.school_id)
    .where(Device.public_id == bindparam("public_id"))
)
_SEEN_AT = _DEVICES.c.last_seen_at.type
_KNOWN_SEQ = _DEVICES.c.reported_seq
_NOTE = (
    update(_DEVICES)
    .where(
        _DEVICES.c.id == bindparam("device_id"),
        or_(bindparam("seq") > _KNOWN_SEQ, _DEVICES.c.last_seen_at < bindparam("before", type_=_SEEN_AT)),
    )
    .values(
        reported_seq=case((bindparam("seq") > _KNOWN_SEQ, bindparam("seq")), else_=_KNOWN_SEQ),
        last_seen_at=bindparam("at", type_=_SEEN_AT),
    )
)
