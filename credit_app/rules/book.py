"""The book: a dated, sourced set of rules, as one frozen value. `load_book` reads it strictly from YAML."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from credit_app.rules.checks import contradictions
from credit_app.rules.clauses import AnyClause
from credit_app.rules.clauses.base import Clause
from credit_app.rules.clauses.limits import Limit
from credit_app.rules.clauses.shapes import Day, Identifier, Strict, Text
from credit_app.rules.clauses.windows import TargetWindow
from credit_app.rules.facts import Fact
from credit_app.rules.goals import Breadth, Outlook, SecondSemester, TargetClause
from credit_app.rules.plan import Plan, compile_plan, ordered_limits
from credit_app.rules.problems import BookError, Problem
from credit_app.rules.refusals import problems_in
from credit_app.rules.yaml_text import MAX_PROBLEMS, read_yaml

__all__ = ["Book", "BookError", "Category", "Problem", "Unit", "load_book"]

MAX_CATEGORIES, MAX_CLAUSES = 60, 300
"""Some ten times a long book: every clause is compared with every other, while an officer waits."""

BookId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Unit(Strict):
    """What is counted, as the reader calls it."""

    name: Text
    name_en: Text


class Category(Strict):
    """A kind of participation that the book knows."""

    id: Identifier
    title: Text
    title_en: Text


class Book(Strict):
    """One rule set: its term, its categories, its clauses and what it asks of a year."""

    id: BookId
    title: Text
    title_en: Text
    source: Text
    effective_on: Day
    until: Day
    """The last day of the term, included."""
    sample: bool = False
    """A sample is marked as one wherever it is shown."""
    unit: Unit
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=MAX_CATEGORIES)]
    clauses: Annotated[tuple[AnyClause, ...], Field(min_length=1, max_length=MAX_CLAUSES)]
    targets: tuple[TargetClause, ...] = ()
    target_window: TargetWindow = "academic_year"
    breadth: Breadth | None = None
    second_semester: SecondSemester | None = None
    outlook: Outlook | None = None

    @model_validator(mode="after")
    def _term_in_order(self) -> Book:
        if self.until < self.effective_on:
            raise PydanticCustomError("term_reversed", "until is before effective_on")
        return self

    def covers(self, day: date) -> bool:
        """Whether the book's term includes `day`."""
        return self.effective_on <= day <= self.until

    def category_title(self, category_id: str, locale: str = "zh") -> str:
        """The category's title in the reader's language; its id where the book does not know it."""
        category = self.categories_by_id.get(category_id)
        if category is None:
            return category_id
        return category.title_en if locale.startswith("en") else category.title

    def clause(self, clause_id: str) -> Clause:
        """The clause with this id. Raises: KeyError."""
        return self.clauses_by_id[clause_id]

    def plan_for(self, fact: Fact) -> Plan | None:
        """What is asked of participations like `fact`, in order; None when no amount clause speaks about them."""
        kind = (fact.category, fact.role, fact.tier)
        try:
            return self.plans[kind]
        except KeyError:
            return self.plans.setdefault(kind, compile_plan(self.clauses, self.limits_in_order, kind))

    @cached_property
    def category_ids(self) -> tuple[str, ...]:
        """The ids of the categories, in the order of the book."""
        return tuple(category.id for category in self.categories)

    @cached_property
    def categories_by_id(self) -> dict[str, Category]:
        """Each category by its id."""
        return {category.id: category for category in self.categories}

    @cached_property
    def clauses_by_id(self) -> dict[str, Clause]:
        """Each clause by its id."""
        return {clause.id: clause for clause in self.clauses}

    @cached_property
    def limits_in_order(self) -> tuple[Limit, ...]:
        """The limits in the order in which they are applied."""
        limits = (clause for clause in self.clauses if isinstance(clause, Limit))
        return tuple(ordered_limits(limits, self.category_ids))

    @cached_property
    def plans(self) -> dict[tuple[str, str, str | None], Plan | None]:
        """Plans compiled so far: the strict loader may be slow, an award may not."""
        return {}


def load_book(text: str) -> Book:
    """The book that `text` (YAML) describes.

    Raises: BookError with every problem found, each with its line, column, what is wrong and what to write instead.
    """
    source = read_yaml(text)
    try:
        book = Book.model_validate(source.value)
    except ValidationError as error:
        raise BookError(problems_in(error, source, Book)) from None
    if findings := contradictions(book):
        told = findings[:MAX_PROBLEMS]
        raise BookError([Problem(*source.place_of(path), code, params) for path, code, params in told])
    return book
