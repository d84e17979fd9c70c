"""The Flask extensions, made once and bound to an app by the factory."""

from __future__ import annotations

import sqlite3
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

    def wake(self, job: str) -> None:
        """The worker runs `job` as soon as it is free. Tests call the job itself."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if app.testing:
            return
        try:
            wake_up(self.huey_for(app))(job)
        except (HueyException, OSError, sqlite3.Error):
            app.logger.exception("the worker could not be woken; it looks by itself within a minute")


def wake_up(huey: SqliteHuey, run: Any = None) -> Any:
    """The task by whose name a face and the worker understand each other; only the worker says how to `run` a job."""

    def run_woken(job: str) -> None:
        if run is not None:
            run(job)

    return huey.task(name="wake_up")(run_woken)


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

__all__ = ["Model", "babel", "compress", "csrf", "db", "limiter", "login_manager", "migrate", "queue", "wake_up"]
