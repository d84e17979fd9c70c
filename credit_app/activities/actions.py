"""Offering an activity: the write door. Draft, submit, the bureau's decision, occurrences.

A draft and a returned activity are the organiser's to change. While the bureau looks at it nothing changes, so that
what is approved is what was read; the organiser may take it back. Once it is published, occurrences are added or
cancelled, and its outline stays.

Each step locks the activity before it looks at its state: two officers who decide, or an edit and a submission at the
same moment, take turns, and the second one is told that the state has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, ActivityReview, Occurrence
from credit_app.errors import Conflict, InvalidInput
from credit_app.organisations.models import School, Venue
from credit_app.people.models import User
from credit_app.rules.calendar import local_date

LONGEST_OCCURRENCE = timedelta(hours=14)
TITLE_LENGTH, SUMMARY_LENGTH, ROOM_LENGTH, REMARK_LENGTH = 80, 2000, 60, 500
LARGEST_CAPACITY = 50_000

# What the organiser may still change, and from which state each decision of the bureau starts and where it leads.
OPEN_TO_CHANGE = frozenset({"draft", "returned"})
DECISIONS = {
    "approved": ("submitted", "published"),
    "returned": ("submitted", "returned"),
    "withdrawn": ("published", "withdrawn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What an activity says of itself. `category` is an id in the rule books."""

    title: str
    summary: str = ""
    category: str
    grade_from: int = 1
    grade_to: int = 9
    at_venue: bool = True


def create_activity(
    session: Session,
    *,
    outline: Outline,
    created_by: User,
    now: datetime,
    venue: Venue | None = None,
    school: School | None = None,
) -> Activity:
    """A draft of `venue` or `school` (exactly one) exists. Raises: InvalidInput at the field that is wrong."""
    organiser = venue or school
    if organiser is None or (venue and school):
        raise ValueError("an activity has one organiser")
    activity = Activity(
        district_id=organiser.district_id, venue=venue, school=school, created_by_id=created_by.id, created_at=now
    )
    _write_outline(activity, outline)
    session.add(activity)
    session.flush()
    return activity


def edit_activity(session: Session, *, activity: Activity, outline: Outline) -> None:
    """The outline is changed. Raises: Conflict unless it is a draft or has been returned; InvalidInput at the field."""
    _lock(session, activity)
    _must_be_open_to_change(activity)
    _write_outline(activity, outline)
    session.flush()


def add_occurrence(
    session: Session,
    *,
    activity: Activity,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int | None = None,
    room: str = "",
) -> Occurrence:
    """One more dated run. Raises: InvalidInput at the field that is wrong; Conflict while the bureau reviews the
    activity, and after it has been withdrawn."""
    _lock(session, activity)
    if activity.status == "submitted":
        raise Conflict(_l("活动正在审核，不能改动场次；如需修改，请先撤回。"))
    if activity.status == "withdrawn":
        raise Conflict(_l("活动已撤下，不能再加场次。"))
    run = _acceptable_run(starts_at=starts_at, ends_at=ends_at, capacity=capacity, room=room)
    occurrence = Occurrence(activity=activity, **run)
    session.add(occurrence)
    session.flush()
    return occurrence


def change_occurrence(
    session: Session,
    *,
    occurrence: Occurrence,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int | None = None,
    room: str = "",
) -> None:
    """The run has another time, capacity or room. Raises: InvalidInput at the field; Conflict once it was submitted."""
    _lock(session, occurrence.activity)
    _must_be_open_to_change(occurrence.activity)
    run = _acceptable_run(starts_at=starts_at, ends_at=ends_at, capacity=capacity, room=room)
    for column, value in run.items():
        setattr(occurrence, column, value)
    session.flush()


def remove_occurrence(session: Session, *, occurrence: Occurrence) -> None:
    """The run is gone, since nobody has been told of it yet.

    Raises: Conflict once it was submitted; what has been published is cancelled instead.
    """
    activity = occurrence.activity
    _lock(session, activity)
    _must_be_open_to_change(activity)
    session.delete(occurrence)
    session.flush()
    session.expire(activity, ["occurrences"])


def cancel_occurrence(session: Session, *, occurrence: Occurrence, now: datetime) -> None:
    """The run of a published activity does not take place, and stands in the lists as cancelled.

    Raises: Conflict when it is not published, and once it has begun: then it is closed, not cancelled.
    """
    _lock(session, occurrence.activity)
    session.refresh(occurrence, ["status"], with_for_update={"key_share": True})
    if occurrence.activity.status != "published":
        raise Conflict(_l("活动还没有发布，场次可以直接修改或移除，不需要取消。"))
    if occurrence.status != "scheduled" or occurrence.starts_at <= now:
        raise Conflict(_l("场次已经开始或结束，不能取消。"))
    occurrence.status = "cancelled"
    session.flush()


