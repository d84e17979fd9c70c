"""What a device needs without the network: occurrences, the cards' public key, revoked marks, and a sealed roster.

The salt is the organiser's for a day, so that what was sealed once serves every device and every asking of that day;
the next day nothing in a bundle looks as it did.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.activities.queries import runs_between
from credit_app.attendance.admission import LEAVES_UNTIL, OPENS_BEFORE
from credit_app.attendance.devices import Doorkeeper
from credit_app.attendance.models import Attendance
from credit_app.keys import key_for
from credit_app.organisations.models import School
from credit_app.rules.calendar import local_date
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.sealing import SALT_BYTES, base64url, revoked_mark, sealed_person
from credit_app.schools.cards.token import card_key_id, card_public_key
from credit_app.schools.models import Enrolment, SchoolClass, Student
from credit_app.schools.queries import holds_on

VALID_FOR = timedelta(hours=72)
LISTED_BEFORE, LISTED_AFTER = timedelta(days=1), timedelta(days=14)
BUNDLED_BEFORE, BUNDLED_AFTER = timedelta(hours=12), VALID_FOR
MOST_PEOPLE = 10_000


@dataclass(frozen=True, slots=True)
class Roster:
    """Who may come, before anything is sealed: rows of (card id, generation, name, class, school), and the marks' rows
    of (card id, generation)."""

    salt: bytes
    people: Sequence[tuple[str, int, str, str, str]]
    revoked: Sequence[tuple[str, int]]
    complete: bool


def listed_occurrences(session: Session, *, device: Doorkeeper, now: datetime) -> list[dict[str, Any]]:
    """The occurrences of the device's organiser from yesterday to two weeks on, as the device is told them."""
    return _told(session, _runs(session, device, now - LISTED_BEFORE, now + LISTED_AFTER))


def bundled_occurrences(
    session: Session, *, device: Doorkeeper, handles: Collection[str], now: datetime
) -> list[dict[str, Any]]:
    """Those that are asked for, of the listed ones; without any asked for, those that go on in the next three days."""
    if handles:
        runs = _runs(session, device, now - LISTED_BEFORE, now + LISTED_AFTER)
        return _told(session, [run for run in runs if run.handle in handles])
    return _told(session, _runs(session, device, now - BUNDLED_BEFORE, now + BUNDLED_AFTER))


def roster_for(session: Session, *, device: Doorkeeper, occurrences: Sequence[dict[str, Any]], now: datetime) -> Roster:
    """The pupils with a card who may come to these occurrences: a school's own, or for a venue those of its district
    whose grade fits. Two statements."""
    day = local_date(now)
    may_come = and_(Enrolment.grade.in_(_grades(occurrences)), _of_organiser(device), holds_on(Enrolment, day))
    cards = (
        select(
            StudentCard.card_id,
            StudentCard.generation,
            Student.name,
            func.coalesce(SchoolClass.name, ""),
            School.name,
        )
        .join(Student, Student.id == StudentCard.student_id)
        .join(Enrolment, Enrolment.student_id == Student.id)
        .join(School, School.id == Enrolment.school_id)
        .outerjoin(SchoolClass, SchoolClass.id == Enrolment.class_id)
        .where(may_come, StudentCard.revoked_at.is_(None), Student.account_ref.is_not(None))
        .order_by(StudentCard.id)
        .limit(MOST_PEOPLE + 1)
    )
    people: list[Any] = [tuple(row) for row in session.connection().execute(cards)]
    revoked = (
        select(StudentCard.card_id, StudentCard.generation)
        .join(Student, Student.id == StudentCard.student_id)
        .join(School, School.id == Student.school_id)
        .where(StudentCard.revoked_at.is_not(None), _of_organiser(device))
        .order_by(StudentCard.revoked_at.desc(), StudentCard.id)
        .limit(MOST_PEOPLE)
    )
    marks: list[Any] = [tuple(row) for row in session.connection().execute(revoked)]
    return Roster(_salt(device, day), people[:MOST_PEOPLE], marks, len(people) <= MOST_PEOPLE)


