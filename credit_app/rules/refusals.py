"""From the refusals of the strict models to problems with a place in the text and advice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from credit_app.rules.problems import SENTENCES, Problem
from credit_app.rules.yaml_text import MAX_PROBLEMS, Path, YamlText

_CODES = {
    "string_type": "not_text",
    "string_too_short": "empty_text",
    "int_type": "not_integer",
    "bool_type": "not_boolean",
    "date_type": "not_date",
    "tuple_type": "not_list",
    "model_type": "not_mapping",
    "dict_type": "not_mapping",
    "literal_error": "unknown_value",
    "union_tag_invalid": "unknown_kind",
    "too_short": "empty_list",
    "string_pattern_mismatch": "bad_pattern",
}
_NAME_PROBLEMS = {"^[a-z][a-z0-9_]{0,39}$": "bad_identifier", "^[a-z0-9][a-z0-9-]{0,39}$": "bad_book_id"}
"""What a pattern of ours asks for can be said better than by the pattern."""


def problems_in(error: ValidationError, source: YamlText, model: type[BaseModel]) -> list[Problem]:
    """Every refusal in `error`, told at its place in `source`, which was read as a `model`."""
    problems: list[Problem] = []
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and detail["input"]:
            # The list is not empty: its items are wrong, and are told themselves.
            continue
        if len(problems) >= MAX_PROBLEMS:
            problems.append(Problem(problems[-1].line, problems[-1].column, "too_many_problems"))
            break
        problem = _problem(dict(detail), source, model)
        if problem not in problems:
            problems.append(problem)
    return problems


def _problem(detail: dict[str, Any], source: YamlText, model: type[BaseModel]) -> Problem:
    kind, context, loc = detail["type"], detail.get("ctx", {}), detail["loc"]
    path = _path_in(source.value, loc)
    if kind == "extra_forbidden":
        return _unknown_key(loc, path, source, model)
    if kind == "missing":
        return Problem(*source.place_of(path), "missing_key", {"key": str(loc[-1])})
    if kind == "union_tag_not_found":
        return Problem(*source.place_of(path), "missing_key", {"key": "kind"})
    place = source.key_place_of(path) if loc[-1:] == ("[key]",) else source.place_of(path)
    found = str(context.get("tag", detail["input"]))[:60]
    if kind == "greater_than_equal":
        return Problem(*place, "too_small", {"found": found, "limit": context["ge"]})
    if kind == "less_than_equal":
        return Problem(*place, "too_large", {"found": found, "limit": context["le"]})
    if kind == "string_pattern_mismatch" and context["pattern"] in _NAME_PROBLEMS:
        return Problem(*place, _NAME_PROBLEMS[context["pattern"]], {"found": found})
    if kind == "too_long":
        return Problem(*place, "too_many_items", {"limit": context["max_length"]})
    # Our own validators name their problem themselves.
    code = kind if kind in SENTENCES else _CODES.get(kind, "bad_value")
    allowed = ", ".join(re.findall(r"'([^']+)'", context.get("expected_tags") or str(context.get("expected", ""))))
    named = {name: value for name, value in context.items() if name in ("first", "last", "limit")}
    return Problem(*place, code, {"found": found, "allowed": allowed, **named})


def _path_in(value: Any, loc: tuple[int | str, ...]) -> Path:
    """The part of `loc` that stands in the text: the names of union members and of missing keys do not."""
    path: list[int | str] = []
    for part in loc:
        stands_here = part in value if isinstance(value, dict) else isinstance(value, tuple) and isinstance(part, int)
        if stands_here:
            value = value[part]
            path.append(part)
    return tuple(path)


def _unknown_key(loc: tuple[int | str, ...], path: Path, source: YamlText, model: type[BaseModel]) -> Problem:
    key, place = str(loc[-1]), source.key_place_of(path)
    allowed = _keys_at(model, loc[:-1])
    like = get_close_matches(key, allowed, n=1, cutoff=0.75)
    if like:
        return Problem(*place, "unknown_key_like", {"key": key, "like": like[0]})
    return Problem(*place, "unknown_key", {"key": key, "allowed": ", ".join(allowed)})


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that may be written at `loc` in a `model`."""
    models = [model]
    for part in loc:
        if isinstance(part, int):
            continue
        fields = [field for each in models for name, field in each.model_fields.items() if part in (name, field.alias)]
        if fields:
            models = [inner for field in fields for inner in _models_in(field.annotation)]
        else:
            # A member of a union, named by its tag.
            models = [each for each in models if part in _tags_of(each)] or models
    return [field.alias or name for each in models for name, field in each.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not None:
        for inner in get_args(annotation):
            yield from _models_in(inner)


def _tags_of(model: type[BaseModel]) -> tuple[str, ...]:
    kind = model.model_fields.get("kind")
    if kind is not None and get_origin(kind.annotation) is Literal:
        return get_args(kind.annotation)
    return (model.__name__.lower(),)
