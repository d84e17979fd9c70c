"""The keyed digests of a scan event and of what a device sent that is no scan, so that an edited row can be told from
one the program wrote (I1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


REFUSED = ("device_id", "client_uid", "device_seq", "received_at", "status", "answer", "evidence")


def scan_digest(row: Mapping[str, Any]) -> str:
    """The digest of a scan's `SEALED` columns, and of the `SENT` ones that it has."""
    plain = _plain(row, SEALED)
    plain += [[column, row[column]] for column in SENT if row.get(column) is not None]
    return keyed_digest("scan", of=compact_json(plain, sort_keys=True))


def refusal_digest(row: Mapping[str, Any]) -> str:
    """The digest of what a device sent that is no scan: its `REFUSED` columns."""
    return keyed_digest("refusal", of=compact_json(_plain(row, REFUSED), sort_keys=True))


def _plain(row: Mapping[str, Any], columns: Iterable[str]) -> list[Any]:
    return [
        round(value.timestamp() * 1_000_000) if isinstance(value, datetime) else value
        for value in (row[column] for column in columns)
    ]
