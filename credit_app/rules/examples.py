"""Examples beside a book: participations of one pupil and what each must earn, as YAML that an officer can write.

Run by the tests, by ``flask rules try`` and by the officer's page. An example names its expectation in full: what it
does not name (a reason, another state) must not be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, WithJsonSchema

from credit_app.rules.book import Book, BookId
from credit_app.rules.calendar import LOCAL
from credit_app.rules.clauses.proof import ProofLevel
from credit_app.rules.clauses.scope import Tier
from credit_app.rules.clauses.shapes import Day, Identifier, Strict, Text, read_credits
from credit_app.rules.facts import Fact
from credit_app.rules.problems import BookError, Problem
from credit_app.rules.refusals import problems_in
from credit_app.rules.single import History
from credit_app.rules.terms import NoRuleSet
from credit_app.rules.trace import Award
from credit_app.rules.yaml_text import read_yaml

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
MAX_PARTICIPATIONS = 10_000
"""In all examples of one text: an officer waits while they are judged."""
Minutes = Annotated[int, Field(ge=0, le=10_000)]


def _credits_or_none(value: object) -> int:
    """Like a book's credits, except that an example may expect nothing."""
    if (isinstance(value, int) and not isinstance(value, bool) and value == 0) or value == Decimal(0):
        return 0
    return read_credits(value)


EarnedCredits = Annotated[int, BeforeValidator(_credits_or_none), WithJsonSchema({"type": "number", "minimum": 0})]


class Participation(Strict):
    """What an example says of one participation; what it leaves out is taken from `given`, or is ordinary."""

    on: Day | None = None
    at: Clock | None = None
    category: Identifier | None = None
    activity: Text | None = None
    venue: Text | None = None
    tier: Tier | None = None
    at_venue: bool | None = None
    grade: Annotated[int, Field(ge=1, le=12)] | None = None
    role: Identifier | None = None
    planned_minutes: Minutes | None = None
    dwell_minutes: Minutes | None = None
    end_assumed: bool | None = None
    checked_out: bool | None = None
    proof: ProofLevel | None = None
    worksheet: Literal["none", "submitted", "approved", "returned", "refused"] | None = None
    evidence: Literal["none", "submitted", "approved", "refused"] | None = None
    level: Identifier | None = None
    competition: Text | None = None


class Expected(Participation):
    """A participation and what it must earn."""

    earns: EarnedCredits | None = None
    state: Literal["awarded", "refused", "pending"] = "awarded"
    reason: Identifier | None = None
    missing: dict[Identifier, int | None] | None = None
    """For each remedy, the value of its parameter, or nothing where it has none."""
    error: Literal["no_rule_set"] | None = None
    repeat: Annotated[int, Field(ge=1, le=400)] = 1
    """So many of them, each on the day after the one before; a new activity at a new venue where none is named."""


class Case(Strict):
    """One pupil's participations, named as a sentence."""

    name: Text
    name_en: str = ""
    given: Participation = Participation()
    participations: Annotated[tuple[Expected, ...], Field(min_length=1)]


class Cases(Strict):
    """The examples of one book."""

    book: BookId
    cases: Annotated[tuple[Case, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Tried:
    """One participation of an example, as the book judged it."""

    fact: Fact
    expected: Expected
    award: Award | None
    """None when no rule set covers the day."""
    differences: tuple[str, ...]
    """Where it departs from what was expected, as names of the expectation: earns, state, reason, missing, error."""


def load_cases(text: str) -> Cases:
    """The examples that `text` (YAML) describes.

    Raises: BookError with every problem, each with its line and what to write instead.
    """
    source = read_yaml(text)
    try:
        cases = Cases.model_validate(source.value)
    except ValidationError as error:
        raise BookError(problems_in(error, source, Cases)) from None
    problems = [
        Problem(*source.place_of(("cases", at, "participations", index)), "missing_key", {"key": key})
        for at, case in enumerate(cases.cases)
        for index, expected in enumerate(case.participations)
        for key in _left_open(case.given, expected)
    ]
    count = sum(expected.repeat for case in cases.cases for expected in case.participations)
    if count > MAX_PARTICIPATIONS:
        place = source.place_of(("cases",))
        problems.append(Problem(*place, "too_many_participations", {"found": count, "limit": MAX_PARTICIPATIONS}))
    if problems:
        raise BookError(problems)
    return cases


def _left_open(given: Participation, expected: Expected) -> Iterator[str]:
    """What an example cannot do without."""
    for name in ("on", "category", "grade"):
        if getattr(expected, name) is None and getattr(given, name) is None:
            yield name
    if expected.earns is None and expected.error is None:
        yield "earns"


def facts_of(case: Case) -> list[tuple[Fact, Expected]]:
    """The facts of an example, in event order, each with what is expected of it."""
    pairs: list[tuple[Fact, Expected]] = []
    for expected in case.participations:
        for copy in range(expected.repeat):
            pairs.append((_fact(case.given, expected, copy, f"p{len(pairs):04d}"), expected))
    return sorted(pairs, key=lambda pair: pair[0].order_key)


def try_case(case: Case, book: Book) -> list[Tried]:
    """The participations of an example, judged by `book` one after the other."""
    history = History()
    tried: list[Tried] = []
    for fact, expected in facts_of(case):
        award: Award | None = None
        with suppress(NoRuleSet):
            award = history.judge(fact, book)
        tried.append(Tried(fact, expected, award, tuple(_differences(expected, award))))
    return tried


def _fact(given: Participation, expected: Expected, copy: int, participation: str) -> Fact:
    names = Participation.model_fields
    stated: dict[str, Any] = {name: getattr(given, name) for name in names} | {
        name: getattr(expected, name) for name in names if getattr(expected, name) is not None
    }
    stated = {name: value for name, value in stated.items() if value is not None}
    day = stated.pop("on") + timedelta(days=copy)
    start = datetime.combine(day, time.fromisoformat(stated.pop("at", "10:00")), LOCAL).astimezone(UTC)
    if expected.repeat > 1:
        # Unless it says where, a repetition is elsewhere: no limit per venue should meet it by chance.
        stated.setdefault("venue", f"{participation}-venue")
    ordinary = {"activity": f"{participation}-activity", "venue": None, "tier": None, "at_venue": False}
    return Fact(participation=participation, occurred_at=start, occurred_on=day, **(ordinary | stated))


def _differences(expected: Expected, award: Award | None) -> Iterator[str]:
    if award is None or expected.error is not None:
        if (expected.error == "no_rule_set") != (award is None):
            yield "error"
        return
    if award.centicredits != expected.earns:
        yield "earns"
    if award.state != expected.state:
        yield "state"
    if award.reason != expected.reason:
        yield "reason"
    if expected.missing is not None:
        found = {step.code: next(iter(step.params.values()), None) for step in award.missing}
        if found != expected.missing:
            yield "missing"
