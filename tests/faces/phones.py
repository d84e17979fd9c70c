"""A phone at the door: it opens codes, and confirms what it has opened."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from credit_app.activities.models import Occurrence
from credit_app.attendance.kiosk_code import code_text, slot_of
from credit_app.attendance.models import Attendance, RefusedCode, ScanEvent
from credit_app.ledger.models import LedgerEntry
from credit_app.people.models import User
from tests.cast import PASSWORD
from tests.visitor import Visitor

_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')


class Phone(Visitor):
    """A visitor that scans."""

    def __init__(self, app: Flask, user: User | None = None) -> None:
        super().__init__(app)
        if user is not None:
            self.sign_in(user)

    def open_code(self, occurrence: Occurrence, direction: str, shown_at: datetime, **options: Any) -> TestResponse:
        """The phone's camera has read the code that the screen showed at that instant."""
        return self.get("/K/" + code_of(occurrence, direction, shown_at), **options)

    def confirm(self, *, page: str | None = None) -> TestResponse:
        """The button on the page of the claim is pressed; `page` is one that was opened before."""
        return self.post("/k", data=hidden_fields(page or self.get("/k").text))

    def sign_in_and_confirm(
        self, user: User | None, password: str = PASSWORD, *, page: str | None = None
    ) -> TestResponse:
        """Name and password are typed into the form on the page of the claim."""
        assert user is not None
        fields = hidden_fields(page or self.get("/k").text)
        return self.post("/k/sign-in", data=fields | {"login_name": user.login_name, "password": password})

    def scan(self, occurrence: Occurrence, direction: str, at: datetime) -> TestResponse:
        """Opened and confirmed at once; `at` is when the code was shown."""
        assert self.open_code(occurrence, direction, at).status_code == 303
        return self.confirm()


def code_of(occurrence: Occurrence, direction: str, shown_at: datetime) -> str:
    """What the screen of the occurrence shows at that instant."""
    return code_text(handle=occurrence.handle, epoch=occurrence.code_epoch, direction=direction, slot=slot_of(shown_at))


def hidden_fields(page: str) -> dict[str, str]:
    """What the page's forms send along."""
    fields = [dict(_ATTRIBUTE.findall(tag)) for tag in _HIDDEN.findall(page)]
    return {field["name"]: field.get("value", "") for field in fields if field.get("name") != "next"}


def scans(session: Session) -> list[str]:
    """What each stored scan was answered, in order of arrival."""
    session.rollback()
    return list(session.scalars(select(ScanEvent.status).order_by(ScanEvent.id)))


def refused(session: Session) -> dict[str, int]:
    """How many codes were refused, by reason."""
    session.rollback()
    return {row.reason: row.count for row in session.scalars(select(RefusedCode))}


def nothing_came_of_it(session: Session) -> bool:
    """No attendance and no credit: whatever was refused left nothing half-written."""
    session.rollback()
    return not any(session.scalar(select(func.count()).select_from(table)) for table in (Attendance, LedgerEntry))
