"""Slowing down whoever guesses passwords, without telling which user names exist.

Failures are counted per *subject*: a user name and school as they were typed, whether or not anybody is called so. The
answer then cannot depend on it. A pupil who mistypes is out for half a minute, not for the lesson.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from credit_app.keys import keyed_digest
from credit_app.people.models import SignInBackoff
from credit_app.storage import insert_into

FREE_FAILURES = 4
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=2)


def name_subject(login_name: str, school_public_id: str | None) -> str:
    """The subject of a name typed with this school, or with none. A digest: people type passwords into wrong fields."""
    return keyed_digest("sign-in backoff", of=f"{school_public_id or ''}|{login_name}")


def own_password_subject(user_id: int) -> str:
    """The subject of someone who is signed in and must show the present password once more."""
    return keyed_digest("sign-in backoff", of=f"user {user_id}")


def pause_after(failures: int) -> timedelta:
    """How long nobody may try again: nothing for the first four, then 30 s, doubled each time up to 15 minutes."""
    if failures <= FREE_FAILURES:
        return timedelta()
    doublings = min(failures - FREE_FAILURES - 1, 10)
    return min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)


def blocked_until(session: Session, *, subject: str, now: datetime) -> datetime | None:
    """The instant until which `subject` is paused, if it is."""
    return session.scalar(
        select(SignInBackoff.blocked_until_at).where(
            SignInBackoff.subject == subject, SignInBackoff.blocked_until_at > now
        )
    )


def record_failure(session: Session, *, subject: str, now: datetime) -> datetime | None:
    """One more failure stands against `subject`; the instant until which it is now paused, if it is."""
    insert = insert_into(session.get_bind().dialect.name)
    row = insert(SignInBackoff).values(subject=subject, failures=1, last_failed_at=now)
    counted = row.on_conflict_do_update(
        index_elements=[SignInBackoff.subject],
        set_={
            "failures": case(
                (SignInBackoff.last_failed_at < now - FORGOTTEN_AFTER, 1), else_=SignInBackoff.failures + 1
            ),
            "last_failed_at": now,
        },
    ).returning(SignInBackoff.failures)
    pause = pause_after(session.execute(counted).scalar_one())
    if not pause:
        return None
    until = now + pause
    session.execute(update(SignInBackoff).where(SignInBackoff.subject == subject).values(blocked_until_at=until))
    return until


def forget_failures(session: Session, *subjects: str) -> None:
    """Nothing stands against `subjects` any more."""
    session.execute(delete(SignInBackoff).where(SignInBackoff.subject.in_(subjects)))


def forget_old_failures(session: Session, *, now: datetime) -> int:
    """Failures of more than two hours ago are gone; how many rows that were."""
    old = delete(SignInBackoff).where(SignInBackoff.last_failed_at < now - FORGOTTEN_AFTER)
    return int(session.execute(old).rowcount)  # type: ignore[attr-defined]
