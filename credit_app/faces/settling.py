"""What the pages of a settlement have in common, whoever looks at them: its way, the list and the list as a file."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from credit_app import clock
from credit_app.extensions import db
from credit_app.faces import downloads
from credit_app.faces.formatting import local_date, local_moment
from credit_app.faces.titles import category_titles
from credit_app.ledger.models import Settlement
from credit_app.progress.final_export import final_csv, final_workbook
from credit_app.progress.final_lists import FinalList, FinalRow
from credit_app.progress.wording import met_text, missing_texts, without_class_text

FIELDS = "name,number,credits"  # what a final list shows of each pupil, for the access log
STATES = {
    "frozen": (_l("已冻结"), "wait"),
    "public_notice": (_l("公示中"), "info"),
    "settling": (_l("正在生成名单"), "wait"),
    "settled": (_l("已结算"), "good"),
}


def settlement_state(state: str) -> tuple[str, str]:
    """What a state is called, and the tone of its badge."""
    text, tone = STATES[state]
    return str(text), tone


def way_of(settlement: Settlement, *, names_officers: bool) -> list[dict[str, str]]:
    """The steps of a settlement, ready for the macro ``way``; only the bureau sees which officer took them."""

    def who(user: Any, at: Any) -> str:
        said = [local_moment(at)] if at is not None else []
        return " · ".join([*said, user.display_name] if names_officers and user is not None else said)

    order = list(STATES)
    at = order.index(settlement.state)
    notice = who(settlement.notice_by, settlement.notice_at)
    if settlement.notice_until_on is not None:
        notice = _("%(who)s，公示到 %(day)s", who=notice, day=local_date(settlement.notice_until_on))
    steps = [
        ("frozen", _("冻结，清理未办事项"), who(settlement.frozen_by, settlement.frozen_at)),
        ("public_notice", _("公示，接受异议"), notice),
        ("settling", _("第二位工作人员结算"), who(settlement.settled_by, settlement.settled_at)),
        ("settled", _("各校名单定稿"), who(None, settlement.finished_at)),
    ]
    now = at if settlement.state != "settled" else len(order)
    return [
        {"label": label, "text": text, "state": "done" if place < now else ("now" if place == now else "todo")}
        for place, (_state, label, text) in enumerate(steps)
    ]


def list_context(final: FinalList) -> dict[str, Any]:
    """What ``partials/final_list.html`` needs of the list: of a whole school's, one class is shown at a time."""
    classes = list(dict.fromkeys(_class_of(row) for row in final.rows))
    asked = request.args.get("class", "")
    chosen = asked if asked in classes else next(iter(classes), "")
    return {
        "final": final,
        "classes": classes,
        "chosen": chosen,
        "shown": [row for row in final.rows if _class_of(row) == chosen],
    }


def as_csv(final: FinalList) -> Response:
    """The list as CSV."""
    content = final_csv(final, titles=category_titles(db.session), made_at=clock.now())
    return downloads.attachment(content, name=_file_name(final), suffix="csv")


def as_workbook(final: FinalList) -> Response:
    """The list as a workbook."""
    content = final_workbook(final, titles=category_titles(db.session), made_at=clock.now())
    return downloads.attachment(content, name=_file_name(final), suffix="xlsx")


def register(app: Flask) -> None:
    """The templates of `app` know these as filters."""
    for name in (settlement_state, met_text, missing_texts, without_class_text):
        app.add_template_filter(name)


def _class_of(row: FinalRow) -> str:
    return row.class_name or without_class_text(row.grade)


def _file_name(final: FinalList) -> str:
    what = _("结算名单") if final.settled else _("公示名单")
    return f"{final.school.name}-{final.settlement.academic_year}-{what}"
