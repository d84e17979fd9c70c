"""The keyed digest of a scan event's content, so that an edited row can be told from one the program wrote (I1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credit_app.keys import keyed_digest
from credit_app.storage import compact_json

SEALED = (
    "origin",
    "client_uid",
    "occurrence_id",
    "student_id",
    "direction",
    "proof",
    "scanned_at",
    "received_at",
    "status",
    "answer",
)


SENT = ("device_id", "device_seq", "evidence")
"""What a device adds; not in the digest of a scan that has none of it, which is older than these columns."""


def scan_digest(row: Mapping[str, Any]) -> str:
    """The digest of a scan's `SEALED` columns, and of the `SENT` ones that it has."""
    plain = [
        round(value.timestamp() * 1_000_000) if isinstance(value, datetime) else value
        for value in (row[column] for column in SEALED)
    ]
    plain += [[column, row[column]] for column in SENT if row.get(column) is not None]
    return keyed_digest("scan", of=compact_json(plain, sort_keys=True))
