"""What every clause has in common: its text and source, its scope, and the two forms in which it is evaluated.

A clause's *single form* is a closure over its parameters, made once when the book is compiled; its *batch form*
takes a whole column. Both name their finding by its place in `codes`, so that one step means the same in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from credit_app.rules.clauses.scope import Scope
from credit_app.rules.clauses.shapes import Identifier, Strict, Text
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows

Value = int | str


class Outcome:
    """What a finding means for the participation."""

    MET = 0
    FAILED = 1
    """For good: the participation earns nothing."""
    UNDECIDED = 2
    """Something may still come: nothing is posted."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What would earn more: its code and parameters, and the fact as it would stand then.

    `cured` None: nothing that the pupil does now makes this participation count.
    """

    code: str
    params: Mapping[str, Value] = field(default_factory=dict)
    cured: Fact | None = None


class Clause(Strict):
    """One sentence of the book: who wrote it, what it says to the reader, which participations it speaks about."""

    id: Identifier
    text: Text
    text_en: str = ""
    source: Text
    scope: Scope = Field(default=Scope(), alias="for")

    params: ClassVar[tuple[str, ...]] = ()
    """Names of a step's parameters, in the order in which the single form gives their values."""

    @property
    def codes(self) -> tuple[str, ...]:
        """What the clause can find; the first one is the ordinary case."""
        raise NotImplementedError

    def text_in(self, locale: str) -> str:
        """The clause's text in the reader's language; Chinese where the book has no English."""
        return self.text_en if locale.startswith("en") and self.text_en else self.text


CheckForm = Callable[[Fact], tuple[int, tuple[Value, ...]]]
"""A fact → the finding's place in `codes`, and the values of its parameters."""
AmountForm = Callable[[Fact], tuple[int, int, tuple[Value, ...]]]
"""A fact → the finding's place in `codes`, centicredits, and the values of its parameters."""


class Condition(Clause):
    """A question that must be answered with yes before anything is earned."""

    outcomes: ClassVar[tuple[int, ...]]
    """For each of `codes`, what it means."""

    def single(self) -> CheckForm:
        """The condition as a closure."""
        raise NotImplementedError

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`, as int8."""
        raise NotImplementedError

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """What would turn the finding `code` into a yes."""
        return None


class Amount(Clause):
    """What a participation earns before limits; the clause whose id an entry of the ledger carries."""

    outcomes: ClassVar[tuple[int, ...]]

    def single(self) -> AmountForm:
        """The amount as a closure."""
        raise NotImplementedError

    def batch(self, rows: Rows) -> tuple[Any, Any]:
        """For each of `rows`, the finding's place in `codes` as int8, and centicredits."""
        raise NotImplementedError

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """What would earn more than this amount clause gave."""
        return None
