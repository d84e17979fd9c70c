"""The yardstick: the least that a check-in could be as a Flask-SQLAlchemy view.

No sign-in, no signature, no rules: one indexed SELECT of an occurrence, one of a pupil, one INSERT under a unique key,
COMMIT, JSON. Served by the same gunicorn with the same options, on the same PostgreSQL with the same pool.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from credit_app.storage import engine_options

db = SQLAlchemy()

Model: Any = db.Model


class Occurrence(Model):
    __tablename__ = "minimal_occurrence"
    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]


class Pupil(Model):
    __tablename__ = "minimal_pupil"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class CheckIn(Model):
    __tablename__ = "minimal_check_in"
    __table_args__ = (UniqueConstraint("pupil_id", "occurrence_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    pupil_id: Mapped[int] = mapped_column(ForeignKey("minimal_pupil.id"))
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("minimal_occurrence.id"))
    at: Mapped[datetime]


def create_app(url: str | None = None) -> Flask:
    app = Flask(__name__)
    url = url or os.environ["CREDIT_APP_DATABASE_URL"]
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(url))
    db.init_app(app)

    @app.post("/check-in/<handle>/<public_id>")
    def check_in(handle: str, public_id: str) -> Response:
        occurrence = db.session.scalars(select(Occurrence).where(Occurrence.handle == handle)).one()
        pupil = db.session.scalars(select(Pupil).where(Pupil.public_id == public_id)).one()
        now = datetime.now(UTC).replace(tzinfo=None)
        db.session.add(CheckIn(pupil_id=pupil.id, occurrence_id=occurrence.id, at=now))
        db.session.commit()
        return jsonify(status="ok", title=occurrence.title, name=pupil.name)

    return app
