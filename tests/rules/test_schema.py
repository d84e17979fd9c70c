"""The JSON Schema for editors comes from the definitions that the loader uses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credit_app.rules.schema import book_schema, cases_schema


def resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """`part`, or what it refers to."""
    reference = part.get("$ref")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else part


def test_every_object_refuses_unknown_keys() -> None:
    for schema in (book_schema(), cases_schema()):
        objects = [part for part in (schema, *schema["$defs"].values()) if "properties" in part]
        assert len(objects) >= 4
        assert all(part["additionalProperties"] is False for part in objects)


def test_the_schema_offers_every_kind_of_clause_and_the_keys_as_they_are_written() -> None:
    schema = book_schema()
    offered = schema["properties"]["clauses"]["items"]["discriminator"]["mapping"]
    assert {"dwell", "proof", "by_level", "at_most", "highest_only", "steps", "cap"} <= set(offered)
    for reference in offered.values():
        clause = resolved(schema, {"$ref": reference})
        assert {"id", "text", "source", "kind"} <= set(clause["required"])
        assert "for" in clause["properties"]


@pytest.mark.parametrize("key", ["id", "title", "source", "effective_on", "until", "unit", "categories", "clauses"])
def test_the_schema_asks_for_what_the_loader_asks_for(key: str) -> None:
    assert key in book_schema()["required"]


def test_credits_are_numbers_and_days_are_dates() -> None:
    schema = book_schema()
    assert schema["$defs"]["Fixed"]["properties"]["credits"]["type"] == "number"
    assert schema["properties"]["until"] == {"format": "date", "title": "Until", "type": "string"}


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(book_schema())) == book_schema()
