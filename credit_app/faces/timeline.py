"""The way of an activity from draft to publication, ready for the macro ``way``: for its venue and for the bureau."""

from __future__ import annotations

from typing import TypedDict

from flask_babel import gettext as _

from credit_app.activities.models import Activity, ActivityReview
from credit_app.faces.formatting import local_moment


class Stage(TypedDict):
    """One step: `state` is ``done``, ``now`` or ``todo``."""

    label: str
    text: str
    state: str


def timeline(activity: Activity, *, names_deciders: bool = False) -> list[Stage]:
    """What has happened to the activity, where it stands, and what is still to come.

    Only the bureau sees which of its officers has decided (`names_deciders`); to a venue the bureau speaks as one.
    """
    stages = [_done(_("新建草稿"), local_moment(activity.created_at))]
    stages += [_of_review(review, names_deciders=names_deciders) for review in activity.reviews]
    if activity.status in ("draft", "returned"):
        again = activity.status == "returned"
        stages.append(_now(_("修改后再次提交") if again else _("填写内容和场次，提交审核"), ""))
    if activity.status == "submitted" and activity.submitted_at is not None:
        stages.append(_done(_("提交审核"), local_moment(activity.submitted_at)))
        stages.append(_now(_("教育局审核中"), _("审核期间内容和场次不能改动。")))
    if activity.status in ("draft", "returned"):
        stages.append(_todo(_("教育局审核")))
    if activity.status in ("draft", "returned", "submitted"):
        stages.append(_todo(_("公开发布")))
    return stages


def _of_review(review: ActivityReview, *, names_deciders: bool) -> Stage:
    label = {
        "approved": _("审核通过，公开发布"),
        "returned": _("退回修改"),
        "withdrawn": _("撤下，不再公开"),
    }[review.decision]
    said = [local_moment(review.decided_at)]
    if names_deciders:
        said.append(review.decided_by.display_name)
    if review.remark:
        said.append(_("“%(remark)s”", remark=review.remark))
    return _done(label, " · ".join(said))


def _done(label: str, text: str) -> Stage:
    return {"label": label, "text": text, "state": "done"}


def _now(label: str, text: str) -> Stage:
    return {"label": label, "text": text, "state": "now"}


def _todo(label: str) -> Stage:
    return {"label": label, "text": "", "state": "todo"}
