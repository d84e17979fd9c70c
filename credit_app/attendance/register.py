"""The attendance rows as the door writes them: a new one at the first check-in, its times at every later move.

Both writes say what they were decided on, and raise `ScanRaced` when it is no longer so. The statements are built once:
on the scan's path composing them costs more than the database does.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.crediting import Present
from credit_app.attendance.models import Attendance
from credit_app.attendance.queries import ScanContext
from credit_app.attendance.scans import ScanRaced
from credit_app.attendance.stays import Presence
from credit_app.keys import new_public_id
from credit_app.storage import insert_into

# With fewer seats left than this, check-ins of one occurrence take turns on PostgreSQL, so that the last seat is given
# once; as many requests may be deciding at one moment. Before that nobody waits for anybody.
LAST_SEATS = 16

_TABLE: Any = Attendance.__table__
_KEY = ("student_id", "occurrence_id", "attended_on")


def enter(session: Session, *, context: ScanContext, grade: int, presence: Presence) -> Present:
    """The pupil is in for the first time, and has been as `presence` says: scans arrive late.

    Raises: ScanRaced when they are already, or the last seat has just gone.
    """
    happening, participation = context.happening, new_public_id()
    row: dict[str, Any] = {
        "public_id": participation,
        "student_id": context.student_id,
        "occurrence_id": happening.occurrence_id,
        "attended_on": happening.occurs_on,
        "state": "present",
        "proof": presence.proof,
        "grade": grade,
        "first_in_at": presence.first_in_at,
        "open_since_at": presence.open_since_at,
        "last_out_at": presence.last_out_at,
        "stayed_seconds": presence.stayed_seconds,
        "end_assumed": False,
        "worksheet": "none",
    }
    connection = session.connection()  # plain rows need none of what the session does for objects
    dialect_name = connection.dialect.name
    last_seats = happening.capacity is not None and happening.capacity - context.heads <= LAST_SEATS
    # On SQLite writers take turns anyway, and what the context counted still holds.
    if last_seats and dialect_name == "postgresql":
        connection.execute(_TAKE_TURNS, {"occurrence_id": happening.occurrence_id})
        new_id = connection.scalar(_insert_into_seat(dialect_name), row | {"capacity": happening.capacity})
    else:
        new_id = connection.scalar(_insert(dialect_name), row)
    if new_id is None:
        raise ScanRaced
    return Present(new_id, participation, "present", grade, "none", False, presence)


def move(session: Session, *, known: Present, student_id: int, presence: Presence) -> Present:
    """The times and the proof of an attendance are those of `presence`; an end that was assumed gives way to one that
    was scanned.

    Raises: ScanRaced when it has moved in the meantime.
    """
    end_assumed = known.end_assumed and presence.last_out_at is None
    changed = session.connection().scalar(
        _MOVE,
        {
            "known_id": known.id,
            "known_open_since_at": known.presence.open_since_at,
            "known_stayed_seconds": known.presence.stayed_seconds,
            "known_proof": known.presence.proof,
            # A leader may just have decided on the worksheet: this move must be judged with it, or neither would award.
            "known_worksheet": known.worksheet,
            "known_student_id": student_id,  # a merge may just have given it to another row, and another account
            "known_state": known.state,  # nor may one who has just been voided be credited
            "state": "present",
            "proof": presence.proof,
            "end_assumed": end_assumed,
            "first_in_at": presence.first_in_at,
            "open_since_at": presence.open_since_at,
            "last_out_at": presence.last_out_at,
            "stayed_seconds": presence.stayed_seconds,
        },
    )
    if changed is None:
        raise ScanRaced
    return replace(known, state="present", presence=presence, end_assumed=end_assumed)


def must_still_be_void(session: Session, *, known: Present) -> None:
    """The attendance is void, and stays so until the transaction ends. Raises: ScanRaced when it has been restored."""
    state = session.scalar(select(Attendance.state).where(Attendance.id == known.id).with_for_update(key_share=True))
    if state != "voided":
        raise ScanRaced


def must_still_stand(session: Session, *, known: Present) -> None:
    """The attendance is as it was read, and stays so until the transaction ends: whoever takes its other scans back
    meanwhile must see this one first. Raises: ScanRaced when it has moved."""
    row = session.execute(_STAND, {"known_id": known.id}).one()
    if (row.state, row.open_since_at) != (known.state, known.presence.open_since_at):
        raise ScanRaced


def assume_end(session: Session, *, known: Present) -> Present:
    """A check-in that arrives after closing is treated as closing treats one: nobody knows when the pupil left."""
    session.execute(update(Attendance).where(Attendance.id == known.id).values(end_assumed=True))
    return replace(known, end_assumed=True)


_COLUMNS = (
    "public_id",
    *_KEY,
    "state",
    "proof",
    "grade",
    "first_in_at",
    "open_since_at",
    "last_out_at",
    "stayed_seconds",
    "end_assumed",
    "worksheet",
)

_MOVED = ("state", "proof", "first_in_at", "open_since_at", "last_out_at", "stayed_seconds", "end_assumed")

# Not FOR UPDATE: foreign keys to the occurrence may be checked meanwhile.
_TAKE_TURNS = select(Occurrence.id).where(Occurrence.id == bindparam("occurrence_id")).with_for_update(key_share=True)

_STAND = (
    select(Attendance.state, Attendance.open_since_at)
    .where(Attendance.id == bindparam("known_id"))
    .with_for_update(read=True)
)

_MOVE = (
    update(_TABLE)
    .where(
        _TABLE.c.id == bindparam("known_id"),
        _TABLE.c.open_since_at.is_not_distinct_from(
            bindparam("known_open_since_at", type_=_TABLE.c.open_since_at.type)
        ),
        _TABLE.c.stayed_seconds == bindparam("known_stayed_seconds"),
        _TABLE.c.proof == bindparam("known_proof"),
        _TABLE.c.worksheet == bindparam("known_worksheet"),
        _TABLE.c.student_id == bindparam("known_student_id"),
        _TABLE.c.state == bindparam("known_state"),
    )
    .values({name: bindparam(name) for name in _MOVED})
    .returning(_TABLE.c.id)
)


@cache
def _insert(dialect_name: str) -> Any:
    statement = insert_into(dialect_name)(_TABLE)
    return _once(statement.values({name: bindparam(name) for name in _COLUMNS}))


@cache
def _insert_into_seat(dialect_name: str) -> Any:
    """As `_insert`, while there is a seat: counted by this very statement, after those before it have committed."""
    taken = (
        select(func.count())
        .select_from(Attendance)
        .where(Attendance.occurrence_id == bindparam("occurrence_id"), Attendance.state != "voided")
        .scalar_subquery()
    )
    values = select(*(bindparam(name, type_=_TABLE.c[name].type) for name in _COLUMNS)).where(
        taken < bindparam("capacity")
    )
    return _once(insert_into(dialect_name)(_TABLE).from_select(_COLUMNS, values))


def _once(statement: Any) -> Any:
    return statement.on_conflict_do_nothing(index_elements=list(_KEY)).returning(_TABLE.c.id)
