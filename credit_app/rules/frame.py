"""From a frame of facts to columns in event order, as the batch form judges them. Imported by ``batch`` and by those
who make frames for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from credit_app.rules.facts import Fact
from credit_app.rules.rows import Array, Columns, Words

WORDS = ("category", "activity", "venue", "tier", "role", "proof", "worksheet", "evidence", "level", "competition")
NUMBERS = ("grade", "planned_minutes", "at_venue", "end_assumed", "checked_out")
Order = Array | slice


def facts_frame(facts: Iterable[tuple[Any, Fact]]) -> pd.DataFrame:
    """The frame that `award_batch` takes, from pairs of pupil and fact; there must be at least one."""
    pupils, known = zip(*facts, strict=True)
    columns: dict[str, Any] = {
        "pupil": list(pupils),
        "participation": [fact.participation for fact in known],
        "occurred_at": pd.DatetimeIndex([fact.occurred_at for fact in known], tz="UTC"),
        "occurred_on": np.array([fact.occurred_on for fact in known], dtype="datetime64[D]"),
        "dwell_minutes": pd.array([fact.dwell_minutes for fact in known], dtype="Int32"),
    }
    columns |= {name: pd.Categorical([getattr(fact, name) for fact in known]) for name in WORDS}
    columns |= {name: [getattr(fact, name) for fact in known] for name in NUMBERS}
    return pd.DataFrame(columns)


def days_of(column: pd.Series) -> Array:
    """Days since 1970."""
    return column.to_numpy().astype("datetime64[D]").astype("int64").astype("int32")


def event_order(facts: pd.DataFrame) -> Order:
    """The places of the rows by pupil, then instant, then participation; a slice of all where they stand so already."""
    pupil = _numbered(facts["pupil"])
    instant = facts["occurred_at"].dt.tz_convert(None).to_numpy().astype("datetime64[us]").astype("int64")
    rising = _rising(pupil, instant)
    order = np.arange(len(facts)) if rising else np.lexsort((instant, pupil))
    if not rising:
        pupil, instant = pupil[order], instant[order]
    tied = np.zeros(len(order), dtype=bool)
    same = (pupil[1:] == pupil[:-1]) & (instant[1:] == instant[:-1])
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    if len(places):
        # Ids are compared only where two participations share an instant: comparing words is slow.
        rank = pd.factorize(facts["participation"].to_numpy()[order[places]], sort=True)[0]
        order[places] = order[places[np.lexsort((rank, instant[places], pupil[places]))]]
    return order if (order[1:] < order[:-1]).any() else slice(None)


def _rising(pupil: Array, instant: Array) -> bool:
    later = (pupil[1:] > pupil[:-1]) | ((pupil[1:] == pupil[:-1]) & (instant[1:] >= instant[:-1]))
    return bool(later.all())


def _numbered(column: pd.Series) -> Array:
    """Whole numbers that are equal where the values are."""
    if pd.api.types.is_integer_dtype(column.dtype):
        return column.to_numpy().astype("int64")
    return _words(column).places.astype("int64")


def _words(column: pd.Series) -> Words:
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    return Words(column.cat.codes.to_numpy(), tuple(str(word) for word in column.cat.categories))


def sorted_columns(facts: pd.DataFrame, days: Array, order: Order) -> Columns:
    """The columns that clauses read, in `order`."""
    stay = facts["dwell_minutes"].astype("Int32")
    numbers = {name: facts[name].to_numpy()[order] for name in NUMBERS}
    numbers["no_stay"] = stay.isna().to_numpy()[order]
    numbers["dwell_minutes"] = stay.fillna(0).to_numpy().astype("int32")[order]
    words = {name: _words(facts[name]) for name in WORDS}
    return Columns(
        pupil=_numbered(facts["pupil"])[order],
        day=days[order],
        numbers=numbers,
        words={name: Words(column.places[order], column.known) for name, column in words.items()},
    )
