"""Who read which fields of minors: one row a staff page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert

from credit_app.extensions import db
from credit_app.people.models import AccessLog
from credit_app.storage import writes_expected, writing


def record_access(*, user_id: int, scope: str, fields: str, now: datetime) -> None:
    """One row says that the user has read `fields` (``"name,credits"``) of `scope` (``"school_class:<public_id>"``).

    It is written in a short transaction of its own, since the page around it only reads, and before the page is shown:
    what cannot be logged is not shown.

    Raises: RuntimeError when the request's own session is in the middle of a write, for which this one would wait
    for ever on SQLite: commit first.
    """
    if writes_expected() and db.session().in_transaction():
        raise RuntimeError("record_access was called inside a write transaction: commit first")
    with writing(), db.engine.begin() as connection:
        connection.execute(insert(AccessLog).values(at=now, user_id=user_id, scope=scope, fields=fields))
