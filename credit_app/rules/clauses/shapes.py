"""The plain shapes that books are made of: strict models, identifiers, texts, credits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError


class Strict(BaseModel):
    """A part of a book: unknown keys are refused, types are not bent, nothing changes after loading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""Days beyond are slips, and the day before the first or after the last of all is none."""
MAX_CREDITS = 10_000
"""More than anybody earns in nine years; a slip of the point must not reach a ledger that cannot hold it."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _day_in_range(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        first, last = FIRST_DAY.isoformat(), LAST_DAY.isoformat()
        raise PydanticCustomError("day_out_of_range", "out of range", {"first": first, "last": last})
    return day


Day = Annotated[date, AfterValidator(_day_in_range)]


def read_credits(value: object) -> int:
    """Centicredits from a number of credits as written in a book.

    Raises: PydanticCustomError for what is no number, is negative, or is finer than a hundredth.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("credits_not_a_number", "not a number of credits")
    hundredths = Decimal(value) * 100
    if hundredths != int(hundredths):
        raise PydanticCustomError("credits_too_fine", "finer than a hundredth")
    if hundredths <= 0:
        raise PydanticCustomError("credits_not_positive", "not above zero")
    if hundredths > MAX_CREDITS * 100:
        raise PydanticCustomError("credits_too_large", "too large", {"limit": MAX_CREDITS})
    return int(hundredths)


Credits = Annotated[
    int,
    BeforeValidator(read_credits),
    # Editors compute in floats, in which 1.1 is no multiple of 0.01: the loader alone judges the decimals.
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]
"""Written in credits (0.5), held in centicredits (50)."""


def one_or_more(value: object) -> object:
    """A single name may be written without brackets."""
    return (value,) if isinstance(value, str) else value
