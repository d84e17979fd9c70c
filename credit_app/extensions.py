"""The Flask extensions, made once and bound to an app by the factory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

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

db = Database(metadata=metadata)
migrate = Migrate(render_as_batch=True, compare_type=True)
login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
compress = Compress()
limiter = Limiter(key_func=get_remote_address, default_limits=[])

if not TYPE_CHECKING:
    Model = db.Model

__all__ = ["Model", "babel", "compress", "csrf", "db", "limiter", "login_manager", "migrate"]
