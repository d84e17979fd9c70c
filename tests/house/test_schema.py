"""The database: built by the migrations alone, equal to the models, both ways, and refusing what must never happen."""

from __future__ import annotations

from datetime import UTC, datetime

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.people.actions import record_access
from tests.cast import Cast, today_at
from tests.scenes import stay

APPEND_ONLY = ("ledger_entry", "scan_event", "access_log")
NOON = datetime(2026, 10, 17, 4, tzinfo=UTC)


def _scripts(app: Flask) -> ScriptDirectory:
    with app.app_context():
        return ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())


def _differences() -> list[object]:
    """What a migration made now would hold; needs an app context."""
    db.session.remove()
    options = {**current_app.extensions["migrate"].configure_args, "compare_type": True}
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={**options, "target_metadata": db.metadata})
        return list(compare_metadata(context, db.metadata))


def _counts() -> dict[str, int]:
    """Rows by table, as the database itself lists its tables."""
    with db.engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        return {name: connection.scalar(select(func.count()).select_from(text(name))) or 0 for name in names}


@pytest.fixture
def term(db_session: Session, cast: Cast) -> None:
    """A database in use: pupils have come and gone, credits were posted, a teacher has looked."""
    stay(db_session, cast.pupil, cast.lecture, today_at(9), today_at(10, 30))
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    stay(db_session, cast.classmate, cast.lecture, today_at(9), today_at(10))
    scope = f"school_class:{cast.school_class.public_id}"
    teacher = cast.homeroom_teacher.id
    db_session.commit()
    record_access(user_id=teacher, scope=scope, fields="name,credits", now=NOON)


@pytest.mark.sqlite_only
def test_the_migrations_have_one_head(app: Flask) -> None:
    assert len(_scripts(app).get_heads()) == 1


def test_the_models_are_what_the_migrations_make(app: Flask) -> None:
    with app.app_context():
        assert _differences() == []


@pytest.mark.usefixtures("term")
def test_each_migration_goes_down_and_up_again_with_people_in_the_database(app: Flask) -> None:
    before = _counts()
    assert min(before["ledger_entry"], before["scan_event"], before["access_log"], before["attendance"]) > 0
    db.session.remove()
    for revision in list(_scripts(app).walk_revisions()):
        if revision.down_revision is not None:
            flask_migrate.downgrade(revision=str(revision.down_revision))
            flask_migrate.upgrade()
            after = _counts()
            assert {name: after[name] for name in before} == before, f"rows were lost by {revision.revision}"
    assert _differences() == []


@pytest.mark.usefixtures("term")
def test_the_whole_schema_comes_down_from_a_used_database_and_up_again() -> None:
    db.session.remove()
    flask_migrate.downgrade(revision="base")
    assert _counts() == {}
    flask_migrate.upgrade()
    assert _differences() == []
    assert set(_counts().values()) == {0}


def _attempt(connection: Connection, statement: str) -> None:
    with connection.begin():
        connection.execute(text(statement))


@pytest.mark.usefixtures("term")
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_that_are_evidence_can_be_neither_changed_nor_removed_by_sql(table: str) -> None:
    db.session.remove()
    with db.engine.connect() as connection:
        column = inspect(connection).get_columns(table)[-1]["name"]
        before = connection.execute(text(f"SELECT * FROM {table}")).all()
        connection.rollback()
        assert before
        statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"]
        if db.engine.dialect.name == "postgresql":
            statements.append(f"TRUNCATE {table} CASCADE")
        for statement in statements:
            with pytest.raises(DBAPIError, match="append-only"):
                _attempt(connection, statement)
        assert connection.execute(text(f"SELECT * FROM {table}")).all() == before
