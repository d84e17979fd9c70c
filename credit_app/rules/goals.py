"""What a book asks of a pupil in a year: targets by grade, breadth, the halved year of a late joiner, the outlook."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from credit_app.rules.clauses.grade import Grade
from credit_app.rules.clauses.scope import Scope
from credit_app.rules.clauses.shapes import Credits, Identifier, Strict, Text

Count = Annotated[int, Field(ge=0)]
Percent = Annotated[int, Field(ge=1, le=100)]


class Sourced(Strict):
    """A sentence of the book for the reader, and where it comes from."""

    text: Text
    text_en: str = ""
    source: Text

    def text_in(self, locale: str) -> str:
        """The text in the reader's language; Chinese where the book has no English."""
        return self.text_en if locale.startswith("en") and self.text_en else self.text


class Grades(Strict):
    """From the first to the last, both included."""

    first: Grade
    last: Grade

    @model_validator(mode="after")
    def _in_order(self) -> Grades:
        if self.first > self.last:
            raise PydanticCustomError("grades_reversed", "first is above last")
        return self


class TargetClause(Sourced):
    """The credits that pupils of these grades should reach."""

    id: Identifier
    grades: Grades
    credits: Credits


class Quota(Sourced):
    """So many participations of one kind, such as at venues of one tier."""

    id: Identifier
    scope: Scope = Field(alias="for")
    participations: Annotated[int, Field(ge=1)]


class Breadth(Sourced):
    """Credits in so many categories, so many attendances at venues, and quotas by kind."""

    categories: Count = 0
    venue_attendances: Count = 0
    quotas: tuple[Quota, ...] = ()


class SecondSemester(Sourced):
    """What is asked of a pupil who joins in the second semester."""

    credits_percent: Percent
    categories: Count
    venue_attendances: Count


class Outlook(Sourced):
    """When a pupil who has not reached the target is at risk rather than near it.

    After the first `grace_days` of the year, at risk is who has earned less than `at_risk_below_percent` of the share
    of the target that the elapsed part of the year asks for.
    """

    at_risk_below_percent: Percent
    grace_days: Count
