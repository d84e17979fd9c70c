"""Whose turn it is to sign in, when more people want to than the machine can check at once.

The page asks before it sends name and password (`static/js/turn.js`) and waits with both in its own fields: nothing of
them is kept here, nobody types twice, and a scan opened before keeps its time. Without the script the form goes
straight through, and is told to wait when there is no seat.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import jsonify, request
from flask_babel import gettext as _

from credit_app import clock
from credit_app.faces.account import blueprint
from credit_app.faces.guards import public
from credit_app.people.line import line, new_ticket, seal_ticket, unseal_ticket


@blueprint.get("/sign-in/turn")
@public
def turn() -> Any:
    """``go``, or how many are ``ahead`` and when to ask again; the ``ticket`` keeps the place. Asks no database."""
    now = clock.now()
    ticket = unseal_ticket(request.args.get("ticket", ""), now=now) or new_ticket(now)
    told = line.ask(ticket, now=now)
    again_in_ms = int(told.again_in.total_seconds() * 1000)
    return jsonify(go=told.go, ahead=told.ahead, again_in_ms=again_in_ms, ticket=seal_ticket(ticket))


@contextmanager
def in_line(sealed: str | None, *, now: datetime) -> Iterator[None]:
    """Within the block the browser that holds this ticket, if it asked for one, is being signed in."""
    ticket = unseal_ticket(sealed or "", now=now)
    with line.visit(ticket.nonce if ticket else None):
        yield


def told_to_wait(*, now: datetime) -> str:
    """What somebody reads for whom there is no seat."""
    ahead = max(1, line.length(now=now))
    return _("现在登录的人有点多，前面还有 %(ahead)s 人。请等几秒再登录一次，扫码的时间不会变。", ahead=ahead)
