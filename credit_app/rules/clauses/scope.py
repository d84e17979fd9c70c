"""Which participations a clause speaks about: categories, roles, tiers of venues; none named means all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from credit_app.rules.clauses.shapes import Identifier, Strict, one_or_more

Tier = Literal["lead", "backbone", "grassroots"]


Names = Annotated[
    tuple[Identifier, ...], Field(min_length=1), BeforeValidator(one_or_more, json_schema_input_type=str | list[str])
]
Tiers = Annotated[
    tuple[Tier, ...], Field(min_length=1), BeforeValidator(one_or_more, json_schema_input_type=Tier | list[Tier])
]


class Scope(Strict):
    """The participations whose category, role and tier are all among those named."""

    category: Names | None = None
    role: Names | None = None
    tier: Tiers | None = None

    def matches(self, category: str, role: str, tier: str | None) -> bool:
        """Whether a participation of this kind is spoken about."""
        return (
            (self.category is None or category in self.category)
            and (self.role is None or role in self.role)
            and (self.tier is None or tier in self.tier)
        )

    def overlaps(self, other: Scope) -> bool:
        """Whether some participation is spoken about by both."""
        return all(
            mine is None or theirs is None or not set(mine).isdisjoint(theirs)
            for mine, theirs in zip(self._sides(), other._sides(), strict=True)
        )

    def within(self, other: Scope, categories: Iterable[str]) -> bool:
        """Whether every participation that this speaks about is spoken about by `other` too.

        `categories` are all those of the book: a scope that lists each of them is no narrower than one that lists none.
        """
        everything = frozenset(categories)
        if not frozenset(self.category or everything) <= frozenset(other.category or everything):
            return False
        return all(
            theirs is None or (mine is not None and set(mine) <= set(theirs))
            for mine, theirs in zip(self._sides()[1:], other._sides()[1:], strict=True)
        )

    def _sides(self) -> tuple[tuple[str, ...] | None, ...]:
        return self.category, self.role, self.tier
