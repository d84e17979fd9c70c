"""Questions to a person (待核实): a hold is raised once, with its evidence and the day by which it wants an answer.

Whoever raises one names a key of their own; the same question asked again is none. How they are answered: ``deciding``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

from credit_app.attendance.models import Hold
from credit_app.keys import new_public_id
from credit_app.rules.calendar import local_date
from credit_app.storage import insert_into

DUE_AFTER = timedelta(days=7)
"""How long a question may wait: a week holds one whole working week of everybody who could answer."""

REASONS: Mapping[str, LazyString] = {
    "clock_doubtful": _l("设备时间拿不准，不能确定扫码是否在规定时间内"),
    "bundle_old": _l("设备超过 72 小时没有更新数据"),
    "device_revoked": _l("扫码时设备可能已经停用"),
    "forgot": _l("忘记扫码"),
    "no_device": _l("没有手机或学生卡"),
    "door_failed": _l("现场设备或网络有问题"),
    "other": _l("其他原因"),
    "fewer_counted": _l("场馆清点的人数比点名的少"),
    "same_browser": _l("同一部手机为几位同学签到"),
    "pace": _l("同一个码在几秒内有很多人签到"),
    "two_places": _l("同一时间在两个地方有到场记录"),
}
"""Why there is a question: of a scan the first three, of a late entry the next four, of a headcount one, and of a
signal the last three."""


def raise_hold(
    session: Session,
    *,
    kind: str,
    key: str,
    reason: str,
    occurrence_id: int,
    now: datetime,
    student_id: int | None = None,
    attendance_id: int | None = None,
    scan_event_id: int | None = None,
    headcount_id: int | None = None,
    evidence: Mapping[str, Any] | None = None,
    raised_by_id: int | None = None,
) -> str | None:
    """The question stands, open, until somebody decides; `evidence` holds codes, numbers and ISO times only.

    Of a scan (kind ``scan``) the key is ``scan.<scan event id>``; the reasons are those of `holding.REASONS`.
    Returns: its public id, or None when a question with this key stands already, whatever became of it.
    """
    row = {
        "public_id": new_public_id(),
        "key": key,
        "kind": kind,
        "reason": reason,
        "occurrence_id": occurrence_id,
        "student_id": student_id,
        "attendance_id": attendance_id,
        "scan_event_id": scan_event_id,
        "headcount_id": headcount_id,
        "evidence": dict(evidence or {}),
        "raised_by_id": raised_by_id,
        "raised_at": now,
        "due_on": due_on(now),
        "state": "open",
        "words": "",
    }
    connection = session.connection()
    insert = insert_into(connection.dialect.name)(Hold.__table__).values(row)
    insert = insert.on_conflict_do_nothing(index_elements=["key"])
    public_id: str | None = connection.scalar(insert.returning(Hold.__table__.c.public_id))
    return public_id


def due_on(now: datetime) -> date:
    """The day by which a question raised now wants its answer."""
    return local_date(now) + DUE_AFTER
