"""The door as it must not be: each control takes one guard away, so that a drill can show that it would notice."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask

from credit_app.app import create_app
from credit_app.attendance import actions


def two_transactions() -> Flask:
    """The pupil is in by one transaction and credited by the next."""
    real = actions.credit

    def credit(session: Any, **known: Any) -> Any:
        session.commit()
        time.sleep(0.1)  # so long a window that a crash will meet it
        return real(session, **known)

    actions.credit = credit
    return create_app()
