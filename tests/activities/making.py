"""Activities of the cast's venue at every stage, through the program's own actions."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from credit_app.activities import actions
from credit_app.activities.actions import Outline
from credit_app.activities.models import Activity, Occurrence
from tests.cast import MADE_AT, Cast, today_at

OUTLINE = Outline(title="观察显微镜下的世界", category="inquiry_course", grade_from=3, grade_to=6)


def draft(session: Session, cast: Cast, **outline: Any) -> Activity:
    """A draft of the cast's venue, without a run."""
    fields = {name: getattr(OUTLINE, name) for name in Outline.__dataclass_fields__} | outline
    return actions.create_activity(
        session, outline=Outline(**fields), venue=cast.venue, created_by=cast.venue_staff, now=MADE_AT
    )


def with_run(session: Session, activity: Activity, **run: Any) -> Occurrence:
    """One run of it, this afternoon."""
    times = {"starts_at": today_at(14), "ends_at": today_at(16)}
    return actions.add_occurrence(session, activity=activity, **(times | run))


def submitted(session: Session, cast: Cast) -> Activity:
    activity = draft(session, cast)
    with_run(session, activity)
    actions.submit_activity(session, activity=activity, now=MADE_AT)
    return activity


def decide(session: Session, activity: Activity, decision: str, cast: Cast, remark: str = "") -> None:
    actions.decide_on_activity(
        session, activity=activity, decision=decision, remark=remark, decided_by=cast.officer, now=today_at(8)
    )


def published(session: Session, cast: Cast) -> Activity:
    activity = submitted(session, cast)
    decide(session, activity, "approved", cast)
    return activity