def submit_activity(session: Session, *, activity: Activity, now: datetime) -> None:
    """The bureau is asked to review it.

    Raises: Conflict unless it is a draft or has been returned; InvalidInput when no run is still to come.
    """
    _lock(session, activity)
    if activity.status not in OPEN_TO_CHANGE:
        raise Conflict(_l("活动已经提交过了，请等待教育局审核。"))
    if not any(run.status == "scheduled" and run.ends_at > now for run in activity.occurrences):
        raise InvalidInput(_l("请先安排至少一个还没结束的场次，再提交审核。"), field="starts_at")
    activity.status, activity.submitted_at = "submitted", now
    session.flush()


def recall_activity(session: Session, *, activity: Activity) -> None:
    """The organiser has it back as a draft. Raises: Conflict when the bureau has decided, or was never asked."""
    _lock(session, activity)
    if activity.status != "submitted":
        raise Conflict(_l("活动不在审核中，不能撤回。请刷新页面查看最新状态。"))
    activity.status = "draft"
    session.flush()


def decide_on_activity(
    session: Session, *, activity: Activity, decision: str, remark: str, decided_by: User, now: datetime
) -> None:
    """The bureau approves, returns or withdraws the activity (`DECISIONS`); the remark stays with it.

    With a withdrawn activity its runs that have not begun are cancelled; one that is going on is closed in its time.
    Raises: Conflict when the state does not allow the decision; InvalidInput when a refusal gives no reason.
    """
    before, after = DECISIONS[decision]
    remark = remark.strip()
    if decision != "approved" and not remark:
        raise InvalidInput(_l("请写明原因，场馆才知道怎么改。"), field="remark")
    if len(remark) > REMARK_LENGTH:
        raise InvalidInput(_l("意见最多 %(most)s 个字。", most=REMARK_LENGTH), field="remark")
    _lock(session, activity)
    if activity.status != before:
        raise Conflict(_l("这个活动的状态已经变化，可能有同事处理过了。请刷新页面查看最新状态。"))
    activity.reviews.append(
        ActivityReview(decision=decision, remark=remark, decided_by_id=decided_by.id, decided_at=now)
    )
    activity.status = after
    if decision == "approved":
        activity.published_at = now
    if decision == "withdrawn":
        for occurrence in activity.occurrences:
            if occurrence.status == "scheduled" and occurrence.starts_at > now:
                occurrence.status = "cancelled"
    session.flush()


def kill_codes(session: Session, *, occurrence: Occurrence) -> None:
    """Every code shown so far is dead: the next one is made under a new epoch."""
    session.refresh(occurrence, ["code_epoch"], with_for_update={"key_share": True})
    occurrence.code_epoch += 1
    session.flush()


def _lock(session: Session, activity: Activity) -> None:
    """From here to the end of the transaction nobody else changes the activity, and its state is the newest."""
    session.flush()
    session.refresh(activity, ["status"], with_for_update={"key_share": True})


def _must_be_open_to_change(activity: Activity) -> None:
    if activity.status == "submitted":
        raise Conflict(_l("活动正在审核，不能修改；如需修改，请先撤回。"))
    if activity.status not in OPEN_TO_CHANGE:
        raise Conflict(_l("活动已经发布或撤下，不能修改；可以另建一个活动。"))


def _write_outline(activity: Activity, outline: Outline) -> None:
    title, summary = outline.title.strip(), outline.summary.strip()
    if not 1 <= len(title) <= TITLE_LENGTH:
        raise InvalidInput(_l("活动名称要有 1 到 %(most)s 个字。", most=TITLE_LENGTH), field="title")
    if len(summary) > SUMMARY_LENGTH:
        raise InvalidInput(_l("活动简介最多 %(most)s 个字。", most=SUMMARY_LENGTH), field="summary")
    if not (1 <= outline.grade_from <= 9 and 1 <= outline.grade_to <= 9):
        raise InvalidInput(_l("年级范围是 1 到 9。"), field="grade_to")
    if outline.grade_from > outline.grade_to:
        raise InvalidInput(_l("起始年级不能高于结束年级。"), field="grade_to")
    activity.title, activity.summary = title, summary
    activity.category, activity.at_venue = outline.category, outline.at_venue
    activity.grade_from, activity.grade_to = outline.grade_from, outline.grade_to


def _acceptable_run(*, starts_at: datetime, ends_at: datetime, capacity: int | None, room: str) -> dict[str, Any]:
    """The columns of a run. Raises: InvalidInput at the field that is wrong, before anything is written."""
    room = room.strip()
    if ends_at <= starts_at:
        raise InvalidInput(_l("结束时间要晚于开始时间。"), field="ends_at")
    if ends_at - starts_at > LONGEST_OCCURRENCE:
        raise InvalidInput(_l("一场活动最长 14 小时；多日活动请分成几场。"), field="ends_at")
    if capacity is not None and capacity < 1:
        raise InvalidInput(_l("名额至少为 1；不限名额请留空。"), field="capacity")
    if capacity is not None and capacity > LARGEST_CAPACITY:
        raise InvalidInput(_l("名额最多为 %(most)s；不限名额请留空。", most=LARGEST_CAPACITY), field="capacity")
    if len(room) > ROOM_LENGTH:
        raise InvalidInput(_l("地点最多 %(most)s 个字。", most=ROOM_LENGTH), field="room")
    return {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "occurs_on": local_date(starts_at),
        "capacity": capacity,
        "room": room,
    }
