"""The JSON Schema of a book, generated from the definitions that the loader uses: for editors that help as one types.

The loader stays the judge: what needs more than one clause (crossing caps, overlapping targets) is not in the schema.
"""

from __future__ import annotations

from typing import Any

from credit_app.rules.book import Book
from credit_app.rules.examples import Cases


def book_schema() -> dict[str, Any]:
    """The schema of a book."""
    return _schema(Book)


def cases_schema() -> dict[str, Any]:
    """The schema of the examples beside a book."""
    return _schema(Cases)


def _schema(model: type[Book] | type[Cases]) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(by_alias=True)}
