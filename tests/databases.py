"""Databases for tests: built once a worker by the migrations, copied for each test, never made by `create_all`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import flask_migrate
import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy.engine import make_url

from config import Config
from credit_app.app import create_app
from credit_app.extensions import db

Filling = Callable[[Flask], None]


def settings_for(database_url: str, folder: Path) -> Config:
    """The settings of a test's app; its files lie in `folder`."""
    return Config(mode="testing", database_url=database_url, jobs_path=str(folder / "jobs.sqlite3"))


def migrate(app: Flask) -> None:
    """The database of `app` stands at the newest migration."""
    with app.app_context():
        flask_migrate.upgrade()


def release(app: Flask) -> None:
    """No connection of `app` is open any more."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class Server(Protocol):
    """A kind of database that can be made empty, copied and removed."""

    def empty(self) -> str: ...
    def copy(self, url: str) -> str: ...
    def remove(self, url: str) -> None: ...


class SqliteFiles:
    """SQLite databases as files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def empty(self) -> str:
        return f"sqlite:///{self.folder / uuid4().hex}.sqlite3"

    def copy(self, url: str) -> str:
        target = self.empty()
        # Never a copy of the file: what stands in the write-ahead log would be missing.
        with closing(sqlite3.connect(self._path(url))) as source, closing(sqlite3.connect(self._path(target))) as new:
            source.backup(new)
        return target

    def remove(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(self._path(url) + suffix).unlink(missing_ok=True)

    @staticmethod
    def _path(url: str) -> str:
        return url.removeprefix("sqlite:///")


class PostgresDatabases:
    """Databases of one PostgreSQL server; `address` is that of its maintenance database."""

    def __init__(self, address: str) -> None:
        self.address = address

    def empty(self) -> str:
        return self._create("template0")

    def copy(self, url: str) -> str:
        return self._create(self._name(url))

    def remove(self, url: str) -> None:
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self._name(url))))

    def _create(self, template: str) -> str:
        name = f"t_{uuid4().hex}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return make_url(self.address).set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(statement)

    @staticmethod
    def _name(url: str) -> str:
        return str(make_url(url).database)


class Templates:
    """For one server, the databases that tests are copies of: each is filled when the first test asks for it."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self._made: dict[str, str] = {}

    def copy_of(self, name: str, *, filled_by: Filling | None = None) -> str:
        """The address of a new copy: migrated and, where a filling is given, filled by it."""
        if name not in self._made:
            url = self.server.empty() if filled_by is None else self.copy_of("migrated")
            app = create_app(settings_for(url, self.folder))
            (filled_by or migrate)(app)
            release(app)
            self._made[name] = url
        return self.server.copy(self._made[name])
