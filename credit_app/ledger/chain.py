"""The chain of one account: each entry's link is an HMAC over the previous link and the entry's own columns.

The key is outside the database, so an edited, removed or inserted row no longer fits its link; the account's count
and head show a cut tail. Who holds both the key and the database can still forge: see docs/ledger.md.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from credit_app.storage import compact_json

# Every column but the link itself; the order is part of the format.
SEALED = (
    "account_id",
    "seq",
    "kind",
    "points_to",
    "participation",
    "clause",
    "centicredits",
    "occurred_at",
    "occurred_on",
    "academic_year",
    "category",
    "rule_set",
    "facts",
    "trace",
    "reason",
    "cause",
    "recorded_at",
    "recorded_by",
)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000_000)  # whole microseconds: both databases keep exactly these
    if isinstance(value, date):
        return value.isoformat()
    return value


def link_after(previous: str, row: Mapping[str, Any], *, key: bytes) -> str:
    """The link, in hex, of the entry `row` (its `SEALED` columns) that follows the entry whose link is `previous`."""
    content = compact_json([_plain(row[column]) for column in SEALED], sort_keys=True)
    return hmac.new(key, f"{previous}\n{content}".encode(), hashlib.sha256).hexdigest()
