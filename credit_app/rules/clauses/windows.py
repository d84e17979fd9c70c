"""Windows of time within which a limit counts, and keys by which it counts apart.

A window's label names one stretch of it ("2026-2027"); a counter's key is made of the limit's id, the label and the
values of the keys. Labels and keys are stored with the pupil's counters, so they never change their form.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag, model_validator
from pydantic_core import PydanticCustomError

from credit_app.rules.calendar import academic_year, first_calendar_year
from credit_app.rules.clauses.shapes import Strict, one_or_more
from credit_app.rules.facts import Fact


class Years(Strict):
    """A window of several academic years.

    Either the same years for everybody, counted from `starting`; or each pupil's own stage of school, which begins
    with `from_grade` (`years: 3, from_grade: 7` is grades 7 to 9, and likewise 4 to 6 and 1 to 3).
    """

    years: Annotated[int, Field(ge=2, le=12)]
    starting: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{4}$")] | None = None
    from_grade: Annotated[int, Field(ge=1, le=12)] | None = None

    @model_validator(mode="after")
    def _anchored_once(self) -> Years:
        if (self.starting is None) == (self.from_grade is None):
            raise PydanticCustomError("years_anchor", "needs one of starting and from_grade")
        return self

    def first_year(self, year: Any, grade: Any) -> Any:
        """The calendar year in which the window begins that holds the academic year beginning in `year`.

        Works on whole numbers and on columns of them.
        """
        if self.starting is not None:
            return year - (year - int(self.starting[:4])) % self.years
        return year - (grade - (self.from_grade or 1)) % self.years


Window = Annotated[
    Annotated[Literal["day", "academic_year", "whole"], Tag("name")] | Annotated[Years, Tag("years")],
    Discriminator(lambda value: "years" if isinstance(value, dict | Years) else "name"),
]

TargetWindow = Annotated[
    Annotated[Literal["academic_year"], Tag("name")] | Annotated[Years, Tag("years")],
    Discriminator(lambda value: "years" if isinstance(value, dict | Years) else "name"),
]
"""The time over which a target is counted: it has a first and a last day."""

Key = Literal["venue", "activity", "competition", "tier", "category"]
Keys = Annotated[tuple[Key, ...], BeforeValidator(one_or_more, json_schema_input_type=Key | list[Key])]


def window_rank(window: Any) -> int:
    """Finer windows have lower ranks."""
    return 2 if isinstance(window, Years) else {"day": 0, "academic_year": 1, "whole": 3}[window]


def window_within(fine: Any, coarse: Any) -> bool:
    """Whether each stretch of `fine` lies in one stretch of `coarse`."""
    if isinstance(fine, Years) and isinstance(coarse, Years):
        return fine == coarse
    return window_rank(fine) <= window_rank(coarse)


def window_label(window: Any) -> Callable[[Fact], str]:
    """A closure that names the stretch of `window` in which a fact falls."""
    if isinstance(window, Years):
        span = f"+{window.years}"
        first_year = window.first_year
        return lambda fact: f"{first_year(first_calendar_year(fact.occurred_on), fact.grade)}{span}"
    if window == "day":
        return lambda fact: fact.occurred_on.isoformat()
    if window == "academic_year":
        return lambda fact: academic_year(fact.occurred_on)
    return lambda fact: "all"


def counter_key(limit_id: str, window: Any, keys: tuple[str, ...]) -> Callable[[Fact], str | None]:
    """A closure that gives the key of the counter in which a fact counts.

    It gives None where the fact has no value for one of `keys`: what happened at no venue counts at no venue.
    """
    label = window_label(window)
    prefix = f"{limit_id}|"
    if not keys:
        return lambda fact: prefix + label(fact)
    if len(keys) == 1:
        value_of = attrgetter(keys[0])

        def one_key(fact: Fact) -> str | None:
            value = value_of(fact)
            return None if value is None else f"{prefix}{label(fact)}|{value}"

        return one_key
    values_of = attrgetter(*keys)

    def several_keys(fact: Fact) -> str | None:
        values = values_of(fact)
        return None if None in values else f"{prefix}{label(fact)}|{'|'.join(values)}"

    return several_keys
