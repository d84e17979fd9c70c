"""`grade`: the pupil's grade lies within a range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from credit_app.rules.clauses.base import CheckForm, Condition, Outcome, Remedy
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows

Grade = Annotated[int, Field(ge=1, le=12)]


class GradeRange(Condition):
    """Only pupils of these grades, both ends included."""

    kind: Literal["grade"]
    first: Grade
    last: Grade

    params: ClassVar[tuple[str, ...]] = ("grade", "first", "last")
    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED)

    @model_validator(mode="after")
    def _in_order(self) -> GradeRange:
        if self.first > self.last:
            raise PydanticCustomError("grades_reversed", "first is above last")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """Eligible or not."""
        return "grade_met", "grade_not_eligible"

    def single(self) -> CheckForm:
        """The condition as a closure."""
        first, last = self.first, self.last
        return lambda fact: (0 if first <= fact.grade <= last else 1, (fact.grade, first, last))

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`."""
        return rows.choose(((rows.grade < self.first) | (rows.grade > self.last), 1), otherwise=0)

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """A younger pupil may come back later; an older one has grown out of it."""
        return Remedy("wait_for_grade", {"grade": self.first}) if fact.grade < self.first else None
