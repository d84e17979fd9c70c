"""What lets a screen in a hall go on showing codes when the sign-in of whoever opened it has ended.

A pass is for one occurrence, one epoch and until its door closes: killing the codes ends every screen that was opened
before, and a pass that leaks shows codes of that one occurrence and nothing else.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from credit_app.activities.models import Occurrence
from credit_app.attendance.admission import LEAVES_UNTIL
from credit_app.errors import DomainError
from credit_app.keys import key_for


class ScreenEnded(DomainError):
    """The screen has no pass, or one that is over: somebody who may must open it again."""

    code, status = "screen_ended", 401
    message = _l("这块屏幕的签到码已停用，请工作人员重新打开签到屏。")


def issue_pass(occurrence: Occurrence) -> str:
    """A pass for the screens of `occurrence` as of now."""
    until = int((occurrence.ends_at + LEAVES_UNTIL).timestamp())
    return str(_serializer().dumps([occurrence.public_id, occurrence.code_epoch, until]))


def occurrence_on_screen(session: Session, *, screen_pass: str, public_id: str, now: datetime) -> Occurrence:
    """The occurrence that the pass is for, with its activity. One statement.

    Raises: ScreenEnded when we did not make the pass, or it is for another occurrence, for codes that have been killed,
    or over.
    """
    try:
        named, epoch, until = _serializer().loads(screen_pass)
    except BadSignature:
        raise ScreenEnded from None
    if named != public_id or now.timestamp() > until:
        raise ScreenEnded
    occurrence = session.scalar(
        select(Occurrence)
        .join(Occurrence.activity)
        .where(Occurrence.public_id == public_id)
        .options(contains_eager(Occurrence.activity))
    )
    if occurrence is None or occurrence.code_epoch != epoch:
        raise ScreenEnded
    return occurrence


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(key_for("screen"), salt="screen")