def bundle_tag(roster: Roster, occurrences: Sequence[dict[str, Any]]) -> str:
    """The same for as long as a bundle would hold the same; how many came is told by the list, and is no part of it."""
    lasting = [{name: value for name, value in one.items() if name not in ("came", "inside")} for one in occurrences]
    content = repr((roster.salt, roster.people, roster.revoked, lasting, card_key_id()))
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def sealed(roster: Roster) -> dict[str, Any]:
    """`card_keys`, `revoked` and `roster` of a bundle."""
    return {
        "card_keys": [{"id": card_key_id(), "key": base64url(card_public_key())}],
        "revoked": [revoked_mark(roster.salt, card_id, generation) for card_id, generation in roster.revoked],
        "roster": {
            "salt": base64url(roster.salt),
            "people": dict(_sealed(key_for("card"), roster.salt, person) for person in roster.people),
            "complete": roster.complete,
        },
    }


# Signing a card costs as much as all else about it; the next device of the same organiser asks for the same ones. The
# key is a part of the question, so that an app with another secret gets answers of its own.
@lru_cache(maxsize=2 * MOST_PEOPLE)
def _sealed(_key: bytes, salt: bytes, person: tuple[str, int, str, str, str]) -> tuple[str, str]:
    card_id, generation, name, class_name, school_name = person
    return sealed_person(card_id, generation, salt=salt, name=name, class_name=class_name, school_name=school_name)


def _salt(device: Doorkeeper, day: date) -> bytes:
    organiser = f"venue {device.venue_id}" if device.venue_id is not None else f"school {device.school_id}"
    return hmac.new(key_for("roster"), f"{organiser} {day}".encode(), hashlib.sha256).digest()[:SALT_BYTES]


def _of_organiser(device: Doorkeeper) -> ColumnElement[bool]:
    return School.id == device.school_id if device.school_id is not None else School.district_id == device.district_id


def _grades(occurrences: Sequence[dict[str, Any]]) -> list[int]:
    return sorted({grade for one in occurrences for grade in range(one["grade_from"], one["grade_to"] + 1)})


def _runs(session: Session, device: Doorkeeper, after: datetime, before: datetime) -> list[Occurrence]:
    return runs_between(
        session,
        ends_after=after,
        starts_before=before,
        venue_ids=[device.venue_id] if device.venue_id is not None else [],
        school_ids=[device.school_id] if device.school_id is not None else [],
    )


def _told(session: Session, runs: Sequence[Occurrence]) -> list[dict[str, Any]]:
    heads = _heads(session, [run.id for run in runs])
    return [_occurrence(run, heads.get(run.id, (0, 0))) for run in runs]


def _occurrence(run: Occurrence, heads: tuple[int, int]) -> dict[str, Any]:
    activity, (came, inside) = run.activity, heads
    return {
        "id": run.public_id,
        "handle": run.handle,
        "title": activity.title,
        "room": run.room,
        "starts_ms": _ms(run.starts_at),
        "ends_ms": _ms(run.ends_at),
        "opens_ms": _ms(run.starts_at - OPENS_BEFORE),
        "leaves_ms": _ms(run.ends_at + LEAVES_UNTIL),
        "grade_from": activity.grade_from,
        "grade_to": activity.grade_to,
        "capacity": run.capacity,
        "status": "cancelled" if activity.status == "withdrawn" and run.status == "scheduled" else run.status,
        "came": came,
        "inside": inside,
    }


def _heads(session: Session, occurrence_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    rows = session.execute(
        select(
            Attendance.occurrence_id,
            func.count().label("came"),
            func.count().filter(Attendance.open_since_at.is_not(None)).label("inside"),
        )
        .where(Attendance.occurrence_id.in_(occurrence_ids), Attendance.state != "voided")
        .group_by(Attendance.occurrence_id)
    )
    return {row.occurrence_id: (row.came, row.inside) for row in rows}


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
