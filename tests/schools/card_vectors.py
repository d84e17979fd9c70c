"""The golden vectors of cards, and an app under the secret that they were made with."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from flask import Flask

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "card_tokens.json").read_text(encoding="utf-8")
)


def app_of_vectors() -> Flask:
    """An app that holds the secret of the vectors, and nothing else."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = VECTORS["secret"]
    return app


def from_base64url(text: str) -> bytes:
    """Bytes of a text without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
