"""What somebody writes down of one result, and what can be wrong with it; the same for the form and for the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from credit_app.recognition.results.keys import name_key
from credit_app.recognition.results.offer import OfferedCategory, level_title

TITLE_LENGTH = 100
DOCUMENT_LENGTH = 100
FIRST_DAY = date(2020, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One result as written: `title` is the name of the project, the course or the competition, `document_ref` the
    number or title of the certificate, decision or record that proves it."""

    category: str
    title: str
    level: str
    occurred_on: date
    document_ref: str


def faults_of(entry: Entry, *, offered: Mapping[str, OfferedCategory], today: date) -> dict[str, str]:
    """Field → what is wrong with it and what to write instead; `offered` is of the entry's day."""
    faults: dict[str, str] = {}
    category = offered.get(entry.category)
    if category is None:
        known = _("、").join(each.title for each in offered.values())
        faults["category"] = _("当天的学分规则没有这一类别，请选：%(known)s。", known=known or _("无"))
    elif category.levels and entry.level not in category.levels:
        known = _("、").join(level_title(level) for level in category.levels)
        faults["level"] = _("请填写等级：%(known)s。", known=known)
    elif not category.levels and entry.level:
        faults["level"] = _("“%(category)s”不分等级，请留空。", category=category.title)
    if not name_key(entry.title):
        faults["title"] = _("请填写项目或赛事名称。")
    elif len(entry.title) > TITLE_LENGTH:
        faults["title"] = _("名称最多 %(most)s 个字。", most=TITLE_LENGTH)
    if not entry.document_ref:
        faults["document_ref"] = _("请填写证书编号、公布文件或评审记录的名称，审核时要核对。")
    elif len(entry.document_ref) > DOCUMENT_LENGTH:
        faults["document_ref"] = _("材料编号最多 %(most)s 个字。", most=DOCUMENT_LENGTH)
    if entry.occurred_on > today:
        faults["occurred_on"] = _("日期还没有到，请填写取得成果的日期。")
    elif entry.occurred_on < FIRST_DAY:
        faults["occurred_on"] = _("请检查年份。")
    return faults
