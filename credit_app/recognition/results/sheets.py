"""An uploaded sheet between its preview and its applying, and the applying: all of it, or nothing."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, NotFound
from credit_app.keys import key_for, new_public_id
from credit_app.organisations.models import School
from credit_app.people.models import User
from credit_app.recognition.results.actions import enter_results
from credit_app.recognition.results.models import ResultSheet
from credit_app.recognition.results.sheet_plan import SheetPlan, plan_sheet
from credit_app.recognition.results.sheet_rows import SheetRow
from credit_app.rules.calendar import local_date

KEPT_FOR = timedelta(days=1)
_NONCE_BYTES = 12


def keep_sheet(
    session: Session, *, school_id: int, user_id: int, file_name: str, content: bytes, now: datetime
) -> ResultSheet:
    """The file is kept for its preview, in place of any that the user had uploaded before."""
    purge_sheets(session, now=now)
    session.execute(
        delete(ResultSheet).where(ResultSheet.school_id == school_id, ResultSheet.uploaded_by_id == user_id)
    )
    public_id, nonce = new_public_id(), secrets.token_bytes(_NONCE_BYTES)
    sheet = ResultSheet(
        public_id=public_id,
        school_id=school_id,
        uploaded_by_id=user_id,
        uploaded_at=now,
        file_name=file_name,
        content=nonce + _cipher().encrypt(nonce, content, public_id.encode()),
    )
    session.add(sheet)
    session.flush()
    return sheet


def sheet_for(session: Session, *, user: User, school: School, public_id: str) -> ResultSheet:
    """The sheet, for who uploaded it as counselor of `school`. Raises: NotFound, also when it is gone."""
    sheet = session.scalar(
        select(ResultSheet).filter_by(public_id=public_id, school_id=school.id, uploaded_by_id=user.id)
    )
    if sheet is None:
        raise NotFound
    return sheet


def content_of_sheet(sheet: ResultSheet) -> bytes:
    """The file as it was uploaded."""
    nonce, sealed = sheet.content[:_NONCE_BYTES], sheet.content[_NONCE_BYTES:]
    return _cipher().decrypt(nonce, sealed, sheet.public_id.encode())


def apply_sheet(
    session: Session, *, school: School, rows: list[SheetRow], digest: str, entered_by: User, now: datetime
) -> SheetPlan:
    """What the previewed plan of this `digest` would add is entered, whole; rows with errors are left out.

    Raises: Conflict when the sheet would add something else by now: it must be looked at again.
    """
    plan = plan_sheet(session, school=school, rows=rows, today=local_date(now))
    if plan.digest() != digest:
        raise Conflict(_("预览之后情况有了变化，请重新核对。"))
    enter_results(session, entries=plan.new, entered_by=entered_by, now=now)
    return plan


def discard_sheet(session: Session, *, sheet: ResultSheet) -> None:
    """The upload is gone."""
    session.delete(sheet)
    session.flush()


def purge_sheets(session: Session, *, now: datetime) -> int:
    """Sheets that nobody came back to are gone; how many there were."""
    old = delete(ResultSheet).where(ResultSheet.uploaded_at < now - KEPT_FOR).returning(ResultSheet.id)
    return len(session.scalars(old).all())


def _cipher() -> AESGCM:
    return AESGCM(key_for("result-sheet"))
