"""Runs the migrations on the app's own engine, in one transaction a migration."""

from __future__ import annotations

from alembic import context
from flask import current_app

from credit_app.extensions import db

config = context.config


def run() -> None:
    # An engine may be handed in (tests compare two databases in one process); else it is the app's.
    engine = config.attributes.get("engine") or db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("These migrations look at the database's kind: run them online.")
run()
