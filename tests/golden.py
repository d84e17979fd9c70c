"""Golden vectors, made by other means than this program and read by its tests in any language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "vectors" / "door_codes.json"
DOOR_CODES: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
