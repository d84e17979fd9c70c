"""The sign of life for whoever watches the machine."""

from __future__ import annotations

from typing import Any

from flask import jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from credit_app.extensions import db
from credit_app.faces.guards import public
from credit_app.faces.public import blueprint


@blueprint.get("/healthz")
@public
def healthz() -> Any:
    """200 while the program answers and its database does; 503 when the database does not."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return jsonify(status="database_unreachable"), 503
    return jsonify(status="ok")
