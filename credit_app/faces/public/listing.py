"""How entries of the programme are shown in a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from credit_app.activities.models import Activity, Occurrence
from credit_app.activities.programme import Entry
from credit_app.faces.formatting import grade_range, time_range


def as_event(entry: Entry, titles: Mapping[str, str]) -> dict[str, Any]:
    """What the ``event`` macro of the pages needs to show `entry`."""
    activity, occurrence = entry.activity, entry.next_occurrence
    return {
        "on": occurrence.occurs_on,
        "title": activity.title,
        "url": url_for("public.activity", public_id=activity.public_id),
        "time": time_of(occurrence),
        "place": place_of_run(activity, occurrence),
        "category": activity.category,
        "category_label": titles.get(activity.category, activity.category),
        "grades": grades_of(activity),
        "runs": entry.runs,
        "own_school_only": activity.school is not None,
    }


def time_of(occurrence: Occurrence) -> str:
    """``09:00–10:30``."""
    return time_range(occurrence.starts_at, occurrence.ends_at)


def place_of_run(activity: Activity, occurrence: Occurrence) -> str:
    """Where one goes: the organiser's house and the room; a delivery is said to come to the school."""
    organiser = activity.venue or activity.school
    name = organiser.name if organiser is not None else ""
    if activity.venue is not None and not activity.at_venue:
        name = _("送课到校 · %(venue)s", venue=name)
    return " · ".join(part for part in (name, occurrence.room) if part)


def grades_of(activity: Activity) -> str:
    """For which grades it is."""
    return grade_range(activity.grade_from, activity.grade_to)
