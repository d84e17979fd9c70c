"""Column types that read back the same on SQLite and PostgreSQL, and SQLite's manners.

SQLite with SQLAlchemy's default transactions loses updates: a read transaction that turns into a write sees an old
snapshot. So every transaction says at its start whether it will write (`writing`): writers ``BEGIN IMMEDIATE`` and
wait for their turn, readers ``BEGIN`` and never wait.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Engine, Integer, MetaData, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING_CONVENTION)

# Without ensure_ascii=False SQLite 3.40 reads Chinese keys of a JSON column back as NULL.
compact_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))

_writing: ContextVar[bool] = ContextVar("writing", default=True)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC: ``timestamptz`` on PostgreSQL, text without zone on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# A growing table's id: 64 bits on PostgreSQL; SQLite's own row ids are that already, if the column says INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")

# JSON that keeps its text on SQLite and is binary on PostgreSQL.
Json = JSON().with_variant(JSONB(), "postgresql")


def insert_into(dialect_name: str) -> Any:
    """The ``insert`` construct with ``on_conflict_do_nothing`` of this dialect; the two spell it the same."""
    return pg_insert if dialect_name == "postgresql" else sqlite_insert


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun within the block only read: on SQLite they never wait for a writer."""
    token = _writing.set(False)
    try:
        yield
    finally:
        _writing.reset(token)


@contextmanager
def writing() -> Iterator[None]:
    """Transactions begun within the block write, even in a request that otherwise only reads."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


@contextmanager
def reading_apart(session: Session) -> Iterator[Session]:
    """A session with a read transaction of its own that ends with the block, whatever `session` is in the middle of.

    For what must be known before slow work that may hold no lock, such as hashing a password.
    """
    with reading(), Session(session.get_bind()) as apart:
        yield apart


def expect_writes(writes: bool) -> None:
    """From here on, in this context, transactions are begun for writing (True) or reading (False)."""
    _writing.set(writes)


def writes_expected() -> bool:
    """True when a transaction begun now, in this context, would be one for writing."""
    return _writing.get()


def engine_options(url: str) -> dict[str, Any]:
    """Options for the engine of `url`: one JSON form everywhere, and a pool at least as large as the threads."""
    options: dict[str, Any] = {"json_serializer": compact_json}
    if url.startswith("postgresql"):
        options |= {"pool_size": 16, "max_overflow": 8, "pool_pre_ping": False}
    else:
        options |= {"connect_args": {"timeout": 10, "check_same_thread": False}}
    return options


def teach_sqlite(engine: Engine) -> None:
    """Connections of a SQLite engine get WAL, full sync, foreign keys, and explicit transactions."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "busy_timeout=10000"):
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
