"""Reading YAML strictly, with the place of every value: for texts that officers write and must be able to mend.

Only plain YAML is taken: mappings, lists, words, whole and decimal numbers, true/false, dates. Anchors, tags, several
documents and repeated keys are refused, with their line. Decimal numbers stay exact; there is no float anywhere.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from credit_app.rules.problems import BookError, Problem

MAX_BYTES = 128 * 1024
"""Some ten times a long book: the reader takes seconds for a megabyte, and anybody's browser may send one."""
MAX_DEPTH = 12
MAX_PROBLEMS = 100
"""Who made more than so many slips has sent something that is no book."""

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Place(NamedTuple):
    """Where something stands in the text; both count from 1."""

    line: int
    column: int


class YamlText(NamedTuple):
    """The text's value (mappings as dict, lists as tuple) and the place of each of its parts."""

    value: Any
    values_at: dict[Path, Place]
    keys_at: dict[Path, Place]

    def place_of(self, path: Path) -> Place:
        """Where the value at `path` stands, or the nearest part around it."""
        while path not in self.values_at and path:
            path = path[:-1]
        return self.values_at.get(path, Place(1, 1))

    def key_place_of(self, path: Path) -> Place:
        """Where the key at the end of `path` stands."""
        return self.keys_at.get(path) or self.place_of(path)


def read_yaml(text: str) -> YamlText:
    """The value of `text` and the places of its parts.

    Raises: BookError when the text is too long or too deep, is no YAML, or uses what is refused here.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise BookError([Problem(1, 1, "too_long", {"limit": MAX_BYTES // 1024})])
    builder = _Builder()
    try:
        # The pure parser: the same messages on every machine.
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise BookError(
            [*builder.problems, Problem(line, column, "not_yaml", {"found": error.problem or ""})]
        ) from None
    except YAMLError as error:
        raise BookError([Problem(1, 1, "not_yaml", {"found": str(error).splitlines()[0]})]) from None
    if not builder.documents or builder.root is _NOTHING:
        raise BookError([Problem(1, 1, "no_document")])
    if builder.problems:
        raise BookError(builder.problems)
    return YamlText(builder.root, builder.values_at, builder.keys_at)


_NOTHING = object()


class _Open:
    """A mapping or list that is still being read."""

    def __init__(self, path: Path, is_mapping: bool) -> None:
        self.path, self.is_mapping = path, is_mapping
        self.mapping: dict[str, Any] = {}
        self.items: list[Any] = []
        self.key: str | None = None


class _Builder:
    """Builds values from the parser's events, with a stack of its own: the text's depth cannot exhaust ours."""

    def __init__(self) -> None:
        self.root: Any = _NOTHING
        self.documents = 0
        self.problems: list[Problem] = []
        self.values_at: dict[Path, Place] = {}
        self.keys_at: dict[Path, Place] = {}
        self._open: list[_Open] = []

    def take(self, event: Any) -> None:
        """One event of the parser.

        Raises: BookError at once for what would make the rest meaningless.
        """
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise BookError([*self.problems, Problem(*place, "several_documents")])
        elif isinstance(event, AliasEvent):
            raise BookError([*self.problems, Problem(*place, "alias")])
        elif isinstance(event, ScalarEvent):
            self._refuse_extras(event, place)
            self._scalar(event, place)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._refuse_extras(event, place)
            self._start(isinstance(event, MappingStartEvent), place)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            closed = self._open.pop()
            self._put(closed.mapping if closed.is_mapping else tuple(closed.items))

    def _refuse_extras(self, event: Any, place: Place) -> None:
        if event.anchor:
            raise BookError([*self.problems, Problem(*place, "alias")])
        if event.tag is not None:
            raise BookError([*self.problems, Problem(*place, "tag")])

    def _start(self, is_mapping: bool, place: Place) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise BookError([Problem(*place, "too_deep", {"limit": MAX_DEPTH})])
        if self._expects_key():
            raise BookError([*self.problems, Problem(*place, "bad_key")])
        path = self._path()
        self.values_at[path] = place
        self._open.append(_Open(path, is_mapping))

    def _scalar(self, event: Any, place: Place) -> None:
        if self._expects_key():
            self._key(event.value, place)
        else:
            self.values_at[self._path()] = place
            # Quoted or block style: the writer said that it is text.
            self._put(_plain_value(event.value) if event.style in (None, "") else event.value)

    def _key(self, key: str, place: Place) -> None:
        holder = self._open[-1]
        path = (*holder.path, key)
        if path in self.keys_at:
            self.problems.append(Problem(*place, "duplicate_key", {"key": key, "first": self.keys_at[path].line}))
            if len(self.problems) >= MAX_PROBLEMS:
                raise BookError(self.problems)
        else:
            self.keys_at[path] = place
        holder.key = key

    def _expects_key(self) -> bool:
        return bool(self._open) and self._open[-1].is_mapping and self._open[-1].key is None

    def _path(self) -> Path:
        if not self._open:
            return ()
        holder = self._open[-1]
        return (*holder.path, holder.key if holder.key is not None else len(holder.items))

    def _put(self, value: Any) -> None:
        if not self._open:
            self.root = value
            return
        holder = self._open[-1]
        if holder.is_mapping:
            holder.mapping[holder.key or ""] = value
            holder.key = None
        else:
            holder.items.append(value)


def _plain_value(text: str) -> Any:
    """What a word without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text
