"""Short ways to the values that the tests of the rules are about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from credit_app.rules.book import Book, load_book
from credit_app.rules.calendar import LOCAL
from credit_app.rules.facts import Fact

BOOKS = Path(__file__).parents[2] / "credit_app" / "rules" / "books"
OTHER_BOOKS = Path(__file__).parent / "books"


@cache
def sample() -> Book:
    """The book that ships as the default."""
    return load_book(sample_text())


def sample_text() -> str:
    """Its text."""
    return (BOOKS / "sample-2026.yaml").read_text(encoding="utf-8")


def fact(category: str, on: str = "2026-05-06", at: str = "10:00", **stated: Any) -> Fact:
    """A participation on a local day and time; grade 7, an activity of its own, nothing else said."""
    start = datetime.combine(date.fromisoformat(on), time.fromisoformat(at), LOCAL).astimezone(UTC)
    ordinary: dict[str, Any] = {
        "participation": f"p-{on}-{at}",
        "activity": f"a-{on}-{at}",
        "venue": None,
        "tier": None,
        "at_venue": False,
        "grade": 7,
    }
    return Fact(occurred_at=start, occurred_on=date.fromisoformat(on), category=category, **(ordinary | stated))


def visit(on: str = "2026-05-06", at: str = "10:00", **stated: Any) -> Fact:
    """A visit of 50 minutes to the museum."""
    ordinary: dict[str, Any] = {"venue": "museum", "tier": "lead", "at_venue": True, "dwell_minutes": 50}
    return fact("venue_visit", on, at, **(ordinary | stated))


def course(on: str = "2026-05-06", at: str = "10:00", **stated: Any) -> Fact:
    """A course of two hours at the museum, attended from beginning to end, its worksheet approved."""
    ordinary: dict[str, Any] = {
        "venue": "museum",
        "planned_minutes": 120,
        "dwell_minutes": 120,
        "proof": "staff_scan",
        "worksheet": "approved",
    }
    return fact("inquiry_course", on, at, **(ordinary | stated))


def a_book(clauses: list[dict[str, Any]], **stated: Any) -> dict[str, Any]:
    """A book as plain values, with the categories `a` and `b`; its clauses need no text and source."""
    spoken = {"text": "条款", "source": "测试"}
    book: dict[str, Any] = {
        "id": "drawn",
        "title": "测试规则",
        "title_en": "Test rules",
        "source": "测试",
        "effective_on": date(2020, 9, 1),
        "until": date(2032, 8, 31),
        "unit": {"name": "学分", "name_en": "credit"},
        "categories": tuple({"id": name, "title": name, "title_en": name} for name in ("a", "b")),
        "clauses": tuple(spoken | clause for clause in clauses),
    }
    return book | stated


def credits(centicredits: int) -> Decimal:
    """Credits as a book writes them."""
    return Decimal(centicredits) / 100
