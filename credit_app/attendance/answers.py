"""The fixed vocabulary of answers to a scan: stable code, what it means, and what to do next.

Expected outcomes are answers, not errors. An answer is stored with its scan as code and parameters; the sentences are
rendered here, in the reader's language, so that a repeated request gets the same answer in any language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from credit_app.rules.calendar import LOCAL
from credit_app.rules.single import Step

# Good: the pupil's state is what they wanted. Retry: the next code, the right door or a later try will do.
GOOD = frozenset({"ok", "checked_out", "already", "already_out"})
RETRY = frozenset(
    {"code_expired", "code_future", "claim_timeout", "too_early", "server_busy", "rate_limited", "wrong_occurrence"}
)

# Why a card's text, or what a device sent of it, could not be read.
CARD_REASONS = frozenset({"malformed", "unknown_key", "forged", "mistyped", "broken_item"})

TEXTS: Mapping[str, tuple[LazyString, LazyString]] = {
    "ok": (_l("签到成功"), _l("离开前请扫描出口的签退码。")),
    "checked_out": (_l("签退成功"), _l("可以在“我的学分”里查看认定结果。")),
    "already": (_l("已经签到过了"), _l("不用重复扫码，安心参加活动。")),
    "code_expired": (_l("这个码已经过期"), _l("请对准屏幕上最新的码再扫一次。")),
    "code_invalid": (_l("这不是有效的签到码"), _l("请扫描场馆屏幕上的码，或请工作人员帮忙。")),
    "code_future": (_l("这个码还没到使用时间"), _l("请扫描屏幕上正在显示的码。")),
    "claim_used": (_l("这次扫码已被另一个账号使用"), _l("请用自己的手机重新扫一次屏幕上的码。")),
    "claim_timeout": (_l("扫码后等待太久了"), _l("请重新扫一次屏幕上的码。")),
    "too_early": (_l("还没到签到时间"), _l("开始前 30 分钟起可以签到，请稍后再扫。")),
    "closed": (_l("这场活动已经结束"), _l("如果当时在场，请联系老师或场馆工作人员补登。")),
    "cancelled": (_l("这场活动已经取消"), _l("可以在活动列表里找找别的活动。")),
    "not_eligible": (_l("这场活动不面向你的年级"), _l("可以在活动列表里找找适合你的活动。")),
    "not_enrolled": (_l("这个账号没有在读的学校信息"), _l("请联系班主任或科技辅导员。")),
    "wrong_occurrence": (_l("这个码属于另一场活动"), _l("请扫描当前活动屏幕上的码。")),
    "already_out": (_l("已经签退过了"), _l("不用重复扫码，可以在“我的学分”里查看认定结果。")),
    "not_checked_in": (_l("还没有签到，不能签退"), _l("请先扫描入口的签到码。")),
    "full": (_l("名额已满"), _l("请问工作人员是否还有别的场次。")),
    "held": (_l("已记录，等待确认"), _l("老师或工作人员确认后会通知你。")),
    "card_unknown": (_l("没有这张学生卡"), _l("请核对卡号，或请学生联系学校补办。")),
    "card_revoked": (_l("这张学生卡已经停用"), _l("请用新卡；没有新卡，请联系班主任或科技辅导员。")),
    "conflict": (_l("这条扫码和之前上传的不一致"), _l("原来的记录没有改变。请导出这一条，交给工作人员核对。")),
    "undone": (_l("这次扫码已撤销"), _l("需要的话请重新扫卡。")),
    "server_busy": (_l("现在人有点多"), _l("请等几秒再试，你的签到时间不会变。")),
    "rate_limited": (_l("操作太频繁"), _l("请等一分钟再试。")),
}


def steps_json(steps: Iterable[Step]) -> list[list[Any]]:
    """What is missing, as [code, what it would be worth, parameters], for storing with an answer."""
    return [[step.code, step.after, dict(step.params)] for step in steps]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scan is told. `params` hold codes and whole numbers only: times as ISO text, credits in centicredits."""

    status: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def missing(self) -> list[Step]:
        """What would still earn something, or more."""
        return [Step("", code, 0, worth, params) for code, worth, params in self.params.get("missing", ())]

    def to_json(self) -> dict[str, Any]:
        return {"status": self.status, **self.params}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Answer:
        return cls(raw["status"], {key: value for key, value in raw.items() if key != "status"})

    @property
    def good(self) -> bool:
        return self.status in GOOD

    @property
    def title(self) -> str:
        if self.params.get("reason") == "other_school":
            return _("这是另一所学校的校内活动")
        if self.params.get("reason") == "voided":
            return _("你在这一场的到场记录已作废")
        if self.params.get("reason") == "undo_late":
            return _("扫码已超过 2 分钟，不能撤销")
        if self.params.get("reason") in CARD_REASONS:
            return _("这不是有效的学生卡")
        return str(TEXTS[self.status][0])

    @property
    def next_step(self) -> str:
        """What to do now, in one sentence."""
        params = self.params
        if params.get("reason") == "voided":
            return _("这次扫码已经记下，恢复到场后会算进去。有疑问请联系带队老师或场馆工作人员。")
        if params.get("reason") == "undo_late":
            return _("记录没有改变。需要更正，请在场次页面办理。")
        if params.get("reason") in CARD_REASONS:
            return _("请重新扫卡，或输入卡上的号码。")
        if self.status == "already" and params.get("awaits_check_out"):
            return _("离开前请扫描出口的签退码。")
        if self.status == "ok" and not params.get("awaits_check_out"):
            return _("本场活动不需要签退。")
        if self.status == "too_early":
            opens_at = datetime.fromisoformat(params["opens_at"]).astimezone(LOCAL)
            return _("%(time)s 起可以签到，请到时再扫屏幕上的码。", time=f"{opens_at:%H:%M}")
        if "grade_from" in params:
            return _(
                "它面向 %(first)s–%(last)s 年级。可以在活动列表里找找适合你的。",
                first=params["grade_from"],
                last=params["grade_to"],
            )
        return str(TEXTS[self.status][1])
