"""The plain shapes that books are made of: strict models, identifiers, texts, credits."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError


class Strict(BaseModel):
    """A part of a book: unknown keys are refused, types are not bent, nothing changes after loading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


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
