"""Where a pupil stands, in words: one wording for the pages and the files."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _

from credit_app.rules.targets import Standing
from credit_app.rules.wording import credits_text


def state_text(state: str | None) -> str:
    """达标 / 接近达标 / 预警; empty where no target is set."""
    if state is None:
        return ""
    return {"on_target": _("达标"), "near_target": _("接近达标"), "at_risk": _("预警")}[state]


def without_class_text(grade: int) -> str:
    """What the pupils of a grade who have no class yet are called."""
    return _("%(grade)s 年级，尚未分班", grade=grade)


def gap_texts(standing: Standing | None) -> list[str]:
    """What is missing to the target, each in a few words; empty when it is reached or none is set."""
    if standing is None:
        return []
    return missing_texts(
        {
            "centicredits": standing.missing_centicredits,
            "categories": standing.missing_categories,
            "venue_attendances": standing.missing_venue_attendances,
        }
    )


def missing_texts(missing: Mapping[str, int]) -> list[str]:
    """The same from the gaps by name, as a settled list keeps them."""
    gaps = []
    if missing.get("centicredits"):
        gaps.append(_("%(amount)s 学分", amount=credits_text(missing["centicredits"])))
    if missing.get("categories"):
        gaps.append(_("%(count)s 个类别", count=missing["categories"]))
    if missing.get("venue_attendances"):
        gaps.append(_("%(count)s 次场馆活动", count=missing["venue_attendances"]))
    return gaps


def met_text(met: bool | None) -> str:
    """Whether the year's target was reached in the end; empty where none was set."""
    return "" if met is None else (_("达标") if met else _("未达标"))


def gap_sentence(standing: Standing | None) -> str:
    """What is missing to the target in one line: 还差 5.5 学分、1 个类别; empty when nothing is."""
    gaps = gap_texts(standing)
    return _("还差 %(gaps)s", gaps=_("、").join(gaps)) if gaps else ""
