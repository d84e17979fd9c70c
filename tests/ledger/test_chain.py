"""The chain's link is a format: it must come out the same tomorrow, on both databases, and change with every column."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from credit_app.ledger.chain import SEALED, link_after
from credit_app.ledger.models import GENESIS, LedgerEntry

ROW: dict[str, Any] = {
    "account_id": "acc",
    "seq": 1,
    "kind": "award",
    "points_to": None,
    "participation": "p1",
    "clause": "lecture",
    "centicredits": 30,
    "occurred_at": datetime(2026, 10, 3, 1, 0, tzinfo=UTC),
    "occurred_on": date(2026, 10, 3),
    "academic_year": "2026-2027",
    "category": "lecture",
    "rule_set": "sample-2026",
    "facts": {"p": "p1", "c": "lecture"},
    "trace": [["a", 1]],
    "reason": "",
    "recorded_at": datetime(2026, 11, 1, tzinfo=UTC),
    "cause": "",
    "recorded_by": "rules",
}


def test_a_link_is_the_hmac_of_the_previous_link_and_the_row_as_written_down_in_the_docs() -> None:
    values = [
        "acc", 1, "award", None, "p1", "lecture", 30, 1790989200000000, "2026-10-03", "2026-2027", "lecture",
        "sample-2026", {"c": "lecture", "p": "p1"}, [["a", 1]], "", "", 1793491200000000, "rules",
    ]  # fmt: skip
    content = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    expected = hmac.new(b"key", f"{GENESIS}\n{content}".encode(), hashlib.sha256).hexdigest()
    assert link_after(GENESIS, ROW, key=b"key") == expected


def test_every_column_but_the_link_is_sealed() -> None:
    assert {column.name for column in LedgerEntry.__table__.columns} == set(SEALED) | {"link"}


@pytest.mark.parametrize("column", SEALED)
def test_a_change_of_any_column_changes_the_link(column: str) -> None:
    changed = {"points_to": 1, "facts": {}, "trace": [], "seq": 2, "centicredits": 31}.get(column, "x")
    assert link_after(GENESIS, ROW | {column: changed}, key=b"key") != link_after(GENESIS, ROW, key=b"key")


def test_another_predecessor_or_key_gives_another_link() -> None:
    link = link_after(GENESIS, ROW, key=b"key")
    assert link_after("1" * 64, ROW, key=b"key") != link
    assert link_after(GENESIS, ROW, key=b"other") != link
