"""An uploaded roster between its preview and its applying: encrypted, for its school's counselor, at most a day."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from credit_app.errors import NotFound
from credit_app.keys import key_for, new_public_id
from credit_app.people.models import User
from credit_app.schools.models import RosterUpload
from credit_app.schools.queries import school_for_counselor
from credit_app.schools.roster.choices import Choices
from credit_app.schools.roster.source import RosterFiles, open_bytes

KEPT_FOR = timedelta(days=1)
_NONCE_BYTES = 12


def keep_upload(
    session: Session, *, school_id: int, user_id: int, file_name: str, content: bytes, choices: Choices, now: datetime
) -> RosterUpload:
    """The file is kept for its preview, in place of any that the user had uploaded before."""
    purge_uploads(session, now=now)
    session.execute(
        delete(RosterUpload).where(RosterUpload.school_id == school_id, RosterUpload.uploaded_by_id == user_id)
    )
    public_id, nonce = new_public_id(), secrets.token_bytes(_NONCE_BYTES)
    upload = RosterUpload(
        public_id=public_id,
        school_id=school_id,
        uploaded_by_id=user_id,
        uploaded_at=now,
        file_name=file_name,
        content=nonce + _cipher().encrypt(nonce, content, public_id.encode()),
        choices=choices.to_json(),
    )
    session.add(upload)
    session.flush()
    return upload


def upload_for(session: Session, *, user: User, public_id: str, day: date) -> RosterUpload:
    """The upload, for a science counselor of its school. Raises: NotFound for everybody else, and when it is gone."""
    school = school_for_counselor(session, user=user, day=day)
    upload = session.scalar(select(RosterUpload).filter_by(public_id=public_id, school_id=school.id))
    if upload is None:
        raise NotFound
    return upload


def files_of(upload: RosterUpload) -> RosterFiles:
    """The roster of the upload, opened. Raises: RosterRefused."""
    nonce, sealed = upload.content[:_NONCE_BYTES], upload.content[_NONCE_BYTES:]
    content = _cipher().decrypt(nonce, sealed, upload.public_id.encode())
    return open_bytes(content, name=upload.file_name)


def discard_upload(session: Session, *, upload: RosterUpload) -> None:
    """The upload is gone."""
    session.delete(upload)
    session.flush()


def purge_uploads(session: Session, *, now: datetime) -> int:
    """Uploads that nobody came back to are gone; how many there were."""
    old = delete(RosterUpload).where(RosterUpload.uploaded_at < now - KEPT_FOR).returning(RosterUpload.id)
    return len(session.scalars(old).all())


def _cipher() -> AESGCM:
    return AESGCM(key_for("roster-upload"))
