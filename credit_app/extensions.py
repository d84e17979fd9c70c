"""The Flask extensions, made once and bound to an app by the factory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from huey import SqliteHuey
from huey.exceptions import HueyException

from credit_app.storage import metadata

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase, Session

    # Type checkers cannot follow a base class that is an attribute of an instance, nor see that the scoped session
    # hands everything on to a session.
    class Model(DeclarativeBase):
        pass

    class CurrentSession(Session):
        def __call__(self) -> Session: ...
        def remove(self) -> None: ...

    class Database(SQLAlchemy):
        session: CurrentSession  # type: ignore[assignment]
else:
    Database = SQLAlchemy


class Queue:
    """The way to the background worker: a face wakes a job that has something to do, once the order is committed.

    The order itself is a row of the database, and the worker looks for such rows by its timetable too: a wake-up that
    is lost costs a minute, never an order.
    """

    def huey_for(self, app: Flask) -> SqliteHuey:
        """The app's queue, opened when it is first asked for."""
        if "queue" not in app.extensions:
            path = Path(app.config["SETTINGS"].jobs_path)
            path.parent.mkdir(parents=True, exist_ok=True)
            app.extensions["queue"] = SqliteHuey("credit-app", filename=str(path))
        huey: SqliteHuey = app.extensions["queue"]
        return huey

    def answer(self, app: Flask, run: Callable[[str], None]) -> None:
        """`app` is the worker's: who wakes a job has `run` called there with the job's name."""
        app.extensions["queue_wake_up"] = self._wake_up(app, run)

    def send(self, app: Flask, job: str) -> None:
        """The worker is told to run `job` as soon as it is free."""
        if "queue_wake_up" not in app.extensions:
            # Only the task's name travels; what it does is the worker's.
            app.extensions["queue_wake_up"] = self._wake_up(app, lambda job: None)
        app.extensions["queue_wake_up"](job)

    def wake(self, job: str) -> None:
        """As `send`, and never an error of whoever asks. Tests have no worker, and call the job itself."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if app.testing:
            return
        try:
            self.send(app, job)
        except (HueyException, OSError, sqlite3.Error):
            app.logger.exception("the worker could not be woken; it looks by itself within a minute")

    def _wake_up(self, app: Flask, run: Callable[[str], None]) -> Callable[[str], Any]:
        def wake_up(job: str) -> None:
            run(job)

        task: Callable[[str], Any] = self.huey_for(app).task()(wake_up)
        return task


queue = Queue()
db = Database(metadata=metadata)
migrate = Migrate(render_as_batch=True, compare_type=True)
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
compress = Compress()
limiter = Limiter(key_func=get_remote_address, default_limits=[])

if not TYPE_CHECKING:
    Model = db.Model

__all__ = ["Model", "babel", "compress", "csrf", "db", "limiter", "login_manager", "migrate", "queue"]
